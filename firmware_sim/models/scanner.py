"""The scanning tunnel: reads the label when triggered and sends a frame with the tracking id it was given."""

from random import Random

from devices.protocols.plain_serial import ScanDecoder, ScanMessage, ScannerFormat, encode
from firmware_sim.faults import ScanFault, flip_bytes


def read_label(fmt: ScannerFormat, tid: str, label: str, fault: ScanFault, draw: Random) -> tuple[bytes, ...]:
    """The frames for one item. A garbled one never reads as a report, so its code is lost and not another one."""
    if fault == "no_read":
        return (encode(fmt, ScanMessage(tid, (), "no_read")),)
    frame = encode(fmt, ScanMessage(tid, (("C0", label),), "good"))
    if fault == "double":
        return frame, frame
    return (_garble(fmt, frame, draw) if fault == "garbled" else frame,)


def _garble(fmt: ScannerFormat, frame: bytes, draw: Random) -> bytes:
    while True:
        damaged = flip_bytes(frame, draw)
        if not any(isinstance(found, ScanMessage) for found in ScanDecoder(fmt).feed(damaged)):
            return damaged

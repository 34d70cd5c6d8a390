"""A sorter controller that sends two hundred parcels a second and times every answer from the parcel's scan on."""

import os
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from devices.protocols.frames import Garbage
from devices.protocols.osip import (
    UNKNOWN_TARGET,
    Body,
    Header,
    OsipDecoder,
    Req,
    Res,
    Synq,
    Telegram,
    Upd,
    encode,
    next_seq,
)

from .lines import Line

OK = "00000000"
SCAN_AFTER_S = 0.03
CONFIRM_AFTER_S = 0.25
DEADLINE_S = 1.5


def place(kind: str, number: int) -> str:
    return f"SRT1{kind}{number:04d}00000000"


@dataclass(slots=True)
class Parcel:
    tid: str
    asked_at: float
    scanned_at: float = 0.0
    answered_at: float = 0.0
    confirmed: bool = False


@dataclass(slots=True)
class Run:
    """`decision_ms`: write of the scan → arrival of the answer. `late`: no answer within the deadline."""

    decision_ms: list[float] = field(default_factory=list)
    late: int = 0
    parcels: int = 0


class Sorter:
    """Listens for the gateway; acknowledgements are read and not waited for."""

    def __init__(self, port: int, scanner: Line) -> None:
        self._scanner = scanner
        self._server = socket.create_server(("127.0.0.1", port))
        self._socket: socket.socket | None = None
        self._seq = 0
        self._count = 0
        self._open: dict[str, Parcel] = {}
        self._ready = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def wait(self) -> None:
        if not self._ready.wait(20):
            raise SystemExit("the gateway did not come to the sorter")

    def run(self, seconds: float, rate: float, stop: threading.Event | None = None) -> Run:
        """Parcels at a steady rate: question, scan, later the confirmation; then wait for the last answers."""
        begin = time.monotonic()
        scans: list[Parcel] = []
        confirms: list[Parcel] = []
        mine: list[Parcel] = []
        while (now := time.monotonic()) - begin < seconds and not (stop is not None and stop.is_set()):
            while len(mine) < (now - begin) * rate:
                mine.append(self._ask())
                scans.append(mine[-1])
            while scans and now - scans[0].asked_at >= SCAN_AFTER_S:
                parcel = scans.pop(0)
                parcel.scanned_at = time.monotonic()
                os.write(self._scanner.master, _scan(parcel.tid))
                confirms.append(parcel)
            while confirms and now - confirms[0].scanned_at >= CONFIRM_AFTER_S:
                self._send(Upd(confirms.pop(0).tid, place("CHUT", 1), OK, datetime.now(UTC)))
            time.sleep(0.001)
        time.sleep(DEADLINE_S)
        asked = [parcel for parcel in mine if parcel.scanned_at]
        answered = [parcel for parcel in asked if 0 < parcel.answered_at - parcel.asked_at < DEADLINE_S]
        times = [(parcel.answered_at - parcel.scanned_at) * 1000 for parcel in answered]
        return Run(times, len(asked) - len(answered), len(asked))

    def _ask(self) -> Parcel:
        self._count += 1
        parcel = Parcel(f"{self._count:020d}", time.monotonic())
        self._open[parcel.tid] = parcel
        at = datetime.now(UTC)
        self._send(Upd(parcel.tid, place("INDU", 1), OK, at))
        self._send(Req(parcel.tid, place("TUNN", 1), UNKNOWN_TARGET, OK, at))
        return parcel

    def _send(self, body: Body) -> None:
        assert self._socket is not None
        self._seq = next_seq(self._seq)
        self._socket.sendall(encode(Telegram(Header("SPS01", "MFC__", self._seq), body)))

    def _serve(self) -> None:
        while True:
            self._socket, _ = self._server.accept()
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._send(Synq(datetime.now(UTC)))
            self._ready.set()
            decoder = OsipDecoder()
            while data := self._socket.recv(65_536):
                now = time.monotonic()
                for telegram in decoder.feed(data):
                    if not isinstance(telegram, Garbage) and isinstance(telegram.body, Res):
                        parcel = self._open.pop(telegram.body.barcode, None)
                        if parcel is not None:
                            parcel.answered_at = now


def _scan(tid: str) -> bytes:
    return b"\x02%s,]C0%d\r\n" % (tid.encode(), time.monotonic_ns() // 1000)

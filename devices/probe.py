"""What speaks on a port: listen first, then ask harmless questions, at the settings that machines leave the factory with.

Nothing here changes a machine: every question asks for a weight, a name or a state. A language is named when its decoder
explains most of what came, and ranked by how many bytes it explains; several are named when the bytes do not tell them
apart, because a technician with two names looks at the plate, and one with a wrong name looks for a fault.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from devices.explain import Score, guess
from devices.protocols import cognex_dmcc, mt_sics, sick_cola, sma, zpl_status
from devices.transports.address import LinkAddress, SerialAddress, UrlAddress
from devices.transports.link import ByteLink, LinkLost, LinkRefused

Open = Callable[[LinkAddress], Awaitable[ByteLink]]
Tell = Callable[[str], None]
HEARD_CAP = 64 * 1024
_ENOUGH = 0.6
_SETTINGS = ((9600, 8, "N"), (115_200, 8, "N"), (9600, 7, "E"), (2400, 7, "E"), (4800, 7, "E"), (19_200, 8, "N"))

QUESTIONS: tuple[tuple[str, bytes], ...] = (
    ("MT-SICS: serial number", mt_sics.encode_command(mt_sics.Command("I4"))),
    ("A&D: weight", b"Q\r\n"),
    ("Dini Argeo: weight", b"READ\r\n"),
    ("Sartorius: weight", b"\x1bP\r\n"),
    ("Ohaus: weight", b"P\r\n"),
    ("SMA: weight", sma.encode_command(sma.Command("W"))),
    ("SICK CoLa A: state", sick_cola.encode_a(sick_cola.Telegram("sRN", "SCdevicestate"))),
    ("SICK CoLa B: state", sick_cola.encode_b(sick_cola.Telegram("sRN", "SCdevicestate"))),
    ("Cognex: model", cognex_dmcc.encode_command(cognex_dmcc.Command("GET DEVICE.TYPE", "1"))),
    ("ZPL: state", zpl_status.ASK),
    ("Cubiscan: settings", b"\x02V\x03\r\n"),
    ("Modbus TCP: one register", bytes.fromhex("000100000006010300000001")),
)
"""Each machine answers a question of another maker with nothing or with an error.

Those that end with CR LF come first: what ends otherwise stays in the buffer of the others and spoils the next question.
"""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to listen before anything is asked, and after each question."""

    listen_s: float = 1.5
    answer_s: float = 0.4


@dataclass(frozen=True, slots=True)
class Found:
    """`scores` are the languages that explain `heard` best, `asked` the question that brought it; empty: unasked."""

    address: LinkAddress
    asked: str
    heard: bytes
    scores: tuple[Score, ...]


async def probe(address: LinkAddress, open_link: Open, tell: Tell, patience: Patience = Patience()) -> Found | None:
    """Name what speaks at an address; a serial port is tried at several settings. LinkRefused when it cannot be opened."""
    opened = False
    for variant in _variants(address):
        tell(f"listening at {_named(variant)}")
        try:
            link = await open_link(variant)
        except LinkRefused as refusal:
            if not opened:
                raise
            tell(f"not possible here: {refusal.detail}")  # a port that knows no parity, for one
            continue
        opened = True
        try:
            found = await _at(variant, link, tell, patience)
        except LinkLost as loss:
            tell(f"the link was lost: {loss.detail}")
            found = None
        finally:
            link.close()
        if found is not None:
            return found
    return None


async def _at(address: LinkAddress, link: ByteLink, tell: Tell, patience: Patience) -> Found | None:
    heard = await _hear(link, patience.listen_s)
    scores = _scores(heard)
    if scores:
        return Found(address, "", heard, scores)
    if heard:
        tell(f"{len(heard)} bytes that no language explains: {heard[:16].hex(' ')}")
    for name, wire in QUESTIONS:
        link.write(wire)
        answer = await _hear(link, patience.answer_s)
        scores = _scores(answer)
        if scores:
            return Found(address, name, answer, scores)
    return None


async def _hear(link: ByteLink, seconds: float) -> bytes:
    """Everything that comes within so many seconds."""
    heard = bytearray()
    try:
        async with asyncio.timeout(seconds):
            while len(heard) < HEARD_CAP:
                heard += await link.read()
    except TimeoutError:
        pass  # silence is an answer, too
    return bytes(heard[:HEARD_CAP])


def _scores(heard: bytes) -> tuple[Score, ...]:
    """What explains most of these bytes; an echo of our questions, which may come late, is no answer."""
    while (echo := next((wire for _, wire in QUESTIONS if heard.startswith(wire)), None)) is not None:
        heard = heard[len(echo) :]
    if not heard:
        return ()
    best = [score for score in guess(heard[:4096]) if score.speaker == "machine"]
    return tuple(score for score in best if score.explained >= _ENOUGH * min(len(heard), 4096))


def _variants(address: LinkAddress) -> Sequence[LinkAddress]:
    if isinstance(address, SerialAddress):
        return [replace(address, baud=baud, bytesize=size, parity=parity) for baud, size, parity in _SETTINGS]
    if isinstance(address, UrlAddress) and address.scheme == "rfc2217":
        lines = [replace(address.line, baud=baud, bytesize=size, parity=parity) for baud, size, parity in _SETTINGS]
        return [replace(address, line=line) for line in lines]
    return [address]


def _named(address: LinkAddress) -> str:
    line = address if isinstance(address, SerialAddress) else address.line if isinstance(address, UrlAddress) else None
    return "the link" if line is None else f"{line.baud} baud, {line.bytesize}{line.parity}{line.stopbits:g}"

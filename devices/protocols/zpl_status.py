"""What a label printer that speaks ZPL II says about itself, and the question for it.

    host     ~HS
    printer  STX aaa,b,c,dddd,eee,f,g,h,iii,j,k,l ETX CR LF            ZPL II Programming Guide 45541L-004, pp. 171-172
             STX mmm,n,o,p,q,r,s,t,uuuuuuuu,v,www ETX CR LF
             STX xxxx,y ETX CR LF

    b paper out   c paused   eee formats waiting   f buffer full   h half a format   j memory lost   k, l too cold, too hot
    o head up   p ribbon out   t a label waits to be taken   u labels left in the batch

The three lines are one answer. Many printers do not answer at all while paper or ribbon is out or the head is open: silence
after an answer is a state, too, and the driver's business. Labels themselves are text that the host composed; no codec.
"""

import re
from dataclasses import dataclass

from devices.protocols.delimited import FrameCutter, proven
from devices.protocols.frames import Garbage
from devices.protocols.scale_command import COMMAND_CAP, ScaleCommand, ScaleCommandDecoder, encode_scale_command

LINE_CAP = 96
CAP = 3 * LINE_CAP
WORDS = frozenset({"HS"})
_STX, _END = b"\x02", b"\x03\r\n"
_FIRST = re.compile(r"([0-9]{3}),([01]),([01]),([0-9]{4}),([0-9]{3}),([01]),([01]),([01]),000,([01]),([01]),([01])")
_SECOND = re.compile(r"([0-9]{3}),([0-9]),([01]),([01]),([01]),([0-9A-Z]),([0-9]),([01]),([0-9]{8}),([0-9]),([0-9]{3})")
_THIRD = re.compile(r"([0-9]{4}),([01])")
_PATTERNS = (_FIRST, _SECOND, _THIRD)


@dataclass(frozen=True, slots=True)
class HostStatus:
    """The flags that matter to a person, and the rest of the three lines as they stood, so that nothing is lost."""

    paper_out: bool = False
    paused: bool = False
    waiting: int = 0
    buffer_full: bool = False
    memory_lost: bool = False
    too_cold: bool = False
    too_hot: bool = False
    head_up: bool = False
    ribbon_out: bool = False
    label_waits: bool = False
    left_in_batch: int = 0
    rest: tuple[str, ...] = ("030", "1245", "0", "0", "000", "0", "0", "2", "4", "1", "000", "1234", "0")

    @property
    def trouble(self) -> tuple[str, ...]:
        """Why nothing is printed, in short codes."""
        names = ("paper_out", "ribbon_out", "head_up", "paused", "too_hot", "too_cold", "buffer_full", "memory_lost")
        return tuple(name for name in names if getattr(self, name))


class StatusDecoder:
    """Whole answers of three lines. Garbage codes: noise, truncated, overlong, bad_field, out_of_order."""

    def __init__(self) -> None:
        self._cutter = FrameCutter(_STX, _END, LINE_CAP)
        self._lines: list[tuple[bytes, re.Match[str]]] = []

    @property
    def pending(self) -> int:
        """Bytes held back because their answer is not complete."""
        return self._cutter.pending + sum(len(line) for line, _ in self._lines)

    def feed(self, data: bytes) -> list[HostStatus | Garbage]:
        """Take the next bytes and return what they completed, in order."""
        out: list[HostStatus | Garbage] = []
        for frame in self._cutter.feed(data):
            if isinstance(frame, Garbage):
                out += [*self._given_up(), frame]
            else:
                self._line(frame, out)
        return out

    def _line(self, payload: bytes, out: list[HostStatus | Garbage]) -> None:
        wire, text = _STX + payload + _END, payload.decode("latin-1")
        match = _PATTERNS[len(self._lines)].fullmatch(text)
        if match is None and self._lines:
            out += self._given_up()
            match = _FIRST.fullmatch(text)
        if match is None:
            known = any(pattern.fullmatch(text) for pattern in _PATTERNS)
            out.append(Garbage(wire, "out_of_order" if known else "bad_field"))
            return
        self._lines.append((wire, match))
        if len(self._lines) == len(_PATTERNS):
            out.append(_status(*(match for _, match in self._lines)))
            self._lines = []

    def _given_up(self) -> list[HostStatus | Garbage]:
        """Lines whose answer another one interrupted."""
        held, self._lines = self._lines, []
        return [Garbage(wire, "truncated") for wire, _ in held]


class CommandDecoder(ScaleCommandDecoder):
    """What a printer hears of questions; it ends where its letters do, so nothing follows it on the wire."""

    def __init__(self) -> None:
        super().__init__(WORDS, b"~", b"\r\n")


ASK = b"~HS\r\n"
"""The question; line ends between commands are ignored by ZPL."""


def encode_command(command: ScaleCommand) -> bytes:
    """The bytes of a question. ValueError for a word that is none."""
    return encode_scale_command(command, WORDS, b"~", b"\r\n")


def encode(status: HostStatus) -> bytes:
    """The bytes of an answer. ValueError when it would not survive the way back."""
    if len(status.rest) != 13:
        raise ValueError(f"cannot be written: {status}")
    (a, d, g, h, m, n, q, r, s, v, w, x, y) = status.rest
    first = (
        a, _bit(status.paper_out), _bit(status.paused), d, f"{status.waiting:03d}", _bit(status.buffer_full), g, h, "000",
        _bit(status.memory_lost), _bit(status.too_cold), _bit(status.too_hot),
    )  # fmt: skip
    second = (
        m, n, _bit(status.head_up), _bit(status.ribbon_out), q, r, s, _bit(status.label_waits),
        f"{status.left_in_batch:08d}", v, w,
    )  # fmt: skip
    wire = b"".join(_STX + ",".join(line).encode("ascii", "replace") + _END for line in (first, second, (x, y)))
    return proven(wire, status, StatusDecoder())


def _bit(flag: bool) -> str:
    return "1" if flag else "0"


def _status(first: re.Match[str], second: re.Match[str], third: re.Match[str]) -> HostStatus:
    a, b, c, d, e, f, g, h, j, k, l_ = first.groups()
    m, n, o, p, q, r, s, t, u, v, w = second.groups()
    return HostStatus(
        b == "1", c == "1", int(e), f == "1", j == "1", k == "1", l_ == "1", o == "1", p == "1", t == "1", int(u),
        (a, d, g, h, m, n, q, r, s, v, w, third[1], third[2]),
    )  # fmt: skip


__all__ = ["ASK", "CAP", "COMMAND_CAP", "CommandDecoder", "HostStatus", "StatusDecoder", "encode", "encode_command"]

"""Readable telegrams of sorter and conveyor controllers, both directions alike.

    /Seq:001/Send:NAME/Rec:NAME/Time:2025-05-06T10:30:00/Function:NAME/KEY:value/...//End/

                                       Gebhardt StoreWare interface as described in git.hxhub.de/xonics/IHK-Projekt

The receiver repeats a telegram with the same number and the parties exchanged: that is the acknowledgement. Keys after the
function belong to it; a value may be empty and cannot hold a slash. Which functions there are is the maker's; those of
that description: Tord, TordDelete, Pick, Drop, PosPass, ZoneEntry, Arrival.
"""

import re
from dataclasses import dataclass, replace

from devices.protocols.delimited import DelimitedDecoder, proven

FRAME_CAP = 1024
_HEADER, _END = b"/Seq:", b"//End/"
_NAME = r"[A-Za-z0-9_-]{1,32}"
_HEAD = re.compile(
    rf"([0-9]{{3}})/Send:({_NAME})/Rec:({_NAME})/Time:([0-9T:.+-]{{1,32}})/Function:({_NAME})((?:/{_NAME}:[^/]*)*)"
)
_FIELD = re.compile(rf"/({_NAME}):([^/]*)")
_MOST_FIELDS = 24


@dataclass(frozen=True, slots=True)
class KeyTelegram:
    """One telegram; `time` as it stands on the wire, in the controller's own clock."""

    seq: int
    sender: str
    receiver: str
    time: str
    function: str
    fields: tuple[tuple[str, str], ...] = ()

    def get(self, key: str) -> str:
        """The value of a key, empty when it is absent."""
        return dict(self.fields).get(key, "")

    def acknowledgement(self) -> "KeyTelegram":
        """What the receiver sends back."""
        return replace(self, sender=self.receiver, receiver=self.sender)


class TelegramDecoder(DelimitedDecoder[KeyTelegram]):
    """Telegrams of either side. Garbage codes: noise, truncated, overlong, bad_field."""

    def __init__(self) -> None:
        super().__init__(_HEADER, _END, FRAME_CAP, _telegram)


def next_seq(seq: int) -> int:
    """1 to 999, round and round."""
    return seq % 999 + 1


def encode(telegram: KeyTelegram) -> bytes:
    """The bytes of a telegram. ValueError when it would not survive the way back."""
    head = f"{telegram.seq:03d}/Send:{telegram.sender}/Rec:{telegram.receiver}/Time:{telegram.time}"
    fields = "".join(f"/{key}:{value}" for key, value in telegram.fields)
    wire = _HEADER + f"{head}/Function:{telegram.function}{fields}".encode("ascii", "replace") + _END
    return proven(wire, telegram, TelegramDecoder())


def _telegram(payload: bytes) -> KeyTelegram | str:
    text = payload.decode("latin-1")
    match = _HEAD.fullmatch(text)
    if match is None or not (text.isascii() and text.isprintable()):
        return "bad_field"
    fields = tuple((key, value) for key, value in _FIELD.findall(match[6]))
    if len(fields) > _MOST_FIELDS or len(dict(fields)) != len(fields):
        return "bad_field"
    return KeyTelegram(int(match[1]), match[2], match[3], match[4], match[5], fields)

"""OSIP telegrams between a sorter controller and its host, both directions.

    ### | LEN(5) | SEND(5) | RECV(5) | SEQ(5) | TYPE(4) | body | filler '*' up to LEN      OSIP specification, "Telegrams"
                                                                                          (interface21-io.gitbook.io/osip)
    SYNQ, SYNC  at14
    REQ_        barcode20 actual20 target20 error8 at14
    RES_        barcode20 actual20 target20 target_group20 error8 at14
    UPD_        barcode20 actual20 error8 at14
    LOCU        group20 location20 error8 at14
    SYSU, ERR_  group20 error8 at14
    ACK_        type4                                                                     our extension, see below

ASCII, fixed length (160 by default), times `yyyyMMddHHmmss` in UTC. A field shorter than its width is filled with '*';
an unknown target is twenty '?'. SEQ has five digits but is read as a Java short by the reference host, so it wraps at
32767.

A telegram carries no checksum. Therefore everything that can be checked is: length, digits, printable characters and the
filler behind the body. The filler is what tells a cut-off telegram: with the next telegram glued to it, '#' stands where
'*' must be. After a bad telegram the search goes on one byte further, so a good telegram is never lost to the noise
before it.

`ACK_` is not part of OSIP as published: there, nothing confirms UPD_, LOCU, SYSU or ERR_, and a report sent while the
host dies is gone. A controller configured to acknowledge keeps each of them until an ACK_ with swapped names echoes its
SEQ and type, and sends the identical bytes again after a reconnect. Hosts of plain OSIP controllers switch it off.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from devices.protocols.frames import Garbage

LENGTH = 160
MARK = b"###"
MAX_SEQ = 32767
UNKNOWN_TARGET = "?"
OK = "00000000"
UNKNOWN_TYPE = "00000010"
_HEADER_SIZE = 23
_TYPE_SIZE = 4
_FILLER = "*"


@dataclass(frozen=True, slots=True)
class Header:
    """`sender` and `receiver` are names of exactly five characters, `seq` 0..32767."""

    sender: str
    receiver: str
    seq: int


@dataclass(frozen=True, slots=True)
class Synq:
    """What time is it with you?"""

    at: datetime


@dataclass(frozen=True, slots=True)
class Sync:
    """The time asked for."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Req:
    """An item stands at `actual` and asks where to go; `target` is '?' while nobody knows."""

    barcode: str
    actual: str
    target: str
    error: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Res:
    """The answer to a REQ_: the item `barcode`, seen at `actual`, goes to `target`."""

    barcode: str
    actual: str
    target: str
    target_group: str
    error: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Upd:
    """An item was seen at `actual`."""

    barcode: str
    actual: str
    error: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Locu:
    """The state of one location; `error` carries it."""

    group: str
    location: str
    error: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Sysu:
    """The state of the subsystem or of a group of locations."""

    group: str
    error: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Err:
    """The sender could not make sense of a telegram, or has failed itself."""

    group: str
    error: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Ack:
    """The receiver has stored the telegram of this `type` whose SEQ the header echoes (our extension)."""

    type: str


Body = Synq | Sync | Req | Res | Upd | Locu | Sysu | Err | Ack


@dataclass(frozen=True, slots=True)
class Telegram:
    """A header and the body its type calls for."""

    header: Header
    body: Body


_WIDTHS = {
    "barcode": 20, "actual": 20, "target": 20, "target_group": 20, "group": 20, "location": 20, "error": 8, "at": 14,
    "type": 4,
}  # fmt: skip
_TYPES: dict[str, type[Body]] = {
    "SYNQ": Synq, "SYNC": Sync, "REQ_": Req, "RES_": Res, "UPD_": Upd, "LOCU": Locu, "SYSU": Sysu, "ERR_": Err,
    "ACK_": Ack,
}  # fmt: skip
_NAME_OF = {body: name for name, body in _TYPES.items()}
_FIELDS = {name: tuple(body.__dataclass_fields__) for name, body in _TYPES.items()}


def type_of(body: Body) -> str:
    """The four letters that name a body on the wire."""
    return _NAME_OF[type(body)]


def next_seq(seq: int) -> int:
    """The number after `seq`; 32767 is followed by 1, because the reference host reads a signed 16-bit number."""
    return seq + 1 if seq < MAX_SEQ else 1


def ack_of(telegram: Telegram) -> Telegram:
    """The acknowledgement of a telegram: same SEQ, names swapped."""
    header = telegram.header
    return Telegram(Header(header.receiver, header.sender, header.seq), Ack(type_of(telegram.body)))


def encode(telegram: Telegram, length: int = LENGTH) -> bytes:
    """The telegram as exactly `length` bytes. ValueError when a field does not fit or would not survive the way back."""
    header, body = telegram.header, telegram.body
    if not 0 <= header.seq <= MAX_SEQ:
        raise ValueError(f"SEQ out of range: {header.seq}")
    if len(header.sender) != 5 or len(header.receiver) != 5:
        raise ValueError(f"names have five characters: {header.sender!r}, {header.receiver!r}")
    name = type_of(body)
    fields = "".join(_encode_field(field, getattr(body, field)) for field in _FIELDS[name])
    text = f"###{length:05d}{header.sender}{header.receiver}{header.seq:05d}{name}{fields}"
    if len(text) > length:
        raise ValueError(f"{name} needs {len(text)} bytes, a telegram has {length}")
    if not _is_printable(text):
        raise ValueError(f"not printable ASCII: {text!r}")
    return text.ljust(length, _FILLER).encode("ascii")


def _encode_field(field: str, value: str | datetime) -> str:
    if isinstance(value, datetime):
        return _encode_time(value)
    width = _WIDTHS[field]
    if field == "target" and value == UNKNOWN_TARGET:
        return UNKNOWN_TARGET * width
    if len(value) > width or value.endswith(_FILLER):
        raise ValueError(f"{field} does not fit: {value!r}")
    return value.ljust(width, _FILLER)


def _encode_time(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("times on the wire are UTC; a naive time could be anything")
    utc = at.astimezone(UTC)
    return f"{utc.year:04d}{utc.month:02d}{utc.day:02d}{utc.hour:02d}{utc.minute:02d}{utc.second:02d}"


class OsipDecoder:
    """Telegrams out of a stream; holds fewer than `length` bytes between calls.

    Garbage codes: noise (no mark), bad_length, bad_field, unknown_type.
    """

    def __init__(self, length: int = LENGTH) -> None:
        self._length = length
        self._length_field = f"{length:05d}".encode()
        self._buffer = b""

    @property
    def pending(self) -> int:
        """Bytes held back because their telegram is not complete."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Telegram | Garbage]:
        """Take the next bytes and return what they completed, in order."""
        data = self._buffer + data
        out: list[Telegram | Garbage] = []
        pos = bad = 0
        why = "noise"
        while True:
            start = data.find(MARK, pos)
            if start < 0:
                pos = max(pos, len(data) - _trailing_marks(data))
                break
            found = self._at(data, start)
            pos = start
            if found is None:
                break
            if isinstance(found, str):
                why, pos = (found if start == bad else why), start + 1
                continue
            _drop(data[bad:start], why, out)
            out.append(found)
            pos = bad = start + self._length
            why = "noise"
        _drop(data[bad:pos], why, out)
        self._buffer = data[pos:]
        return out

    def _at(self, data: bytes, start: int) -> Telegram | str | None:
        """The telegram at `start`, why there is none, or None when more bytes must come first."""
        length_field = data[start + 3 : start + 8]
        if length_field != self._length_field[: len(length_field)]:
            return "bad_length"
        frame = data[start : start + self._length]
        return _parse(frame) if len(frame) == self._length else None


def _drop(data: bytes, why: str, out: list[Telegram | Garbage]) -> None:
    if data:
        out.append(Garbage(data, why))


def _trailing_marks(data: bytes) -> int:
    """How many bytes at the end may be the first half of a mark."""
    return 2 if data.endswith(b"##") else 1 if data.endswith(b"#") else 0


def _is_printable(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _parse(frame: bytes) -> Telegram | str:
    text = frame.decode("latin-1")
    if not _is_printable(text):
        return "bad_field"
    seq = _number(text[18:23])
    if seq is None or seq > MAX_SEQ:
        return "bad_field"
    name = text[_HEADER_SIZE : _HEADER_SIZE + _TYPE_SIZE]
    kind: Callable[..., Body] | None = _TYPES.get(name)
    if kind is None:
        return "unknown_type"
    values: list[str | datetime] = []
    pos = _HEADER_SIZE + _TYPE_SIZE
    for field in _FIELDS[name]:
        raw = text[pos : pos + _WIDTHS[field]]
        value = _decode_field(field, raw)
        if value is None or len(raw) != _WIDTHS[field]:
            return "bad_field"
        values.append(value)
        pos += _WIDTHS[field]
    if text[pos:].strip(_FILLER):
        return "bad_field"
    return Telegram(Header(text[8:13], text[13:18], seq), kind(*values))


def _decode_field(field: str, raw: str) -> str | datetime | None:
    if field == "at":
        return _decode_time(raw)
    if field == "target" and raw == UNKNOWN_TARGET * len(raw):
        return UNKNOWN_TARGET
    return raw.rstrip(_FILLER)


def _decode_time(raw: str) -> datetime | None:
    if _number(raw) is None:
        return None
    parts = int(raw[:4]), int(raw[4:6]), int(raw[6:8]), int(raw[8:10]), int(raw[10:12]), int(raw[12:14])
    try:
        return datetime(*parts, tzinfo=UTC)
    except ValueError:
        return None


def _number(raw: str) -> int | None:
    return int(raw) if raw.isdigit() and raw.isascii() else None

"""Modbus TCP, the register functions, both directions.

    transaction(2) | protocol(2) = 0 | length(2) | unit(1) | function(1) | data       MODBUS Messaging on TCP/IP V1.0b, 3.1.3
    host    03, 04  address(2) count(2)                     MODBUS Application Protocol V1.1b3, 6.3, 6.4
    host    06      address(2) value(2)                     6.6
    host    10      address(2) count(2) bytes(1) values     6.12
    device  03, 04  bytes(1) values        06 echo        10 address(2) count(2)
    device  function + 80, code(1)         7, exception

All numbers are big-endian. `length` counts from `unit`. There is no checksum: TCP keeps the bytes, and what holds a frame is
that length, function and byte count agree. The transaction number is what joins an answer to its question.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from devices.protocols.delimited import proven
from devices.protocols.marked import Framed, MarkedDecoder

FRAME_CAP = 260
READ_HOLDING, READ_INPUT, WRITE_ONE, WRITE_MANY = 3, 4, 6, 16
READS = frozenset({READ_HOLDING, READ_INPUT})
MOST_READ, MOST_WRITTEN = 125, 123
_HEAD, _PREFIX = 8, 6
Message = TypeVar("Message")
_FAILED = 0x80


@dataclass(frozen=True, slots=True)
class Read:
    """Which registers the host wants: holding (3) or input (4)."""

    transaction: int
    unit: int
    function: int
    address: int
    count: int


@dataclass(frozen=True, slots=True)
class Write:
    """Values for registers from `address` on; `single` uses function 6, which carries one value only."""

    transaction: int
    unit: int
    address: int
    values: tuple[int, ...]
    single: bool = False


@dataclass(frozen=True, slots=True)
class Values:
    """The registers that were asked for, unsigned."""

    transaction: int
    unit: int
    function: int
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """A write was carried out: `number` is the value after function 6 and the count of registers after 16."""

    transaction: int
    unit: int
    function: int
    address: int
    number: int


@dataclass(frozen=True, slots=True)
class Refused:
    """1 function, 2 address, 3 value not possible; 4 failed; 6 busy; the device's own others."""

    transaction: int
    unit: int
    function: int
    code: int


Request = Read | Write
Response = Values | Written | Refused


class RequestDecoder(MarkedDecoder[Request]):
    """What a device hears. Garbage codes: bad_field, bad_length, truncated."""

    def __init__(self) -> None:
        super().__init__(b"", FRAME_CAP, lambda data: _framed(data, _request))


class ResponseDecoder(MarkedDecoder[Response]):
    """What a host hears. Garbage codes: bad_field, bad_length, truncated."""

    def __init__(self) -> None:
        super().__init__(b"", FRAME_CAP, lambda data: _framed(data, _response))


def encode_request(request: Request) -> bytes:
    """The bytes of a request. ValueError for a number out of range or too many registers."""
    try:
        if isinstance(request, Read):
            body = bytes([request.function]) + _words(request.address, request.count)
        elif request.single:
            body = bytes([WRITE_ONE]) + _words(request.address, *request.values)
        else:
            count = len(request.values)
            body = bytes([WRITE_MANY]) + _words(request.address, count) + bytes([2 * count]) + _words(*request.values)
        return proven(_wrapped(request.transaction, request.unit, body), request, RequestDecoder())
    except OverflowError as error:
        raise ValueError(f"cannot be written: {request}") from error


def encode_response(response: Response) -> bytes:
    """The bytes of a response. ValueError for a number out of range or too many registers."""
    try:
        match response:
            case Values(_, _, function, values):
                body = bytes([function, 2 * len(values)]) + _words(*values)
            case Written(_, _, function, address, number):
                body = bytes([function]) + _words(address, number)
            case Refused(_, _, function, code):
                body = bytes([function | _FAILED, code])
        return proven(_wrapped(response.transaction, response.unit, body), response, ResponseDecoder())
    except OverflowError as error:
        raise ValueError(f"cannot be written: {response}") from error


def _words(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(2) for number in numbers)


def _wrapped(transaction: int, unit: int, body: bytes) -> bytes:
    return _words(transaction, 0, len(body) + 1) + unit.to_bytes(1) + body


def _read_words(data: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(data[place : place + 2]) for place in range(0, len(data), 2))


def _framed(data: bytes, read: "Callable[[int, int, int, bytes], Message | str]") -> "Framed[Message] | str | None":
    if any(data[2:4]):
        return "bad_field"
    # Fewer than two bytes of the length are read as a smaller number: too large already stays too large.
    size = int.from_bytes(data[4:_PREFIX])
    if size > FRAME_CAP - _PREFIX or (len(data) >= _PREFIX and size < 3):
        return "bad_length"
    if len(data) < _HEAD or len(data) < _PREFIX + size:
        return None
    found = read(int.from_bytes(data[:2]), data[6], data[7], data[_HEAD : _PREFIX + size])
    return found if isinstance(found, str) else Framed(found, _PREFIX + size)


def _request(transaction: int, unit: int, function: int, data: bytes) -> Request | str:
    if function in READS and len(data) == 4:
        address, count = _read_words(data)
        return Read(transaction, unit, function, address, count) if 0 < count <= MOST_READ else "bad_field"
    if function == WRITE_ONE and len(data) == 4:
        address, value = _read_words(data)
        return Write(transaction, unit, address, (value,), single=True)
    if function == WRITE_MANY and len(data) > 5 and len(data) == 5 + data[4]:
        address, count = _read_words(data[:4])
        fits = 0 < count <= MOST_WRITTEN and data[4] == 2 * count
        return Write(transaction, unit, address, _read_words(data[5:])) if fits else "bad_field"
    return "bad_field"


def _response(transaction: int, unit: int, function: int, data: bytes) -> Response | str:
    if function in READS and len(data) > 2 and len(data) == 1 + data[0] and data[0] % 2 == 0:
        return Values(transaction, unit, function, _read_words(data[1:]))
    if function in (WRITE_ONE, WRITE_MANY) and len(data) == 4:
        return Written(transaction, unit, function, *_read_words(data))
    if function & _FAILED and len(data) == 1 and function - _FAILED in (*READS, WRITE_ONE, WRITE_MANY):
        return Refused(transaction, unit, function - _FAILED, data[0])
    return "bad_field"

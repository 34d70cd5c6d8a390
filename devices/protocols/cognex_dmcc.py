"""Cognex DMCC, the control commands of DataMan readers, both directions.

    host    || [checksum [: id]] > command CR LF                docs.cognex.com, dmcc-main; manualslib 2077577, p. 18
    reader  || [checksum [: id]] [ status ] data CR LF           COM.DMCC-RESPONSE 1 (extended); manualslib 2077577, p. 19

checksum 0 none, 1: the last byte before CR LF is the XOR of the bytes. Status 0 good, 1 a read the reader reports by
itself, 100 unidentified, 101 command, 102 parameter, 103 checksum wrong, 104 rejected in this state, 105 unavailable. The
data of status 1 is base64. Readers answer silently out of the box: plain text without header, which is another language
(`plain_serial`); a driver sets the extended response first.

Whether the XOR covers the two bars is not said and does not matter: equal bytes cancel out. A base64 text is expected in
one line.
"""

import binascii
import re
from base64 import b64decode
from dataclasses import dataclass
from functools import reduce
from operator import xor

from devices.protocols.delimited import DelimitedDecoder, proven

FRAME_CAP = 4096
READ = 1
_HEADER = b"||"
_OPTIONS = r"(?:(?P<checksum>[01])(?::(?P<id>[0-9A-Za-z_-]{0,32}))?)?"
_COMMAND = re.compile(_OPTIONS + r">(?P<text>[ -~]+)")
_RESPONSE = re.compile(_OPTIONS + r"\[(?P<status>[0-9]{1,3})\](?P<text>[ -~]*)")
_CHECKED = b"1"


@dataclass(frozen=True, slots=True)
class Command:
    """What the host wants: `TRIGGER ON`, `GET SYMBOL.DATAMATRIX`. The reader repeats `id` in its response."""

    text: str
    id: str = ""
    checksum: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """What the reader says. `data` is text as on the wire; of a read it is base64, see `code`."""

    status: int
    data: str = ""
    id: str = ""
    checksum: bool = False

    @property
    def code(self) -> bytes | None:
        """What was read, or None when this is no read."""
        return b64decode(self.data) if self.status == READ else None


class CommandDecoder(DelimitedDecoder[Command]):
    """What a reader hears. Garbage codes: noise, truncated, overlong, bad_field, bad_checksum."""

    def __init__(self) -> None:
        super().__init__(_HEADER, b"\r\n", FRAME_CAP, _command)


class ResponseDecoder(DelimitedDecoder[Response]):
    """What a host hears. Garbage codes: noise, truncated, overlong, bad_field, bad_checksum."""

    def __init__(self) -> None:
        super().__init__(_HEADER, b"\r\n", FRAME_CAP, _response)


def encode_command(command: Command) -> bytes:
    """The bytes of a command. ValueError when it would not survive the way back."""
    wire = _framed(f"{_options(command.id, command.checksum)}>{command.text}", command.checksum)
    return proven(wire, command, CommandDecoder())


def encode_response(response: Response) -> bytes:
    """The bytes of a response. ValueError when it would not survive the way back."""
    text = f"{_options(response.id, response.checksum)}[{response.status}]{response.data}"
    return proven(_framed(text, response.checksum), response, ResponseDecoder())


def _options(id: str, checksum: bool) -> str:
    if id:
        return f"{int(checksum)}:{id}"
    return "1" if checksum else ""


def _framed(text: str, checksum: bool) -> bytes:
    payload = text.encode("ascii", "replace")
    if checksum:
        payload += bytes([_xor(payload)])
    return _HEADER + payload + b"\r\n"


def _xor(data: bytes) -> int:
    return reduce(xor, data, 0)


def _checked(payload: bytes) -> str | None:
    """The text without its checksum, or None when the checksum is wrong."""
    if not payload.startswith(_CHECKED):
        return payload.decode("latin-1")
    return payload[:-1].decode("latin-1") if _xor(payload[:-1]) == payload[-1] else None


def _command(payload: bytes) -> Command | str:
    text = _checked(payload)
    match = _COMMAND.fullmatch(text or "")
    if match is None:
        return "bad_checksum" if text is None else "bad_field"
    return Command(match["text"], match["id"] or "", match["checksum"] == "1")


def _response(payload: bytes) -> Response | str:
    text = _checked(payload)
    match = _RESPONSE.fullmatch(text or "")
    if match is None:
        return "bad_checksum" if text is None else "bad_field"
    status = int(match["status"])
    if status == READ and not _is_base64(match["text"]):
        return "bad_field"
    return Response(status, match["text"], match["id"] or "", match["checksum"] == "1")


def _is_base64(text: str) -> bool:
    try:
        b64decode(text, validate=True)
    except binascii.Error:
        return False
    return True

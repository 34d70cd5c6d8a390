"""What a CT or X-ray machine on a line and its host say to each other. Images travel as files beside it, never on this wire.

    TYPE ; field ; … * XX CR LF        XX: XOR of all bytes before the asterisk, two upper-case hexadecimal digits

    machine  IND ; tid ; scan_uid ; code or - ; ms until the diverter     a parcel enters
             IMG ; scan_uid ; file name ; bytes ; sha256                  a DICOS file lies in the share
             END ; scan_uid ; number of files                             that was all
             DIV ; tid ; lane                                             where it went: R released, U opening, S scan again
    host     VER ; tid ; RELEASE or UNPACK or RESCAN                      before the diverter, or the machine chooses U
    both     HBT ; number                                                 alive

No maker's document: machines differ, and this is the least that all of them have. Free text is printable ASCII without the
three separators.
"""

import functools
import operator
import re
from dataclasses import dataclass

from devices.protocols.delimited import DelimitedDecoder, proven

LINE_CAP = 256
_TEXT = r"[!-)+-:<-~]{1,64}"  # printable, neither asterisk nor semicolon
_FIELDS = {
    "IND": (_TEXT, r"[0-9.]{1,64}", _TEXT, r"[0-9]{1,7}"),
    "IMG": (r"[0-9.]{1,64}", r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", r"[0-9]{1,10}", r"[0-9a-f]{64}"),
    "END": (r"[0-9.]{1,64}", r"[0-9]{1,3}"),
    "DIV": (_TEXT, "[RUS]"),
    "VER": (_TEXT, "RELEASE|UNPACK|RESCAN"),
    "HBT": (r"[0-9]{1,9}",),
}
MACHINE_KINDS, HOST_KINDS = frozenset({"IND", "IMG", "END", "DIV", "HBT"}), frozenset({"VER", "HBT"})


@dataclass(frozen=True, slots=True)
class CtTelegram:
    """`kind` is one of the types above, `fields` what follows it."""

    kind: str
    fields: tuple[str, ...]


class MachineDecoder(DelimitedDecoder[CtTelegram]):
    """What a host hears. Garbage codes: overlong, bad_field, bad_check."""

    def __init__(self) -> None:
        super().__init__(b"", b"\r\n", LINE_CAP, functools.partial(_read, MACHINE_KINDS))


class HostDecoder(DelimitedDecoder[CtTelegram]):
    """What the machine hears. Garbage codes: overlong, bad_field, bad_check."""

    def __init__(self) -> None:
        super().__init__(b"", b"\r\n", LINE_CAP, functools.partial(_read, HOST_KINDS))


def encode_machine(telegram: CtTelegram) -> bytes:
    """The machine's bytes. ValueError when they would not survive the way."""
    return proven(_write(telegram), telegram, MachineDecoder())


def encode_host(telegram: CtTelegram) -> bytes:
    """The host's bytes. ValueError when they would not survive the way."""
    return proven(_write(telegram), telegram, HostDecoder())


def _write(telegram: CtTelegram) -> bytes:
    body = ";".join((telegram.kind, *telegram.fields)).encode("ascii", "replace")
    return body + b"*%02X\r\n" % _check(body)


def _read(kinds: frozenset[str], payload: bytes) -> CtTelegram | str:
    body, star, check = payload.rpartition(b"*")
    if not star or len(check) != 2:
        return "bad_field"
    if check != b"%02X" % _check(body):
        return "bad_check"
    kind, *fields = body.decode("latin-1").split(";")
    wanted = _FIELDS.get(kind, ())
    if kind not in kinds or len(fields) != len(wanted):
        return "bad_field"
    if not all(re.fullmatch(pattern, field) for pattern, field in zip(wanted, fields, strict=True)):
        return "bad_field"
    return CtTelegram(kind, tuple(fields))


def _check(body: bytes) -> int:
    return functools.reduce(operator.xor, body, 0)

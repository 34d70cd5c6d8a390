"""Honeywell's menu commands, with which a host configures and triggers a scanner, both directions.

    host     SYN M CR TAG(3) SUB(3) data [, SUB data] [; TAG SUB data] ... STORE        N3680 guide, p. 160; 2020-5, p. 141
    host     SYN T CR  trigger on        SYN U CR  trigger off       not in these pages: the letters are a parameter
    scanner  the command echoed, with a status before each of its marks: CBRENA1 ACK .

STORE is '.' for the memory that survives a power cycle and '!' for the one that does not. The first wears out: a driver
that sets anything at each start uses '!'. '^' asks for the default, '?' for the value and '*' for the range, in the place
of data, of SUB or of TAG. Status ACK (06): done; ENQ (05): no such tag; NAK (15): data out of range.

A scanner answers on the line on which it also sends its codes. This decoder is for the answers; codes in between are
Garbage to it, so a driver asks only while nothing is being scanned.
"""

import re
from dataclasses import dataclass
from typing import Literal

from devices.protocols.delimited import proven
from devices.protocols.frames import Garbage
from devices.protocols.marked import Framed, MarkedDecoder

CAP = 512
TRIGGER_LETTERS = "TU"
Store = Literal[".", "!"]
Outcome = Literal["ack", "enq", "nak"]
_SYN = 0x16
_STATUS: dict[str, Outcome] = {"\x06": "ack", "\x05": "enq", "\x15": "nak"}
_STATUS_BYTES = {outcome: byte for byte, outcome in _STATUS.items()}
_ENDS = frozenset(status.encode() + store for status in _STATUS for store in (b".", b"!"))
_FIELD = re.compile(r"([0-9A-Za-z_]{3})(?:([0-9A-Za-z_]{3})([ -~]*)|([?^*]))|([?^*])")
_MORE = re.compile(r"([0-9A-Za-z_]{3})([ -~]*)|([?^*])")
_ANSWER = re.compile(r"([ -~]*)([\x05\x06\x15])([,;.!])")
_STORES: dict[str, Store] = {".": ".", "!": "!"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One command: a tag and a subtag of three characters and what to set. A query stands in the last field it has."""

    tag: str
    subtag: str = ""
    data: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """Commands that are carried out together."""

    settings: tuple[Setting, ...]
    store: Store = "!"


@dataclass(frozen=True, slots=True)
class Trigger:
    """The button, pressed or let go by wire."""

    on: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one command: its echo, with the value in place of a query."""

    echo: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Answers:
    """What became of the commands that were sent together; `marks` are the ',' and ';' between them."""

    answers: tuple[Answer, ...]
    marks: str = ""
    store: Store = "!"


Command = Menu | Trigger


class CommandDecoder(MarkedDecoder[Command]):
    """What a scanner hears; `letters` switch its trigger on and off. Garbage: noise, truncated, overlong, bad_field."""

    def __init__(self, letters: str = TRIGGER_LETTERS) -> None:
        super().__init__(bytes([_SYN]), CAP, lambda data: _command(data, letters.encode("ascii")))


class AnswerDecoder:
    """What a host hears. Garbage codes: overlong, bad_field.

    An answer ends with a status and a store mark together: a value may contain full stops of its own.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._skipping = False

    @property
    def pending(self) -> int:
        """Bytes held back because their answer is not complete."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Answers | Garbage]:
        """Take the next bytes and return what they completed, in order."""
        out: list[Answers | Garbage] = []
        for byte in data:
            self._buffer += bytes([byte])
            if self._buffer[-2:] in _ENDS:
                out.append(self._finished())
            elif len(self._buffer) == CAP:
                # The last byte may be the status of the mark to come.
                out.append(Garbage(self._buffer[:-1], "overlong"))
                self._buffer, self._skipping = self._buffer[-1:], True
        return out

    def _finished(self) -> Answers | Garbage:
        frame, skipped = self._buffer, self._skipping
        self._buffer, self._skipping = b"", False
        if skipped:
            return Garbage(frame, "overlong")
        return _answers(frame.decode("latin-1")) or Garbage(frame, "bad_field")


def encode_command(command: Command, letters: str = TRIGGER_LETTERS) -> bytes:
    """The bytes of a command. ValueError when it would not survive the way back."""
    if isinstance(command, Trigger):
        letter = letters[:1] if command.on else letters[1:]
        return proven(b"\x16" + letter.encode("ascii") + b"\r", command, CommandDecoder(letters))
    text = ""
    for place, setting in enumerate(command.settings):
        same = place > 0 and setting.subtag and setting.tag == command.settings[place - 1].tag
        text += ("," if same else ";" if place else "") + ("" if same else setting.tag) + setting.subtag + setting.data
    return proven(b"\x16M\r" + (text + command.store).encode("ascii", "replace"), command, CommandDecoder())


def encode_answers(answers: Answers) -> bytes:
    """The bytes of an answer. ValueError when it would not survive the way back."""
    marks = answers.marks + answers.store
    if len(marks) != len(answers.answers):
        raise ValueError(f"cannot be written: {answers}")
    parts = zip(answers.answers, marks, strict=True)
    text = "".join(answer.echo + _STATUS_BYTES[answer.outcome] + mark for answer, mark in parts)
    return proven(text.encode("ascii", "replace"), answers, AnswerDecoder())


def _command(data: bytes, letters: bytes) -> Framed[Command] | str | None:
    if (len(data) > 1 and data[1] not in b"M" + letters) or (len(data) > 2 and data[2] != 0x0D):
        return "bad_field"
    if len(data) < 3:
        return None
    if data[1] != ord("M"):
        return Framed(Trigger(data[1] == letters[0]), 3)
    end = next((place for place in range(3, len(data)) if data[place] in b".!\x16"), -1)
    if end < 0:
        return "overlong" if len(data) >= CAP else None
    if data[end] == _SYN:
        return "truncated"
    settings = _settings(data[3:end].decode("latin-1"))
    return Framed(Menu(settings, _STORES[chr(data[end])]), end + 1) if settings else "bad_field"


def _settings(text: str) -> tuple[Setting, ...] | None:
    settings: list[Setting] = []
    for group in text.split(";"):
        first, *more = group.split(",")
        match = _FIELD.fullmatch(first)
        if match is None:
            return None
        settings.append(Setting(match[1] or match[5], match[2] or match[4] or "", match[3] or ""))
        for part in more:
            again = _MORE.fullmatch(part)
            if again is None or not match[1]:
                return None
            settings.append(Setting(match[1], again[1] or again[3], again[2] or ""))
    return tuple(settings)


def _answers(text: str) -> Answers | None:
    found = list(_ANSWER.finditer(text))
    if "".join(match[0] for match in found) != text or any(match[3] in ".!" for match in found[:-1]):
        return None
    answers = tuple(Answer(match[1], _STATUS[match[2]]) for match in found)
    return Answers(answers, "".join(match[3] for match in found[:-1]), _STORES[found[-1][3]])

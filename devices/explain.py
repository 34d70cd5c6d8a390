"""What bytes mean in a wire language, in words; and which languages explain them best. Pure: bytes in, findings out."""

from dataclasses import dataclass, fields, is_dataclass

from devices.catalogue import LANGUAGES, Language, Side
from devices.protocols.frames import Garbage
from devices.protocols.measuring import Size
from devices.protocols.weighing import Weighing

UNFINISHED = "unfinished"
"""Why bytes at the end belong to no message: their frame never ended."""
_CHUNK = 4096
_WORDS = {
    "noise": "no frame begins here",
    "truncated": "a frame that was cut off",
    "overlong": "longer than any frame of this language",
    "bad_length": "the wrong number of bytes or fields",
    "bad_field": "a field holds what it cannot hold",
    "bad_unit": "a unit that is not metric",
    "bad_checksum": "the check does not fit the bytes",
    "unknown_type": "a type of telegram that is not known",
    "unknown_verb": "a verb that is not known",
    "unknown_command": "a command that is not known",
    "unsettled_scale": "a decimal place that no document settles",
    UNFINISHED: "the frame has not ended",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Bytes from `offset` on, and the message that they are or the Garbage that they are instead."""

    offset: int
    data: bytes
    meaning: object

    @property
    def good(self) -> bool:
        """Whether these bytes are a message."""
        return not isinstance(self.meaning, Garbage)


@dataclass(frozen=True, slots=True)
class Score:
    """How many bytes of a stream one direction of a language explains, in how many frames."""

    language: Language
    speaker: str
    explained: int
    frames: int


def explain(side: Side, data: bytes) -> list[Finding]:
    """Every byte of the stream, in order, as part of a message or of garbage."""
    decoder = side.decoder()
    found: list[object] = []
    for start in range(0, len(data), _CHUNK):
        found += decoder.feed(data[start : start + _CHUNK])
    flush = getattr(decoder, "flush", None)
    found += flush() if flush is not None else []
    findings: list[Finding] = []
    offset = 0
    for meaning in found:
        size = len(meaning.data) if isinstance(meaning, Garbage) else _size(side, data[offset : offset + side.cap])
        findings.append(Finding(offset, data[offset : offset + size], meaning))
        offset += size
    if offset < len(data):
        findings.append(Finding(offset, data[offset:], Garbage(data[offset:], UNFINISHED)))
    return findings


def guess(data: bytes) -> list[Score]:
    """The languages and directions that explain most bytes; several when the bytes do not tell them apart, or none."""
    scores = [
        _score(language, speaker, side, data)
        for language in LANGUAGES.values()
        for speaker, side in (("machine", language.machine), ("host", language.host))
        if side is not None
    ]
    best = max((score.explained for score in scores), default=0)
    return [score for score in scores if best and score.explained == best]


def describe(meaning: object) -> str:
    """A message in words, or why there is none."""
    match meaning:
        case Garbage(_, why):
            return f"garbage ({why}): {_WORDS.get(why, why)}"
        case Weighing():
            return _weighing(meaning)
        case Size(length_mm, width_mm, height_mm):
            return f"{length_mm} x {width_mm} x {height_mm} mm"
        case tuple():
            return ", ".join(describe(part) for part in meaning)
        case bytes():
            return repr(meaning)[1:]
        case str() if not (meaning.isprintable() and meaning.strip()):
            return repr(meaning)
        case _ if is_dataclass(meaning) and not isinstance(meaning, type):
            parts = [(field.name, getattr(meaning, field.name)) for field in fields(meaning)]
            said = [_named(name, value) for name, value in parts if value not in ("", None, (), b"")]
            return f"{type(meaning).__name__} " + "; ".join(said) if said else type(meaning).__name__
        case _:
            return str(meaning)


def _named(name: str, value: object) -> str:
    shown = describe(value)
    return shown if isinstance(value, (Weighing, Size)) else f"{name} {shown}"


def _weighing(weighing: Weighing) -> str:
    words = [weighing.condition, weighing.basis, "weight"]
    if weighing.raw:
        words += [weighing.raw, weighing.unit or "in a unit that was not sent"]
    if weighing.grams is not None:
        words.append(f"= {weighing.grams} g")
    if weighing.alibi:
        words.append(f"legal record {weighing.alibi}")
    return " ".join(word for word in words if word)


def _size(side: Side, data: bytes) -> int:
    """The length of the message that begins here: a decoder of its own finds it with its last byte."""
    decoder = side.decoder()
    return next((size for size, byte in enumerate(data, 1) if decoder.feed(bytes([byte]))), len(data))


def _score(language: Language, speaker: str, side: Side, data: bytes) -> Score:
    good = [finding for finding in explain(side, data) if finding.good]
    return Score(language, speaker, sum(len(finding.data) for finding in good), len(good))

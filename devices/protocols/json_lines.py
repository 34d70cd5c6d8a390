"""Machines that push one flat JSON object a message: gate cameras, probes with a network plug.

    { "key": value, ... } terminator          one object a line of a socket, or the payload of one MQTT message

There is no standard and no document: which keys there are is the site's configuration. Numbers stay text, because a float
would round them and an exponent is refused nowhere else; nested objects, lists, keys that stand twice and more than
MOST_KEYS keys make a message Garbage. The order of the keys means nothing and is kept.
"""

import json
import re
from dataclasses import dataclass

from devices.protocols.delimited import DelimitedDecoder, proven

LINE_CAP = 4096
MOST_KEYS = 64
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class JsonObject:
    """One message: keys and values as text; `numbers` are the keys whose value was a number."""

    values: tuple[tuple[str, str], ...]
    numbers: frozenset[str] = frozenset()

    def get(self, key: str) -> str:
        """The value of a key, empty when it is absent or null."""
        return dict(self.values).get(key, "")


class _Number(str):
    """A number as it stood on the wire."""


class ObjectDecoder(DelimitedDecoder[JsonObject]):
    """What a host hears. Garbage codes: overlong, bad_field."""

    def __init__(self, terminator: bytes = b"\n") -> None:
        super().__init__(b"", terminator, LINE_CAP, read_object)


def encode(message: JsonObject, terminator: bytes = b"\n") -> bytes:
    """The bytes of a message. ValueError when it would not survive the way back."""
    pairs = (
        f"{json.dumps(key)}: {value if key in message.numbers else json.dumps(value)}" for key, value in message.values
    )
    wire = b"{" + ", ".join(pairs).encode("utf-8", "replace") + b"}" + terminator
    return proven(wire, message, ObjectDecoder(terminator))


def read_object(payload: bytes) -> JsonObject | str:
    """The message in one payload, or why there is none."""
    try:
        found = json.loads(
            payload.decode(), parse_float=_Number, parse_int=_Number, parse_constant=_refuse, object_pairs_hook=_unique
        )
    except (ValueError, RecursionError):
        return "bad_field"
    if not isinstance(found, dict) or len(found) > MOST_KEYS:
        return "bad_field"
    values = {key: "" if value is None else _word(value) for key, value in found.items()}
    if not all(isinstance(value, str) and not _CONTROL.search(value) for value in values.values()):
        return "bad_field"
    numbers = frozenset(key for key, value in found.items() if isinstance(value, _Number))
    return JsonObject(tuple((key, str(value)) for key, value in values.items() if value != ""), numbers)


def _word(value: object) -> object:
    return ("true" if value else "false") if isinstance(value, bool) else value


def _refuse(constant: str) -> None:
    raise ValueError(f"not a number: {constant}")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found

"""Flat JSON messages: exact numbers, nothing nested, nothing twice."""

import pytest

from devices.protocols.frames import Garbage
from devices.protocols.json_lines import JsonObject, ObjectDecoder, encode, read_object


def test_numbers_stay_as_they_were_written() -> None:
    """A float would turn 8.10 into 8.1 and 0.1 into something else."""
    found = read_object(b'{"t": 8.10, "name": "door", "ok": true, "x": null}')
    assert isinstance(found, JsonObject)
    assert (found.get("t"), found.get("name"), found.get("ok"), found.get("x")) == ("8.10", "door", "true", "")
    assert found.numbers == {"t"}


@pytest.mark.parametrize(
    "payload",
    [b"{", b"[1]", b'{"a": {"b": 1}}', b'{"a": [1]}', b'{"a": 1, "a": 2}', b'{"a": NaN}', b'{"a": "\\u0007"}', b"\xff",
     b"[" * 4000, b"{" + b",".join(b'"k%d": 1' % n for n in range(65)) + b"}"],
)  # fmt: skip
def test_what_is_not_flat_and_unique_is_refused(payload: bytes) -> None:
    """Of two values neither is believed, and depth is never followed."""
    assert read_object(payload) == "bad_field"


def test_messages_come_line_by_line() -> None:
    message = JsonObject((("plate", "A123BC77"), ("confidence", "97")), frozenset({"confidence"}))
    wire = encode(message)
    assert ObjectDecoder().feed(wire + b"nonsense\n" + wire) == [message, Garbage(b"nonsense\n", "bad_field"), message]

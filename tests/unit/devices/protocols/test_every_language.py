"""The laws of a decoder, for both directions of every language in the catalogue."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.catalogue import LANGUAGES, Side
from devices.protocols.frames import Garbage

SIDES = [
    pytest.param(side, id=f"{language.name}-{name}")
    for language in LANGUAGES.values()
    for name, side in (("machine", language.machine), ("host", language.host))
    if side is not None
]
FEW = settings(max_examples=15, deadline=None)

hits = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255) | st.sampled_from(b"0 -.\r\n\x02")), max_size=4)
cuts = st.lists(st.integers(0, 999), max_size=6)


def _damaged(wire: bytes, places: list[tuple[int, int]]) -> bytes:
    data = bytearray(wire)
    for place, byte in places:
        data[place % len(data)] = byte
    return bytes(data)


def _read(side: Side, stream: bytes) -> list[Any]:
    """What a host has read once the line has fallen silent."""
    decoder = side.decoder()
    found = list(decoder.feed(stream))
    flush = getattr(decoder, "flush", None)
    return [item for item in [*found, *(flush() if flush else [])] if not isinstance(item, Garbage)]


def _noise(side: Side) -> st.SearchStrategy[bytes]:
    """Bytes at random, pieces of good frames, damaged frames, long runs."""
    wire = side.example
    return (
        st.binary(max_size=80)
        | st.integers(0, len(wire) - 1).map(lambda size: wire[:size])
        | hits.map(lambda places: _damaged(wire, places))
        | st.tuples(st.sampled_from([wire[:1], b"\xff", b"0", b" "]), st.integers(0, 3 * side.cap)).map(
            lambda run: run[0] * run[1]
        )
    )


@pytest.mark.parametrize("side", SIDES)
def test_the_example_is_one_good_frame(side: Side) -> None:
    """A catalogue whose examples its own decoders refuse teaches nothing."""
    (message,) = side.decoder().feed(side.example)
    assert side.encode(message) == side.example


@pytest.mark.parametrize("side", SIDES)
@FEW
@given(st.data())
def test_any_split_gives_the_same_messages(laws, side: Side, data: st.DataObject) -> None:
    """Neither a serial port nor TCP keeps boundaries."""
    pieces = st.just(side.example) | _noise(side)
    stream = data.draw(st.lists(pieces, max_size=4).map(b"".join))
    laws.any_split_gives_the_same_messages(side.decoder, stream, data.draw(cuts))


@pytest.mark.parametrize("side", SIDES)
@FEW
@given(st.data())
def test_garbage_never_raises_and_never_grows_the_buffer(laws, side: Side, data: st.DataObject) -> None:
    """A wrong baud rate or a hostile peer can neither stop a line nor eat its memory."""
    laws.never_raises_and_stays_bounded(side.decoder, data.draw(st.lists(_noise(side), max_size=6)), cap=side.cap)


@pytest.mark.parametrize("side", SIDES)
@FEW
@given(st.data())
def test_noise_costs_at_most_one_frame(side: Side, data: st.DataObject) -> None:
    """Whatever went before, the second good frame behind it is read."""
    (message,) = _read(side, side.example)
    assert _read(side, data.draw(_noise(side)) + side.example * 3)[-2:] == [message, message]


@pytest.mark.parametrize("side", SIDES)
@FEW
@given(hits)
def test_whatever_is_read_can_be_written(side: Side, places: list[tuple[int, int]]) -> None:
    """A message that one side can read and the other cannot say again would be a hole in the language."""
    for message in _read(side, _damaged(side.example, places)):
        assert _read(side, side.encode(message)) == [message]


@pytest.mark.parametrize("side", SIDES)
@FEW
@given(st.binary(max_size=120))
def test_no_byte_is_hidden(side: Side, stream: bytes) -> None:
    """What is neither message nor garbage nor held back has vanished, and a technician looks for it in vain."""
    decoder = side.decoder()
    found = list(decoder.feed(stream))
    if all(isinstance(item, Garbage) for item in found):
        assert sum(len(item.data) for item in found if isinstance(item, Garbage)) + decoder.pending == len(stream)

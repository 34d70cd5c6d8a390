"""The register layout of the mailbox, as its page states it."""

from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.sorter_mailbox import (
    Answer,
    Event,
    Shown,
    next_counter,
    read_answer,
    read_shown,
    write_answer,
    write_shown,
)

WORD = st.integers(0, 0xFFFF)
TID = st.integers(0, 0xFFFFFFFF)


def test_an_event_stands_where_the_page_says() -> None:
    """A PLC programmer works from the page, not from this code."""
    event = Event(start=7, counter=3, type="wanted", tid=0x00010002, place=4, code=0)
    assert write_shown(Shown(event, 9, 11, 7)) == (1, 7, 3, 2, 1, 2, 4, 0, 9, 11)
    assert write_answer(Answer(3, 10, 0x00010002, 17, 5, 12)) == (3, 10, 1, 2, 17, 5, 12)


@given(WORD, st.integers(1, 0xFFFF), st.sampled_from(["induct", "wanted", "sorted", "chute", "lost"]), TID, WORD, WORD)
def test_what_one_side_writes_the_other_reads(
    start: int, counter: int, type: str, tid: int, place: int, code: int
) -> None:
    shown = Shown(Event(start, counter, type, tid, place, code), 1, 2, start)  # type: ignore[arg-type]
    assert read_shown(write_shown(shown)) == shown
    answer = Answer(counter, 1, tid, place, code, 3)
    assert read_answer(write_answer(answer)) == answer


def test_a_block_that_is_none_is_refused() -> None:
    """Registers of another program would look like parcels."""
    assert read_shown((0,) * 10) == "bad_layout"
    assert read_shown((1, 0, 5, 9, 0, 0, 0, 0, 0, 0)) == "unknown_type"
    assert read_shown((1,)) == read_answer((1,)) == "bad_length"
    assert read_shown((1, 4, 0, 99, 0, 0, 0, 0, 0, 0)) == Shown(None, 0, 0, 4)


def test_counters_never_say_none() -> None:
    """0 means that there is nothing; after 65535 comes 1."""
    assert (next_counter(0), next_counter(1), next_counter(0xFFFF)) == (1, 2, 1)

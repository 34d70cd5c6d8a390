"""What follows from a machine's word, a look and a clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wms.inspection.rules import (
    LONGEST_LOOK,
    PAUSE,
    Step,
    Stretch,
    after_first,
    after_machine,
    after_second,
    hits,
    look_on,
    may_project,
)

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
decisions = st.sampled_from(["clear", "suspect", "unreadable", "escalate"])


@given(alarmed=st.booleans(), reported=st.booleans(), auto=st.booleans())
def test_a_machine_alone_releases_only_its_own_plain_clear(alarmed: bool, reported: bool, auto: bool):
    """Without a report, with any alarm, or where the site did not allow it, somebody looks."""
    step = after_machine(alarmed=alarmed, reported=reported, auto_release=auto)
    assert (step.verdict == "RELEASE") == (auto and reported and not alarmed)


@given(decision=decisions, alarmed=st.booleans(), drawn=st.booleans(), rescans=st.integers(0, 3))
def test_one_look_releases_only_what_no_machine_doubts(decision, alarmed: bool, drawn: bool, rescans: int):
    """Disagreement with an alarm and the lot both ask a second person; a suspicion never waits for one."""
    step = after_first(decision, alarmed=alarmed, drawn=drawn, rescans=rescans)
    assert (step.verdict == "RELEASE") == (decision == "clear" and not alarmed and not drawn)
    assert decision != "suspect" or step.verdict == "UNPACK"
    assert step.for_lead == (decision == "escalate")


@given(decision=decisions, rescans=st.integers(0, 3))
def test_the_second_look_ends_it(decision, rescans: int):
    """Nobody is asked a third time: who still doubts has the parcel opened."""
    step = after_second(decision, rescans=rescans)
    assert step.verdict != "REVIEW"
    assert (step.verdict == "RELEASE") == (decision == "clear")


def test_a_parcel_does_not_circle_for_ever():
    """An unreadable image is scanned again once; then the parcel is opened."""
    assert after_second("unreadable", rescans=0) == Step("RESCAN", "unreadable")
    assert after_second("unreadable", rescans=1).verdict == "UNPACK"


@given(st.lists(st.integers(1, 900), max_size=60))
def test_nobody_looks_longer_than_twenty_minutes_without_a_pause(gaps: list[int]):
    """Whatever the rhythm of images, between two accepted looks of one stretch lie at most twenty minutes."""
    now, stretch = START, None
    for gap in gaps:
        now += timedelta(seconds=gap)
        found = look_on(stretch, now)
        if isinstance(found, datetime):
            assert found <= now + PAUSE
            continue
        assert now - found.began_at < LONGEST_LOOK
        stretch = found


def test_a_pause_gives_a_new_stretch():
    """Ten minutes without an image begin the count anew; nine do not."""
    tired = Stretch(START, START + LONGEST_LOOK)
    rested = tired.last_at + PAUSE
    assert look_on(tired, rested - timedelta(seconds=1)) == rested
    assert look_on(tired, rested) == Stretch(rested, rested)


@pytest.mark.parametrize(
    ("change", "may"),
    [
        ({}, True),
        ({"alarmed": True}, False),
        ({"seen_before": True}, False),
        ({"drawn": False}, False),
        ({"level": 2}, False),
        ({"left": timedelta(seconds=5)}, False),
    ],
)
def test_a_threat_is_projected_only_where_it_can_do_no_harm(change: dict[str, object], may: bool):
    """Never over a real alarm, never on a second look, never when the belt leaves no time to look again."""
    calm = {"level": 1, "alarmed": False, "seen_before": False, "drawn": True, "left": timedelta(seconds=40)}
    assert may_project(**(calm | change)) is may  # type: ignore[arg-type] # as named


def test_a_box_hits_when_it_holds_the_middle():
    """Marking the whole picture would hit as well; that shows as false alarms, not here."""
    assert hits([[0, 0, 10, 10]], [4, 4, 6, 6])
    assert not hits([[0, 0, 3, 3]], [4, 4, 6, 6])
    assert not hits([], [4, 4, 6, 6])
    assert hits([[0, 4, 4, 9, 6, 6]], [4, 4, 6, 6])  # drawn in the volume

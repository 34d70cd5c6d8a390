"""Backoff, identifiers, percentiles and the frame ring."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gateway.backoff import Backoff
from gateway.frames import SIZE, FrameRing
from gateway.ids import uuid7
from gateway.latency import Latency
from tests.unit.gateway.clocks import FakeClock


def test_backoff_doubles_its_ceiling_up_to_the_cap() -> None:
    backoff = Backoff(lambda: 1.0, base_s=0.2, cap_s=5.0)
    assert [backoff.wait() for _ in range(7)] == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


@given(st.floats(0, 1, exclude_max=True), st.integers(0, 200))
def test_backoff_is_jittered_over_the_full_range(chance: float, attempts: int) -> None:
    backoff = Backoff(lambda: chance, base_s=0.2, cap_s=5.0)
    for _ in range(attempts):
        assert 0 <= backoff.wait() <= 5.0


def test_backoff_starts_over_only_after_a_healthy_minute() -> None:
    backoff = Backoff(lambda: 1.0)
    for _ in range(5):
        backoff.wait()
    backoff.healthy_for(59.9)
    assert backoff.attempts == 5
    backoff.healthy_for(60.0)
    assert backoff.attempts == 0


@given(st.integers(0, 2**74 - 1), st.integers(0, 10**9), st.integers(1, 10**6))
def test_ids_are_version_seven_and_sort_by_time(entropy: int, second: int, later_ms: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    first, second_id = uuid7(at, entropy), uuid7(at + timedelta(milliseconds=later_ms + 1), 0)
    assert first.version == 7
    assert first.variant == "specified in RFC 4122"
    assert str(first) < str(second_id)


def test_ids_of_one_instant_differ() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert len({uuid7(at) for _ in range(1000)}) == 1000


def test_percentiles_are_of_the_last_measurements() -> None:
    latency = Latency(size=100)
    assert latency.percentiles_ms(0.5, 0.99) == [0.0, 0.0]
    for millis in range(1000):
        latency.add(millis / 1000)
    assert latency.percentiles_ms(0.0, 0.5, 0.99, 1.0) == [900.0, 950.0, 999.0, 999.0]


def test_the_histogram_counts_everything_cumulatively() -> None:
    latency = Latency(size=1)
    for seconds in (0.0004, 0.001, 0.0011, 9.0):
        latency.add(seconds)
    buckets, total = latency.histogram_s()
    found = dict(buckets)
    assert (found["0.0005"], found["0.001"], found["0.002"], found["2.5"], found["+Inf"]) == (1, 2, 3, 3, 4)
    assert round(total, 4) == 9.0025


def test_the_frame_ring_keeps_the_last_frames_in_hex_and_bounded() -> None:
    ring = FrameRing(FakeClock().wall)
    for number in range(SIZE + 44):
        ring.note("rx", number.to_bytes(2, "big"))
    ring.note("tx", b"\xff" * 10_000)
    listing = ring.listing()
    assert len(listing) == SIZE
    assert listing[0]["hex"] == "002d"
    assert (listing[-1]["size"], len(str(listing[-1]["hex"]))) == (10_000, 1024)

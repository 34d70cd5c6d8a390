"""Time, chance and the serial line, each on its own."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.plain_serial import ScanDecoder, ScanMessage, ScannerFormat
from firmware_sim.faults import Dice
from firmware_sim.models.scanner import read_label
from firmware_sim.models.uart import Uart
from firmware_sim.scenario import Faults
from firmware_sim.schedule import VirtualTime
from firmware_sim.truth import quantile

TID = "17000000000000000042"


@given(st.lists(st.floats(0, 100), max_size=30))
def test_actions_run_in_order_of_time_at_their_own_time(delays: list[float]) -> None:
    """Whoever is due earlier acts earlier, and sees the clock at its own due time."""
    time, seen = VirtualTime(), []
    for delay in delays:
        time.after(delay, lambda delay=delay: seen.append((delay, time.now())))
    time.run_for(100)
    assert seen == [(delay, delay) for delay in sorted(delays)]


def test_simultaneous_actions_keep_their_order_and_cancelled_ones_stay_silent() -> None:
    """Order is a promise; a cancelled timer is gone, and firing one by hand uses it up."""
    time, seen = VirtualTime(), []
    timers = [time.at(1.0, lambda name=name: seen.append(name)) for name in "abcd"]
    timers[1].cancel()
    timers[3].fire()
    time.run_for(2)
    assert seen == ["d", "a", "c"]
    assert time.next_due() is None


@given(st.lists(st.binary(min_size=1, max_size=80), min_size=1, max_size=5), st.sampled_from([300, 9600, 115200]))
def test_a_serial_line_takes_ten_bits_a_character(frames: list[bytes], baud: int) -> None:
    """The last byte of a frame is out when its last bit has passed, and frames queue behind each other."""
    time, out, done = VirtualTime(), [], []
    uart = Uart(baud, time, lambda data: out.append((time.now(), data)) or True)
    for frame in frames:
        uart.send(frame, lambda complete: done.append((time.now(), complete)))
    time.run_for(60)
    assert b"".join(data for _, data in out) == b"".join(frames)
    ends = [sum(map(len, frames[: index + 1])) * 10 / baud for index in range(len(frames))]
    assert done == [(pytest.approx(end), True) for end in ends]


def test_a_frame_that_meets_no_plug_is_incomplete() -> None:
    """One lost byte is enough: the frame was not sent."""
    time, done = VirtualTime(), []
    plugged: Callable[[bytes], bool] = lambda data: not 0.01 < time.now() < 0.02  # noqa: E731 - a plug is a condition, not a procedure
    Uart(9600, time, plugged).send(b"x" * 40, done.append)
    time.run_for(1)
    assert done == [False]


def test_what_comes_faster_than_the_line_is_an_overrun() -> None:
    """A flood from the host is cut at one second of line time instead of growing the heap for ever."""
    time, heard = VirtualTime(), []
    uart = Uart(9600, time, lambda data: True, heard.append)
    for _ in range(1000):
        uart.received(b"x" * 100)
    time.run_for(60)
    assert sum(map(len, heard)) == pytest.approx(960, abs=1)


@given(st.integers(0, 10_000), st.sampled_from(["good", "no_read", "double", "garbled"]))
def test_a_garbled_frame_never_reads_as_another_code(serial: int, fault: str) -> None:
    """A flipped byte may cost the code, it must not turn it into somebody else's; and noise costs no neighbour."""
    fmt = ScannerFormat()
    frames = read_label(fmt, TID, "LX123456785CN", fault, Dice(1, Faults()).about(serial))
    good = read_label(fmt, TID, "RR473124829GB", "good", Dice(1, Faults()).about(serial))
    found = [item for item in ScanDecoder(fmt).feed(b"".join(frames + good)) if isinstance(item, ScanMessage)]
    label = ScanMessage(TID, (("C0", "LX123456785CN"),), "good")
    expected = {"good": [label], "double": [label] * 2, "no_read": [ScanMessage(TID, (), "no_read")], "garbled": []}
    assert found[:-1] == expected[fault]
    assert found[-1].codes == (("C0", "RR473124829GB"),)


def test_chance_depends_on_the_seed_and_the_subject_only() -> None:
    """Asking twice, or in another order, changes nothing."""
    faults = Faults(no_read=0.2, garbled=0.2, weight_deviation=0.3)
    one, two = Dice(7, faults), Dice(7, faults)
    forwards = [(one.scan_fault(serial, 1), one.weight_g(serial, 500)) for serial in range(200)]
    backwards = [(two.scan_fault(serial, 1), two.weight_g(serial, 500)) for serial in reversed(range(200))]
    assert forwards == backwards[::-1]
    assert forwards != [(Dice(8, faults).scan_fault(serial, 1), 500) for serial in range(200)]


def test_quantiles_are_values_that_occurred() -> None:
    """No interpolation: the worst of a hundred is one of the hundred."""
    values = [float(number) for number in range(1, 101)]
    assert [quantile(values, q) for q in (0.5, 0.99, 1.0)] == [51.0, 100.0, 100.0]
    assert quantile([], 0.5) is None

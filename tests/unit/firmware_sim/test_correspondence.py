"""The controller's memory of what its host has not confirmed."""

from datetime import UTC, datetime

import pytest

from devices.protocols.osip import Locu, OsipDecoder, Telegram, Upd
from firmware_sim.faults import Dice
from firmware_sim.models.correspondence import Correspondence
from firmware_sim.models.infeed import Infeed, Milestones
from firmware_sim.scenario import Controller, Faults, Scenario
from firmware_sim.schedule import VirtualTime

AT = datetime(2026, 1, 1, tzinfo=UTC)
FULL, OPEN = "00000041", "00000000"


def chute_state(error: str) -> Locu:
    return Locu("SRT1CHUT", "SRT1CHUT000700000000", error, AT)


def position(number: int) -> Upd:
    return Upd(f"{number:020d}", "SRT1INDU000100000000", OPEN, AT)


class Desk:
    def __init__(self, **changes: object) -> None:
        self.time = VirtualTime()
        self.post = Correspondence(Controller(**changes), Dice(1, Faults()), self.time, lambda: AT)
        self.wires: list[bytes] = []

    def connect(self, *snapshot: Locu) -> None:
        self.wires.clear()
        self.post.connect(self.wires.append, snapshot, [])

    def told(self) -> list[Telegram]:
        return [item for item in OsipDecoder().feed(b"".join(self.wires)) if isinstance(item, Telegram)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize(("acknowledge", "present"), [("first", FULL), ("last", OPEN), ("last", FULL), ("none", OPEN)])
def test_the_last_word_on_a_chute_is_its_present_state(desk: Desk, acknowledge: str, present: str) -> None:
    """Whatever was acknowledged out of order, after the greeting the host knows the chute as it is."""
    desk.connect()
    desk.post.report(chute_state(FULL))
    desk.post.report(chute_state(OPEN))
    numbers = [found.header.seq for found in desk.told() if isinstance(found.body, Locu)]
    if acknowledge != "none":
        desk.post.acknowledged(numbers[0 if acknowledge == "first" else 1], "LOCU")
    desk.post.disconnect()
    desk.connect(chute_state(present))
    states = [found.body.error for found in desk.told() if isinstance(found.body, Locu)]
    assert states[-1] == present


def test_the_backlog_comes_again_in_order_as_the_identical_bytes(desk: Desk) -> None:
    """A host recognises a repeated report by its bytes."""
    desk.connect()
    for number in range(5):
        desk.post.report(position(number))
    first = desk.wires[1:]
    desk.post.acknowledged(desk.told()[3].header.seq, "UPD_")
    desk.post.disconnect()
    desk.post.report(position(5))
    desk.connect()
    assert desk.wires[1:5] == [wire for index, wire in enumerate(first) if index != 2]
    assert [found.body.barcode[-1] for found in desk.told()[1:]] == ["0", "1", "3", "4", "5"]


def test_an_acknowledgement_counts_for_its_type_only(desk: Desk) -> None:
    """SEQ alone would let the answer to something else erase a report."""
    desk.connect()
    desk.post.report(position(1))
    seq = desk.told()[-1].header.seq
    assert not desk.post.acknowledged(seq, "LOCU")
    assert not desk.post.acknowledged(seq + 1, "UPD_")
    assert desk.post.acknowledged(seq, "UPD_")
    assert not desk.post.acknowledged(seq, "UPD_")


def test_a_report_never_confirmed_survives_the_wrap_of_numbers(desk: Desk) -> None:
    """After 32,767 telegrams its number would be given again, and the newcomer would push it out of the memory."""
    desk.post.report(position(1))
    for number in range(33_000):
        desk.connect() if number == 0 else None
        desk.post.report(position(2))
        (found,) = OsipDecoder().feed(desk.wires[-1])
        assert desk.post.acknowledged(found.header.seq, "UPD_")
    assert desk.post.unacknowledged == 1


def test_one_complaint_at_a_time(desk: Desk) -> None:
    """A host that talks nonsense must not fill the controller's memory."""
    desk.connect()
    for _ in range(100):
        desk.post.complain("SRT1")
    assert desk.post.unacknowledged == 1


def test_plain_osip_keeps_nothing() -> None:
    """With the extension off, a report is sent once and forgotten, as the published protocol has it."""
    desk = Desk(acknowledge=False)
    desk.post.report(position(1))
    desk.connect()
    desk.post.report(position(2))
    desk.time.run_for(10)
    assert [type(found.body).__name__ for found in desk.told()] == ["Synq", "Upd"]
    assert desk.post.unacknowledged == 0


def test_two_items_on_the_loop_never_share_a_carrier(calm: Scenario) -> None:
    """A carrier is promised once."""

    def nothing(*_: object) -> None:
        raise AssertionError("no item was announced")

    infeed = Infeed(calm, VirtualTime(), [], Milestones(nothing, nothing, nothing), lambda: True)
    infeed.start()
    times = [infeed.reserve(100.0) for _ in range(3)]
    assert times == [pytest.approx(times[0] + step * calm.pitch_s) for step in range(3)]

"""Which configuration a gateway starts with after starts that did not live."""

from pathlib import Path

import pytest

from gateway.last_good import CRASHES, LastGood


@pytest.fixture
def memory(tmp_path: Path) -> LastGood:
    config = tmp_path / "gateway.yaml"
    config.write_text("first")
    return LastGood(config)


def test_after_three_crashes_the_last_good_one_runs(memory: LastGood) -> None:
    """A new configuration that kills the gateway at every start must not keep the line down all night."""
    memory.healthy(memory.begin())
    memory.config.write_text("second")
    assert [memory.begin().why for _ in range(CRASHES)] == [""] * CRASHES
    start = memory.begin()
    assert (start.why, start.file.read_text()) == ("crashes", "first")


def test_a_mended_file_gets_its_own_chance(memory: LastGood) -> None:
    """Who repaired the file must not have to know about counters."""
    memory.healthy(memory.begin())
    memory.config.write_text("second")
    for _ in range(CRASHES + 1):
        memory.begin()
    memory.config.write_text("third")
    assert memory.begin().why == ""


def test_a_start_that_served_or_was_ended_by_a_person_counts_for_nothing(memory: LastGood) -> None:
    """Restarts by hand are no crashes."""
    memory.healthy(memory.begin())
    memory.config.write_text("second")
    for _ in range(CRASHES + 2):
        assert memory.begin().why == ""
        memory.forget_start()


def test_safe_mode_never_becomes_the_last_good_one(memory: LastGood) -> None:
    """Running on the copy proves nothing about the file in force."""
    memory.healthy(memory.begin())
    memory.config.write_text("second")
    for _ in range(CRASHES):
        memory.begin()
    start = memory.begin()
    memory.healthy(start)
    assert memory.copy.read_text() == "first"
    assert memory.begin().why == "crashes"


def test_without_a_last_good_one_there_is_no_other_choice(memory: LastGood) -> None:
    """The first configuration of all has nothing to fall back to."""
    for _ in range(CRASHES + 2):
        assert memory.begin().why == ""
    assert memory.instead() is None


def test_a_torn_counter_is_no_count(memory: LastGood) -> None:
    """A power cut may leave anything in a file."""
    memory.begin()
    memory.config.with_name("gateway.yaml.starts").write_bytes(b"\xff\x00garbage")
    assert memory.begin().why == ""

"""Honeywell's menu commands, held by the examples of its guides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.frames import Garbage
from devices.protocols.honeywell_menu import (
    CAP,
    Answer,
    AnswerDecoder,
    Answers,
    Command,
    CommandDecoder,
    Menu,
    Setting,
    Trigger,
    encode_answers,
    encode_command,
)

BAUD = Menu((Setting("232", "BAD", "9"),), ".")
SEVERAL = Menu((Setting("232", "BAD", "9"), Setting("232", "WRD", "2"), Setting("CBR", "ENA", "1")))
THREE = Answers((Answer("232BAD99", "nak"), Answer("XXX1", "enq"), Answer("CBRENA1", "ack")), ",;")
GOLDEN_COMMANDS: list[tuple[bytes, Command]] = [
    # N3680 guide, p. 160: 16 4D 0D 232BAD9.
    (b"\x16\x4d\x0d232BAD9.", BAUD),
    # The same page: several commands, several tags, queries in each place.
    (b"\x16M\r232BAD9,WRD2;CBRENA1!", SEVERAL),
    (b"\x16M\rcbrena*.", Menu((Setting("cbr", "ena", "*"),), ".")),
    (b"\x16M\rCBR?!", Menu((Setting("CBR", "?"),))),
    (b"\x16M\r^!", Menu((Setting("^"),))),
    (b"\x16T\r", Trigger(True)),
    (b"\x16U\r", Trigger(False)),
]
GOLDEN_ANSWERS = [
    # 2020-5 guide, p. 141, and 1450g guide, p. 156: CBRENA1[ACK], CBRENA0-1[ACK]; the status stands before the mark.
    (b"CBRENA1\x06.", Answers((Answer("CBRENA1", "ack"),), "", ".")),
    (b"CBRENA0-1\x06!", Answers((Answer("CBRENA0-1", "ack"),))),
    (b"232BAD99\x15,XXX1\x05;CBRENA1\x06!", THREE),
    (b"REVINFV1.2!3\x06!", Answers((Answer("REVINFV1.2!3", "ack"),))),
]

tag = st.from_regex(r"[0-9A-Z]{3}", fullmatch=True)
data = st.from_regex(r"[0-9A-Za-z ?*^-]{0,12}", fullmatch=True)
settings_ = st.builds(Setting, tag, tag, data) | st.builds(Setting, tag, st.sampled_from("?^*"))
menus = st.builds(Menu, st.lists(settings_, min_size=1, max_size=5).map(tuple), st.sampled_from(".!"))
answer = st.builds(Answer, st.from_regex(r"[ -~]{0,20}", fullmatch=True), st.sampled_from(["ack", "enq", "nak"]))
answers = st.integers(1, 4).flatmap(
    lambda size: st.builds(
        Answers,
        st.lists(answer, min_size=size, max_size=size).map(tuple),
        st.text(",;", min_size=size - 1, max_size=size - 1),
        st.sampled_from(".!"),
    )
)


@pytest.mark.parametrize(("wire", "command"), GOLDEN_COMMANDS)
def test_commands_mean_what_the_guide_says(wire: bytes, command: Command) -> None:
    """A codec shared by both sides can be wrong on both; only bytes from outside hold it."""
    assert CommandDecoder().feed(wire) == [command]
    assert encode_command(command) == wire


@pytest.mark.parametrize(("wire", "found"), GOLDEN_ANSWERS)
def test_answers_mean_what_the_guide_says(wire: bytes, found: Answers) -> None:
    """The same for the other direction; a value may contain a full stop."""
    assert AnswerDecoder().feed(wire) == [found]
    assert encode_answers(found) == wire


@given(menus)
def test_a_command_is_read_back(menu: Menu) -> None:
    """Every command that can be written is read back as itself."""
    assert CommandDecoder().feed(encode_command(menu)) == [menu]


@given(answers)
def test_an_answer_is_read_back(found: Answers) -> None:
    """Every answer that can be written is read back as itself, one per command sent."""
    assert AnswerDecoder().feed(encode_answers(found)) == [found]


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (b"\x16M\r23BAD", "truncated"),
        (b"\x16M\r23!", "bad_field"),
        (b"\x16M\r!", "bad_field"),
        (b"\x16M\r?,BAD9!", "bad_field"),
        (b"\x16X\r", "bad_field"),
        (b"\x16M\n", "bad_field"),
        (b"\x16M\r" + b"A" * CAP + b"!", "overlong"),
        (b"menu", "noise"),
    ],
)
def test_what_is_wrong_with_a_command_is_named(wire: bytes, why: str) -> None:
    """SYN inside an unfinished command begins the next, so a cut-off one does not swallow it."""
    assert CommandDecoder().feed(wire + b"\x16T\r") == [Garbage(wire, why), Trigger(True)]


def test_what_is_wrong_with_an_answer_is_named() -> None:
    """A code scanned in between, and a line that never ends, cost themselves alone."""
    good, found = GOLDEN_ANSWERS[0]
    assert AnswerDecoder().feed(b"LX12\r\n\x06!" + good) == [Garbage(b"LX12\r\n\x06!", "bad_field"), found]
    *lost, last = AnswerDecoder().feed(b"A" * (3 * CAP) + b"\x06!" + good)
    assert last == found
    assert {item.why for item in lost if isinstance(item, Garbage)} == {"overlong"}


def test_the_end_of_an_overlong_answer_may_be_cut_in_two() -> None:
    """The status is the last byte that fits, the mark the first that does not; the answer behind them is read."""
    good, found = GOLDEN_ANSWERS[0]
    assert AnswerDecoder().feed(b"A" * (CAP - 1) + b"\x06!" + good)[-1] == found


def test_the_letters_of_the_trigger_are_configured() -> None:
    """No page that was read names them; a model with others is configured, not patched."""
    assert encode_command(Trigger(False), "XY") == b"\x16Y\r"
    assert CommandDecoder("XY").feed(b"\x16X\r") == [Trigger(True)]
    with pytest.raises(ValueError, match="written"):
        encode_command(Trigger(True), "M")


@pytest.mark.parametrize(
    "command",
    [
        Menu(()),
        Menu((Setting("23", "BAD", "9"),)),
        Menu((Setting("232", "BAD", "9.5"),)),
        Menu((Setting("232", "BAD", "9,WRD2"),)),
        Menu((Setting("232", "BAD", "x" * CAP),)),
    ],
)
def test_a_command_that_would_not_survive_is_refused(command: Command) -> None:
    """Refuse at the sender instead of setting something else."""
    with pytest.raises(ValueError, match="written"):
        encode_command(command)


@pytest.mark.parametrize("found", [Answers((Answer("A", "ack"),), ","), Answers((Answer("\x06.", "ack"),))])
def test_an_answer_that_would_not_survive_is_refused(found: Answers) -> None:
    """The same for the other direction."""
    with pytest.raises(ValueError, match="written"):
        encode_answers(found)

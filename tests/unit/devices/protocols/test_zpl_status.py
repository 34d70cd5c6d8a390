"""~HS against the layout of the programming guide (45541L-004, pp. 171-172)."""

from devices.protocols.frames import Garbage
from devices.protocols.zpl_status import ASK, CommandDecoder, HostStatus, StatusDecoder, encode

READY = b"\x02030,0,0,1245,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,0,0,0,2,4,0,00000000,1,000\x03\r\n\x021234,0\x03\r\n"


def test_a_printer_that_is_ready_has_no_trouble() -> None:
    (status,) = StatusDecoder().feed(READY)
    assert isinstance(status, HostStatus)
    assert status.trouble == ()
    assert encode(status) == READY


def test_each_flag_stands_at_its_place_in_the_guide() -> None:
    """b paper, c pause, j memory, k cold, l hot; o head, p ribbon, t label; e, u are numbers."""
    first = b"\x02030,1,1,1245,007,1,0,0,000,1,1,1\x03\r\n"
    second = b"\x02000,0,1,1,0,2,4,1,00000012,1,000\x03\r\n"
    (status,) = StatusDecoder().feed(first + second + b"\x021234,0\x03\r\n")
    assert isinstance(status, HostStatus)
    assert set(status.trouble) == {
        "paper_out", "paused", "buffer_full", "memory_lost", "too_cold", "too_hot", "head_up", "ribbon_out",
    }  # fmt: skip
    assert (status.waiting, status.left_in_batch, status.label_waits) == (7, 12, True)


def test_an_answer_that_another_one_interrupts_is_given_up() -> None:
    """A printer that restarts between two lines must not be read as a mixture."""
    first = READY[: READY.index(b"\n") + 1]
    garbage, status = StatusDecoder().feed(first + READY)
    assert garbage == Garbage(first, "truncated")
    assert isinstance(status, HostStatus)
    assert [item.why for item in StatusDecoder().feed(b"\x021234,0\x03\r\n") if isinstance(item, Garbage)] == [
        "out_of_order"
    ]


def test_the_question_is_the_one_of_the_guide() -> None:
    assert ASK.startswith(b"~HS")
    (heard,) = CommandDecoder().feed(ASK)
    assert not isinstance(heard, Garbage)

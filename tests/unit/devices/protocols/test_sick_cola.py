"""SICK CoLa A and B, held by the hexadecimal examples of its manuals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.frames import Garbage
from devices.protocols.sick_cola import FRAME_CAP, ColaADecoder, ColaBDecoder, Telegram, encode_a, encode_b

GOLDEN_A = [
    # CLV documentation: open the reading gate.
    ("02 73 4D 4E 20 6D 54 43 67 61 74 65 6F 6E 03", Telegram("sMN", "mTCgateon")),
    # LMS4000 manual, p. 53.
    ("02 73 45 4E 20 4C 4D 44 73 63 61 6E 64 61 74 61 20 31 03", Telegram("sEN", "LMDscandata", b"1")),
]
GOLDEN_B = [
    # LMS4000 manual, p. 53.
    (
        "02 02 02 02 00 00 00 11 73 45 4E 20 4C 4D 44 73 63 61 6E 64 61 74 61 20 01 33",
        Telegram("sEN", "LMDscandata", b"\x01"),
    ),
    # LMS4000 manual, p. 70: log in as authorized client.
    (
        "02 02 02 02 00 00 00 17 73 4D 4E 20 53 65 74 41 63 63 65 73 73 4D 6F 64 65 20 03 F4 72 47 44 B3",
        Telegram("sMN", "SetAccessMode", b"\x03\xf4\x72\x47\x44"),
    ),
    # TiM781 manual, p. 101.
    (
        "02 02 02 02 00 00 00 13 73 52 41 20 53 43 64 65 76 69 63 65 73 74 61 74 65 20 01 1E",
        Telegram("sRA", "SCdevicestate", b"\x01"),
    ),
]
GATE_A, GATE = bytes.fromhex(GOLDEN_A[0][0]), GOLDEN_A[0][1]
EVENT_B, EVENT = bytes.fromhex(GOLDEN_B[0][0]), GOLDEN_B[0][1]

verbs = st.sampled_from(["sRN", "sRA", "sWN", "sWA", "sMN", "sAN", "sEN", "sEA", "sSN"])
names = st.from_regex(r"[A-Za-z][0-9A-Za-z_]{0,20}", fullmatch=True)


def _telegrams(args: st.SearchStrategy[bytes]) -> st.SearchStrategy[Telegram]:
    return st.builds(Telegram, verbs, names, args) | st.builds(Telegram, st.just("sFA"), st.just(""), args.filter(bool))


in_text = _telegrams(st.from_regex(rb"[ -~]{0,40}", fullmatch=True))
in_binary = _telegrams(st.binary(max_size=60))


@pytest.mark.parametrize(("wire", "telegram"), GOLDEN_A)
def test_text_means_what_the_manual_says(wire: str, telegram: Telegram) -> None:
    """A codec shared by both sides can be wrong on both; only bytes from outside hold it."""
    assert ColaADecoder().feed(bytes.fromhex(wire)) == [telegram]
    assert encode_a(telegram) == bytes.fromhex(wire)


@pytest.mark.parametrize(("wire", "telegram"), GOLDEN_B)
def test_bytes_mean_what_the_manual_says(wire: str, telegram: Telegram) -> None:
    """The same in binary, checksum included."""
    assert ColaBDecoder().feed(bytes.fromhex(wire)) == [telegram]
    assert encode_b(telegram) == bytes.fromhex(wire)


def test_a_misprinted_checksum_is_not_believed() -> None:
    """The manual prints 33 behind `sEA`, copied from `sEN`; the bytes give 3C."""
    wire = encode_b(Telegram("sEA", "LMDscandata", b"\x01"))
    assert wire[-1] == 0x3C
    assert ColaBDecoder().feed(wire[:-1] + b"\x33" + EVENT_B) == [Garbage(wire[:-1] + b"\x33", "bad_checksum"), EVENT]


@given(in_text)
def test_text_is_read_back(telegram: Telegram) -> None:
    """Every telegram that can be written is read back as itself."""
    assert ColaADecoder().feed(encode_a(telegram)) == [telegram]


@given(in_binary)
def test_bytes_are_read_back(telegram: Telegram) -> None:
    """The same with any bytes as arguments, four STX included."""
    assert ColaBDecoder().feed(encode_b(telegram)) == [telegram]


@given(st.binary(max_size=80), st.integers(0, 25))
def test_no_good_telegram_is_lost_to_the_noise_before_it(noise: bytes, cut: int) -> None:
    """Noise may claim a length and make a telegram late; once the line is silent it is found."""
    decoder = ColaBDecoder()
    found = [*decoder.feed(noise + EVENT_B[:cut] + EVENT_B), *decoder.flush()]
    assert found[-1] == EVENT


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (b"\x02sXX mTCgateon\x03", "unknown_verb"),
        (b"\x02sMNmTCgateon\x03", "bad_field"),
        (b"\x02sMN m-gate\x03", "bad_field"),
        (b"\x02sMN mTC", "truncated"),
        (b"\x02" + b"A" * FRAME_CAP + b"\x03", "overlong"),
        (b"sMN", "noise"),
    ],
)
def test_what_is_wrong_in_text_is_named(wire: bytes, why: str) -> None:
    """A technician sees why bytes were thrown away; the next telegram is read."""
    found = ColaADecoder().feed(wire + GATE_A)
    assert isinstance(found[0], Garbage)
    assert found[0].why == why
    assert found[-1] == GATE


@pytest.mark.parametrize(
    ("wire", "why"),
    [
        (b"\x02\x02\x02\x02\x7f\x00\x00\x00", "bad_length"),
        (b"\x02\x02\x02\x02\x00\x00\x00\x00", "bad_length"),
        (b"\x02\x02\x02\x02\x00\x00\x00\x03abc\x60", "unknown_verb"),
        (EVENT_B[:-1] + b"\x00", "bad_checksum"),
        (b"\xff", "noise"),
    ],
)
def test_what_is_wrong_in_binary_is_named(wire: bytes, why: str) -> None:
    """The same in binary."""
    assert ColaBDecoder().feed(wire + EVENT_B) == [Garbage(wire, why), EVENT]


@pytest.mark.parametrize(
    "telegram",
    [
        Telegram("sXX", "name"),
        Telegram("sRN", "two words"),
        Telegram("sRN", ""),
        Telegram("sRN", "绥"),
        Telegram("sFA", "name", b"1"),
        Telegram("sRN", "name", b"x" * FRAME_CAP),
    ],
)
def test_a_telegram_that_would_not_survive_is_refused(telegram: Telegram) -> None:
    """Refuse at the sender, in both forms, instead of sending another telegram."""
    with pytest.raises(ValueError, match="written"):
        encode_a(telegram)
    with pytest.raises(ValueError, match="written"):
        encode_b(telegram)


def test_control_characters_belong_to_the_binary_form() -> None:
    """STX and ETX frame the text, so they cannot stand in it."""
    with pytest.raises(ValueError, match="written"):
        encode_a(Telegram("sRN", "name", b"\x03"))


def test_a_telegram_that_swallowed_another_is_none() -> None:
    """Found by a million frames: a damaged length and eight bits of XOR that fit by chance ate two good telegrams."""
    good = encode_b(Telegram("sRA", "SCdevicestate", b"\x01"))
    eaten = Telegram("sRA", "SCdevicestate", b"\x01" + good + good[:5])
    data = b"sRA SCdevicestate " + eaten.args
    wire = b"\x02" * 4 + len(data).to_bytes(4) + data
    check = 0
    for byte in data:
        check ^= byte
    found = ColaBDecoder().feed(wire + bytes([check]) + good * 2)
    assert [item for item in found if isinstance(item, Telegram)].count(Telegram("sRA", "SCdevicestate", b"\x01")) >= 2
    assert eaten not in found

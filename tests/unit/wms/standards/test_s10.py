"""UPU S10 against its published vectors, and what its check digit can and cannot see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wms.standards.s10 import S10, S10Fault, check_digit, make, parse

SERIALS = st.integers(0, 99_999_999).map("{:08d}".format)
_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


@pytest.mark.parametrize(
    ("serial", "digit"),
    [("47312482", 9), ("00000000", 5), ("12345678", 5), ("00000001", 4), ("10000000", 3)],
)
def test_the_published_vectors(serial: str, digit: int) -> None:
    """UPU S10 with weights 8 6 4 2 3 5 9 7; the mirror with 3..10 gives other digits."""
    assert check_digit(serial) == digit


def test_a_printed_identifier_is_read() -> None:
    """RA473124829CN, the example everybody quotes."""
    item = parse("RA473124829CN")
    assert item == S10("RA", "47312482", 9, "CN")
    assert item.service == "letter_registered"
    assert str(item) == "RA473124829CN"


@pytest.mark.parametrize(
    ("indicator", "service", "reserved"),
    [
        ("CP", "parcel", False),
        ("EE", "ems", False),
        ("HX", "ecommerce", False),
        ("LK", "letter_tracked", False),
        ("UM", "letter", False),
        ("VV", "insured", False),
        ("QA", "ibrs", False),
        ("MB", "m_bag", False),
        ("AA", "domestic", False),
        ("ZZ", "domestic", False),
        ("JA", None, True),
        ("KA", None, True),
        ("TA", None, True),
    ],
)
def test_the_first_letter_names_the_service(indicator: str, service: str | None, reserved: bool) -> None:
    """The prefix decides the lane at the counter; reserved ones are no mail at all."""
    item = parse(f"{indicator}473124829CN")
    assert isinstance(item, S10)
    assert (item.service, item.is_reserved) == (service, reserved)


@pytest.mark.parametrize(
    "text", ["", "RA47312482CN", "ra473124829cn", " RA473124829CN", "RA47312482９CN", "R1473124829CN", "RA473124829CNX"]
)
def test_what_has_another_form_is_not_s10(text: str) -> None:
    """No trimming, no folding, no digits of other alphabets: the caller says what it normalises."""
    assert parse(text) == S10Fault("not_s10")


def test_a_wrong_check_digit_names_the_right_one() -> None:
    """The clerk is told the digit; the row is not repaired silently."""
    assert parse("RA473124821CN") == S10Fault("bad_check_digit", 9)


@given(serial=SERIALS, place=st.integers(0, 7), other=st.integers(0, 9))
def test_a_single_wrong_digit_is_seen_unless_two_remainders_share_their_digit(
    serial: str, place: int, other: int
) -> None:
    """Remainders 0 and 6 both print 5. This is the standard's own hole, and the only one for single errors."""
    wrong = serial[:place] + str(other) + serial[place + 1 :]
    remainders = {sum(int(d) * w for d, w in zip(s, _WEIGHTS, strict=True)) % 11 for s in (serial, wrong)}
    seen = check_digit(serial) != check_digit(wrong)
    assert seen == (wrong != serial and remainders != {0, 6})


@given(serial=SERIALS, wrong=st.integers(0, 9))
def test_a_wrong_printed_check_digit_is_always_seen(serial: str, wrong: int) -> None:
    """The last digit has one right value."""
    verdict = parse(f"RR{serial}{wrong}CN")
    assert isinstance(verdict, S10) == (wrong == check_digit(serial))


@given(serial=st.integers(0, 99_999_999))
def test_what_is_minted_is_read_back(serial: int) -> None:
    """make and parse agree on every number."""
    item = make("LK", serial, "CN")
    assert parse(str(item)) == item


@pytest.mark.parametrize(("indicator", "serial"), [("JA", 1), ("L", 1), ("LK", 100_000_000), ("LK", -1)])
def test_what_must_not_exist_is_not_minted(indicator: str, serial: int) -> None:
    """Reserved prefixes and numbers too long for the field."""
    with pytest.raises(ValueError, match=r"assignable|at most 8"):
        make(indicator, serial, "CN")


@given(st.text(max_size=20))
def test_any_text_gets_a_verdict(text: str) -> None:
    """Scanners send anything."""
    assert isinstance(parse(text), S10 | S10Fault)

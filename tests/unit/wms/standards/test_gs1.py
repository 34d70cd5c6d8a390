"""GS1 keys and element strings."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wms.standards.gs1 import (
    GS,
    ElementString,
    Gs1Fault,
    check_digit,
    check_key,
    gtin_14,
    make_sscc,
    read_date,
    read_elements,
    split_aim,
)


@pytest.mark.parametrize(
    ("payload", "digit"), [("400638133393", 1), ("692012345678", 9), ("00614141123456789", 0), ("9638507", 4)]
)
def test_the_published_vectors(payload: str, digit: int) -> None:
    """GS1 General Specifications 7.9."""
    assert check_digit(payload) == digit


@given(st.text("0123456789", min_size=7, max_size=17), st.data())
def test_every_single_wrong_digit_is_seen(payload: str, data: st.DataObject) -> None:
    """3 and 1 are coprime to 10, so no single change keeps the sum."""
    place = data.draw(st.integers(0, len(payload) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != payload[place]]))
    assert check_digit(payload) != check_digit(payload[:place] + other + payload[place + 1 :])


@pytest.mark.parametrize(
    ("text", "kind", "fault"),
    [
        ("4006381333931", "gtin", None),
        ("96385074", "gtin", None),
        ("006141411234567890", "sscc", None),
        ("4006381333930", "gtin", Gs1Fault("bad_check_digit", 1)),
        ("400638133393", "gln", Gs1Fault("bad_length")),
        ("40063813339３1", "gtin", Gs1Fault("not_digits")),
        ("", "sscc", Gs1Fault("not_digits")),
    ],
)
def test_keys_are_judged(text: str, kind: str, fault: Gs1Fault | None) -> None:
    """Length, digits, check digit; full-width digits are not digits here."""
    assert check_key(text, kind) == fault  # type: ignore[arg-type] # a literal from parametrize


def test_gtins_of_all_lengths_compare_in_their_14_digit_form() -> None:
    """The same article printed as GTIN-13 and packed as GTIN-14 with indicator 0 is one article."""
    assert gtin_14("4006381333931") == "04006381333931"
    with pytest.raises(ValueError, match="bad_check_digit"):
        gtin_14("4006381333930")


@given(
    prefix=st.text("0123456789", min_size=4, max_size=12),
    serial=st.integers(0, 10**12 - 1),
    extension=st.integers(0, 9),
)
def test_a_minted_sscc_is_a_right_one_and_keeps_its_parts(prefix: str, serial: int, extension: int) -> None:
    """Two serials never give one SSCC, and what does not fit is refused instead of cut."""
    room = 16 - len(prefix)
    if serial >= 10**room:
        with pytest.raises(ValueError, match="does not fit"):
            make_sscc(prefix, serial, extension)
        return
    sscc = make_sscc(prefix, serial, extension)
    assert check_key(sscc, "sscc") is None
    assert sscc[0] == str(extension)
    assert sscc[1:17] == f"{prefix}{serial:0{room}d}"


def test_a_logistic_label_is_split_into_its_elements() -> None:
    """GS1-128 with AIM prefix: fixed lengths follow each other, a variable one ends at GS."""
    read = read_elements(f"]C1020400638133393137120{GS}10LOT-7{GS}3103001250")
    assert isinstance(read, ElementString)
    assert read.symbology == "C1"
    assert [(element.ai, element.value) for element in read.elements] == [
        ("02", "04006381333931"),
        ("37", "120"),
        ("10", "LOT-7"),
        ("3103", "001250"),
    ]
    assert read.elements[-1].number == Decimal("1.250")
    assert read.get("10") == "LOT-7"
    assert read.get("21") is None


@pytest.mark.parametrize("start", ["", GS, "]C1", "]d2", "]Q3", "]e0", f"]C1{GS}"])
def test_the_same_elements_come_from_every_symbology(start: str) -> None:
    """A leading FNC1 is transmitted by some scanners and not by others."""
    read = read_elements(f"{start}00006141411234567890")
    assert isinstance(read, ElementString)
    assert read.get("00") == "006141411234567890"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("]C000006141411234567890", Gs1Fault("symbology_without_elements")),
        ("]E04006381333931", Gs1Fault("symbology_without_elements")),
        ("]C100006141411234567891", Gs1Fault("bad_check_digit", 0, "00")),
        ("]C10104006381333930", Gs1Fault("bad_check_digit", 1, "01")),
        ("]C1414400638133393" + "0", Gs1Fault("bad_check_digit", 1, "414")),
        ("]C1", Gs1Fault("not_element_string")),
        ("]C1000061414", Gs1Fault("not_element_string")),
        ("]C1中文", Gs1Fault("not_element_string")),
        ("]C110A\x00B", Gs1Fault("not_element_string")),
    ],
)
def test_what_is_no_element_string_is_refused(text: str, fault: Gs1Fault) -> None:
    """Half a label or a plain Code 128 must not become a handling unit."""
    assert read_elements(text) == fault


@given(st.text(max_size=60) | st.text("0123456789\x1d]C1dQe", max_size=60))
def test_any_text_gets_a_verdict(text: str) -> None:
    """Never an exception: this reads straight from a scanner."""
    assert isinstance(read_elements(text), ElementString | Gs1Fault)
    assert isinstance(split_aim(text), tuple)


@pytest.mark.parametrize(
    ("text", "this_year", "expected"),
    [
        ("261120", 2026, date(2026, 11, 20)),
        ("260200", 2026, date(2026, 2, 28)),
        ("280200", 2026, date(2028, 2, 29)),
        ("760101", 2026, date(2076, 1, 1)),
        ("770101", 2026, date(1977, 1, 1)),
        ("990101", 2001, date(1999, 1, 1)),
        ("490101", 1999, date(2049, 1, 1)),
        ("261301", 2026, None),
        ("260230", 2026, None),
        ("2601", 2026, None),
        ("26010１", 2026, None),
    ],
)
def test_dates_find_their_century_and_their_month_s_end(text: str, this_year: int, expected: date | None) -> None:
    """General Specifications 7.12: 49 years back, 50 ahead; day 00 is the month's last."""
    assert read_date(text, this_year) == expected

"""Records by template. No maker's document holds them: the bytes below are the usual shapes, and the laws do the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.protocols.dws_template import (
    BARCODE,
    HEIGHT,
    JSON,
    LENGTH,
    RECORD_CAP,
    TEXT,
    WEIGHT,
    WIDTH,
    DwsRecord,
    DwsTemplate,
    RecordDecoder,
    encode,
    read_record,
)
from devices.protocols.frames import Garbage
from devices.protocols.measuring import Size

BOX = Size(450, 325, 200)
LX1 = DwsRecord(("LX1",), 2350, BOX)
EXTRAS = (("volume", "29250"), ("timestamp", "2026-03-01 08:00:00"), ("image", "/图/1.jpg"))
CHINESE = DwsTemplate(
    keys={BARCODE: "条码", WEIGHT: "重量", LENGTH: "长", WIDTH: "宽", HEIGHT: "高"},
    weight_unit="g",
    weight_decimals=0,
    length_unit="mm",
    length_decimals=0,
    terminator=b"\n",
)
HASH = DwsTemplate(fields=(BARCODE, LENGTH, WIDTH, HEIGHT, WEIGHT), header=b"\x02", separator="#", terminator=b"\x03")
SHAPES = [
    (
        TEXT,
        "LX123456785CN,2.350,45.0,32.5,20.0,29250,2026-03-01 08:00:00,/图/1.jpg\r\n".encode(),
        DwsRecord(("LX123456785CN",), 2350, BOX, EXTRAS),
    ),
    (TEXT, b"NOREAD,2.350,,,,,,\r\n", DwsRecord((), 2350)),
    (TEXT, b"A;B,,45.0,32.5,20.0,,,\r\n", DwsRecord(("A", "B"), None, BOX)),
    (HASH, b"\x02LX1#45.0#32.5#20.0#2.350\x03", DwsRecord(("LX1",), 2350, BOX)),
]
words = st.text(st.characters(min_codepoint=0x20, codec="utf-8", exclude_characters=",;\x7f"), min_size=1, max_size=20)
records = st.builds(
    DwsRecord,
    st.lists(words.filter(lambda word: word != "NOREAD"), max_size=3).map(tuple),
    st.none() | st.integers(-9_999, 9_999_999),
    st.none() | st.builds(Size, st.integers(0, 99_999), st.integers(0, 99_999), st.integers(0, 99_999)),
    st.fixed_dictionaries({}, optional={"volume": words, "timestamp": words}).map(
        lambda found: tuple((name, found[name]) for name in ("volume", "timestamp") if name in found)
    ),
)


@pytest.mark.parametrize(("template", "wire", "record"), SHAPES)
def test_lines_of_text_are_read_by_their_template(template: DwsTemplate, wire: bytes, record: DwsRecord) -> None:
    """Order, units and separators are the maker's."""
    assert RecordDecoder(template).feed(wire) == [record]
    assert encode(record, template) == wire


@pytest.mark.parametrize(
    ("template", "body", "record"),
    [
        (JSON, b'{"barcode": "LX1", "weight": 2.35, "length": "45", "width": 32.5, "height": 20, "x": [1]}', LX1),
        (JSON, b'{"barcode": null, "weight": "2.350"}', DwsRecord((), 2350)),
        (CHINESE, '{"条码": "LX1", "重量": 2350, "长": 450, "宽": 325, "高": 200}'.encode(), LX1),
    ],
)
def test_objects_are_read_by_their_keys(template: DwsTemplate, body: bytes, record: DwsRecord) -> None:
    """A number may be written as text; keys that the template does not name are the maker's own business."""
    assert read_record(body, template) == record
    assert RecordDecoder(template).feed(body + b"\n") == [record]
    assert read_record(encode(record, template).strip(), template) == record


@pytest.mark.parametrize("template", [TEXT, JSON])
@given(record=records)
def test_a_record_is_read_back(template: DwsTemplate, record: DwsRecord) -> None:
    """Every record that can be written is read back as itself, to the gram and the millimetre."""
    assert RecordDecoder(template).feed(encode(record, template)) == [record]


@pytest.mark.parametrize(
    ("template", "wire", "why"),
    [
        (TEXT, b"LX1,2.350,45.0,32.5,20.0,,\r\n", "bad_length"),
        (TEXT, b"L,X1,2.350,45.0,32.5,20.0,,,\r\n", "bad_length"),
        (TEXT, b"LX1,2.350kg,45.0,32.5,20.0,,,\r\n", "bad_field"),
        (TEXT, b"LX1,2.350,45.0,,20.0,,,\r\n", "bad_field"),
        (TEXT, b"LX1;,2.350,45.0,32.5,20.0,,,\r\n", "bad_field"),
        (TEXT, b"LX\x01,2.350,45.0,32.5,20.0,,,\r\n", "bad_field"),
        (TEXT, b"\xff,2.350,45.0,32.5,20.0,,,\r\n", "bad_field"),
        (JSON, b'{"barcode": "LX1", "weight": 1, "weight": 2}\n', "bad_field"),
        (JSON, b'{"barcode": "LX1", "weight": 1e999999999}\n', "bad_field"),
        (JSON, b'{"barcode": "LX1", "weight": NaN}\n', "bad_field"),
        (JSON, b'{"barcode": ["LX1"]}\n', "bad_field"),
        (JSON, b'["LX1"]\n', "bad_field"),
        (JSON, b"[" * 8000 + b"\n", "bad_field"),
        (JSON, b'{"weight": ' + b"9" * 5000 + b"}\n", "bad_field"),
        (JSON, b"x" * (RECORD_CAP + 1) + b"\n", "overlong"),
    ],
)
def test_what_is_wrong_is_named(template: DwsTemplate, wire: bytes, why: str) -> None:
    """Neither deep nesting nor an endless number stops the line, and half a size is none."""
    (found,) = RecordDecoder(template).feed(wire)
    assert isinstance(found, Garbage)
    assert found.why == why


@pytest.mark.parametrize(
    "record",
    [
        DwsRecord(("A,B",)),
        DwsRecord(("A;B",)),
        DwsRecord(("NOREAD",)),
        DwsRecord(("",)),
        DwsRecord(("A\r\nB",)),
        DwsRecord(("A",), extras=(("colour", "red"),)),
        DwsRecord(("A",), extras=(("volume", ""),)),
    ],
)
def test_a_record_that_would_not_survive_is_refused(record: DwsRecord) -> None:
    """Refuse at the sender instead of sending another parcel."""
    with pytest.raises(ValueError, match="written"):
        encode(record)


@pytest.mark.parametrize("wrong", [{"weight_unit": "lb"}, {"length_unit": "in"}, {"separator": ""}, {"separator": ";"}])
def test_a_template_that_cannot_be_read_is_refused(wrong) -> None:
    """Pounds and inches would make every parcel plausible and wrong."""
    with pytest.raises(ValueError, match=r"metric|separator"):
        DwsTemplate(**wrong)

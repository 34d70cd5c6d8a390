"""CEB505 messages: the customs export waybill, field by field."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.wms.inbound.manifest_files import CEB_WAYBILL, ceb, refusal
from wms.inbound.read_manifest import ManifestRefused, ManifestRow, read_manifest
from wms.inbound.read_manifest_ceb505 import FIELDS

DEFAULTS = {"default_destination": "MOW", "default_service": "EXP"}


def errors_of(waybill: str) -> list[tuple[str, str]]:
    read = read_manifest(ceb(waybill), "m.xml", **DEFAULTS)
    assert read.rows == []
    return [(error.column, error.code) for error in read.errors]


def test_a_message_is_read() -> None:
    """Kilograms to grams exactly; the exporter's name is not the addressee's."""
    read = read_manifest(ceb(CEB_WAYBILL), "m.xml", **DEFAULTS)
    assert read.errors == []
    assert read.rows == [
        ManifestRow(1, "LK000000014CN", "MOW", "EXP", 1250, 2, "棉布衬衫", None, None, None, "1906980T22")
    ]
    assert read.format == "ceb505"


def test_without_a_destination_from_outside_every_row_lacks_one() -> None:
    """The message has no such field; guessing from the carrier would send parcels anywhere."""
    errors = read_manifest(ceb(CEB_WAYBILL), "m.xml", default_service="EXP").errors
    assert [(error.row_no, error.column, error.code) for error in errors] == [(1, "destination", "missing_destination")]


def test_the_order_of_fields_and_the_prefix_do_not_matter() -> None:
    """The schema orders them, senders do not always; the namespace counts, its prefix does not."""
    lines = CEB_WAYBILL.strip().splitlines()
    turned = "\n".join([lines[0], *reversed(lines[1:-1]), lines[-1]])
    assert len(read_manifest(ceb(turned), "m.xml", **DEFAULTS).rows) == 1
    plain = ceb(CEB_WAYBILL).replace(b"xmlns:ceb=", b"xmlns=").replace(b"ceb:", b"")
    assert len(read_manifest(plain, "m.xml", **DEFAULTS).rows) == 1


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("1.25<", "1.2505<", ("weight_kg", "finer_than_a_gram")),
        ("1.25<", "1.250000<", ("weight_kg", "bad_field")),
        ("1.25<", "-1<", ("weight_kg", "bad_field")),
        ("1.25<", "1e3<", ("weight_kg", "bad_field")),
        ("1.25<", "0<", ("weight_kg", "weight_out_of_range")),
        ("1.25<", "<ceb:a/><", ("weight_kg", "bad_field")),
        ("<ceb:packNo>2", "<ceb:packNo>1234567890", ("pieces", "bad_field")),
        ("<ceb:packNo>2", "<ceb:packNo>1.0", ("pieces", "bad_field")),
        ("LK000000014CN", "LK000000015CN", ("waybill_no", "bad_check_digit")),
        ("LK000000014CN", "L" * 33, ("waybill_no", "bad_field")),
        ("4CDE1CFD-", "", ("guid", "bad_field")),
        ("20261120081500", "2026-11-20", ("appTime", "bad_field")),
        ("<ceb:currency>142", "<ceb:currency>CNYY", ("currency", "bad_field")),
        ("<ceb:appType>1", "<ceb:appType>3", ("appType", "not_a_new_waybill")),
        ("<ceb:currency>142</ceb:currency>", "", ("currency", "missing_field")),
        ("<ceb:packNo>2</ceb:packNo>", "<ceb:packNo>2</ceb:packNo>" * 2, ("pieces", "repeated_field")),
        ("<ceb:freight>", "<ceb:price>1</ceb:price><ceb:freight>", ("price", "unknown_field")),
        ("棉布衬衫", "=1+1", ("goods", "formula_like")),
        ("棉布衬衫", "布" * 201, ("goods", "bad_field")),
    ],
)
def test_types_and_lengths_are_those_of_the_specification(old: str, new: str, error: tuple[str, str]) -> None:
    """GACC 202205, table of CEB505Message. What customs would refuse is not announced either."""
    assert old in CEB_WAYBILL
    assert errors_of(CEB_WAYBILL.replace(old, new)) == [error]


def test_the_table_of_fields_is_complete() -> None:
    """17 fields, four of them optional, in the order of the specification."""
    assert len(FIELDS) == 17
    assert [name for name, (_, at_least) in FIELDS.items() if not at_least] == [
        "ebcCode",
        "ebcName",
        "ebcTelephone",
        "note",
    ]


def test_a_repeated_waybill_is_the_error_of_the_later_one() -> None:
    """Rows of a message are counted from 1."""
    read = read_manifest(ceb(CEB_WAYBILL, CEB_WAYBILL), "m.xml", **DEFAULTS)
    assert [row.row_no for row in read.rows] == [1]
    assert [(error.row_no, error.code) for error in read.errors] == [(2, "duplicate_waybill")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (ceb(CEB_WAYBILL, namespace="http://example.org"), "not_ceb505"),
        (ceb(CEB_WAYBILL).replace(b"CEB505", b"CEB603"), "not_ceb505"),
        (b"<html><body>login</body></html>", "not_ceb505"),
        (ceb(CEB_WAYBILL)[:-30], "malformed_xml"),
        (b"<", "malformed_xml"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "malformed_xml"),
        (ceb(), "no_rows"),
    ],
)
def test_other_documents_are_refused(data: bytes, code: str) -> None:
    """A login page saved as manifest.xml is the most common of them."""
    assert refusal(data)[0] == code


@pytest.mark.parametrize(
    "prologue",
    [
        '<!DOCTYPE a [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/evil.dtd">',
        "<!DOCTYPE a>",
    ],
    ids=["laughs", "external", "external dtd", "empty"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_are_refused(prologue: str, encoding: str) -> None:
    """No entity is expanded and nothing is fetched, because no document type is accepted at all."""
    text = ceb(CEB_WAYBILL, prologue=prologue).decode().replace("UTF-8", encoding)
    assert refusal(text.encode(encoding)) == ("entities_forbidden", {})


def test_deep_nesting_ends_early() -> None:
    """Ten million open tags would cost gigabytes."""
    begun = time.process_time()
    assert refusal(ceb("<ceb:a>" * 2_000_000))[0] == "malformed_xml"
    assert time.process_time() - begun < 1


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_damage_is_read_or_refused(data: st.DataObject) -> None:
    """A verdict for every mutilation."""
    good = ceb(CEB_WAYBILL)
    place = data.draw(st.integers(0, len(good)))
    piece = data.draw(
        st.binary(max_size=6) | st.sampled_from([b"<", b"</ceb:Logistics>", b"&#0;", b"&x;", b"]]>", b"<!--"])
    )
    damaged = good[:place] + piece + good[place + data.draw(st.integers(0, 8)) :]
    try:
        read_manifest(damaged, "m.xml", **DEFAULTS)
    except ManifestRefused:
        return

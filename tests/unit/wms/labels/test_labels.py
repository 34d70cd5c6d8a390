"""Labels: what is printed is what was meant, on paper, on screen and on any printer."""

import re
import zlib
from collections.abc import Callable
from datetime import timedelta

import cv2
import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from wms.kit.refusal import Refusal
from wms.labels.code128 import pack
from wms.labels.draw import Dots, draw_label, to_png
from wms.labels.elements import Label
from wms.labels.end_print_job import MOST_ATTEMPTS, pause_after
from wms.labels.write_pdf import Page, write_pdf
from wms.labels.write_zpl import field_data, gs1_content, write_zpl
from wms.seed.plant_world import read_seed

SSCC = "395011015300000011"
DATA = {
    "location": {"name": "RACK-01-02-A", "site": "SFH-Z", "kind": "storage"},
    "unit": {
        "sscc": SSCC, "owner": "SFH-FUNGI", "name_zh": "黑木耳 250克", "name_ru": "Древесный гриб", "sku": "BF-250",
        "lot": "L7", "best_before": "2027-12-31", "best_before_yymmdd": "271231", "site": "SFH-Z",
    },
    "parcel": {"waybill_no": "LK000000014CN", "destination": "MOW", "service": "EXP", "pieces": "1"},
    "item": {"sku": "BF-250", "gtin": "09520000000011", "name_zh": "黑木耳", "name_ru": "Гриб"},
}  # fmt: skip
TEMPLATES = {one["purpose"]: Label.model_validate(one) for one in read_seed("labels.json")}


def label(*elements: dict[str, object], width: int = 100, height: int = 60) -> Label:
    return Label.model_validate({"width_mm": width, "height_mm": height, "elements": elements})


def text(content: str, **more: object) -> dict[str, object]:
    return {"kind": "text", "x_mm": 2, "y_mm": 2, "text": content} | more


def barcode(symbology: str, content: str, **more: object) -> dict[str, object]:
    return {"kind": "barcode", "x_mm": 5, "y_mm": 5, "symbology": symbology, "text": content} | more


def read(dots: Dots) -> set[str]:
    framed = np.pad(dots, 40, constant_values=255)
    return {
        code.text
        for code in zxingcpp.read_barcodes(cv2.resize(framed, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST))
    }


@pytest.mark.parametrize(
    ("purpose", "codes"),
    [
        ("location", {"RACK-01-02-A"}),
        ("unit", {f"(00){SSCC}", f"(00){SSCC}(15)271231(10)L7"}),
        ("parcel", {"LK000000014CN"}),
        ("item", {"BF-250"}),
    ],
)
def test_every_code_of_the_templates_can_be_read_back(purpose: str, codes: set[str]):
    """A label that cannot be scanned is worse than none: the pallet looks labelled."""
    assert read(draw_label(TEMPLATES[purpose], DATA[purpose], 8)) == codes


@pytest.mark.parametrize("symbology", ["code128", "datamatrix", "qr"])
@settings(max_examples=40, deadline=None)
@given(content=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=20))
def test_any_code_reads_back_as_it_was_given(symbology: str, content: str):
    """Owners number as they like."""
    if not content.strip() or "{" in content:
        return
    dots = draw_label(label(barcode(symbology, content), width=200), {}, 8)
    assert read(dots) == {content}


@pytest.mark.parametrize("make", [write_zpl, lambda wrong, data: draw_label(wrong, data, 8)])
@pytest.mark.parametrize(("symbology", "content"), [("code128", "A" * 60), ("gs1_128", "(00)1"), ("qr", "Q" * 500)])
def test_a_code_that_does_not_fit_is_refused(make: Callable[..., object], symbology: str, content: str):
    """Half a barcode reads as nothing, or as something else."""
    with pytest.raises(Refusal) as refused:
        make(label(barcode(symbology, content, module_mm=1)), {})
    assert refused.value.code == "bad_barcode"


@pytest.mark.parametrize("script", ["黑木耳", "Древесный гриб", "қазақ", "Việt Nam", "Black fungus"])
def test_every_script_is_drawn(script: str):
    """A printer that puts squares for Chinese makes the label useless to half of the people."""
    assert cv2.FontFace("sans").getName()
    drawn = draw_label(label(text(script, height_mm=8)), {}, 8)
    unknown = draw_label(label(text("?" * len(script), height_mm=8)), {}, 8)
    assert (drawn == 0).any()
    assert not np.array_equal(drawn, unknown)


def test_a_long_name_is_set_smaller_and_stays_inside():
    """A name that runs over the barcode takes it along."""
    drawn = draw_label(label(text("очень длинное название товара " * 5, width_mm=40, height_mm=8)), {}, 8)
    assert np.flatnonzero((drawn == 0).any(axis=0)).max() <= 42 * 8


@given(st.text(max_size=60))
def test_no_data_gives_the_printer_a_command(content: str):
    """An article named `^XZ^XA^JUF` must not reset a printer."""
    made = field_data(content)
    assert made.startswith("^FH\\^FD")
    inner = made.removeprefix("^FH\\^FD").removesuffix("^FS")
    assert not set("^~\r\n\x00") & set(inner)
    assert re.sub(r"\\([0-9A-F]{2})", lambda one: chr(int(one[1], 16)), inner) == "".join(
        sign for sign in content if sign.isprintable()
    )


@given(st.dictionaries(st.sampled_from(["name", "site", "kind"]), st.text(max_size=30)))
def test_a_label_has_one_beginning_and_one_end_whatever_its_data(data: dict[str, str]):
    """The number of commands is the template's."""
    made = write_zpl(label(text("{name}"), text("{site} {kind}", y_mm=20)), data)
    assert (made.count("^XA"), made.count("^XZ"), made.count("~")) == (1, 1, 0)
    assert set(re.findall(r"\^([A-Z]{2})", made)) <= {
        "XA",
        "CI",
        "PW",
        "LL",
        "FO",
        "A0",
        "FH",
        "FD",
        "FS",
        "GF",
        "PQ",
        "XZ",
    }


def test_braces_in_data_are_not_fields():
    """Else an article named {sscc} would print another pallet's number."""
    made = write_zpl(label(text("{name}")), {"name": "{site}", "site": "SECRET"})
    assert "{site}" in made
    assert "SECRET" not in made


def test_gs1_128_as_the_printer_takes_it():
    """Start code, FNC1, and FNC1 again after what has no fixed length. ZPL II Programming Guide, ^BC; GS1 7.8.5."""
    assert pack(gs1_content(f"(00){SSCC}")).data == f">;>800{SSCC}"
    found = pack(gs1_content("(01)09506000134352(10)AB>1(21)7"))
    assert found.data == ">;>8010950600013435210>6AB>01>8217"


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=30))
def test_the_packed_code_says_what_it_was_given(content: str):
    """What the subsets and their switches say, read as a printer reads them, is the content; its width is what it costs."""
    packed = pack(content)
    subset, said, symbols, rest = "", "", 1, packed.data
    while rest:
        code = {">:": "B", ">;": "C", ">6": "B", ">5": "C"}.get(rest[:2])
        if code:
            subset, rest = code, rest[2:]
        elif rest.startswith(">0"):
            said, rest = said + ">", rest[2:]
        else:
            taken = 2 if subset == "C" else 1
            said, rest = said + rest[:taken], rest[taken:]
        symbols += 1
    assert said == content
    assert packed.modules == 11 * symbols + 13


def test_zpl_of_a_location_label():
    """The printed form of the plainest label, as it was looked at once and found right."""
    made = write_zpl(
        label(text("{name}", height_mm=10), barcode("code128", "{name}", y_mm=20)), {"name": "A-01~1"}, copies=2
    )
    assert made.splitlines() == [
        "^XA", "^CI28", "^PW800", "^LL480", "^FO16,16^A0N,80,80^FH\\^FDA-01\\7E1^FS",
        "^FO40,160^BY3^BCN,160,N,N,N^FH\\^FD>:A-01\\7E1^FS", "^PQ2", "^XZ",
    ]  # fmt: skip


def test_a_matrix_in_zpl_is_the_one_that_was_drawn():
    """Printers differ in what they encode; a picture does not."""
    made = write_zpl(label(barcode("gs1_datamatrix", f"(00){SSCC}", module_mm=0.5)), {})
    total, row, hexes = re.search(r"\^GFA,\d+,(\d+),(\d+),([0-9A-F]+)\^FS", made).groups()  # type: ignore[union-attr]
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(hexes), np.uint8).reshape(-1, int(row)), axis=1)
    assert int(total) == len(hexes) // 2
    assert read(np.where(bits == 1, 0, 255).astype(np.uint8)) == {f"(00){SSCC}"}


def test_a_pdf_has_a_page_a_label_in_its_true_size():
    """A label printed at 97 % reads worse, and does not fit its roll."""
    dots = draw_label(TEMPLATES["unit"], DATA["unit"], 12)
    made = write_pdf([Page(100, 150, dots), Page(100, 150, dots)])
    assert made.startswith(b"%PDF-1.4")
    assert made.count(b"/MediaBox [0 0 283.465 425.197]") == 2
    body = re.search(rb"/Length (\d+) >>\nstream\n", made[made.index(b"/Subtype /Image") :])
    assert body is not None
    start = made.index(b"/Subtype /Image") + body.end()
    bits = np.unpackbits(
        np.frombuffer(zlib.decompress(made[start : start + int(body[1])]), np.uint8).reshape(1800, 150), axis=1
    )
    assert np.array_equal(bits[:, :1200] * np.uint8(255), dots)
    for number, offset in enumerate(re.findall(rb"(\d{10}) 00000 n", made), 1):
        assert made[int(offset) :].startswith(b"%d 0 obj" % number)


def test_a_preview_is_a_picture():
    """The screen shows what the printer will print."""
    assert to_png(draw_label(TEMPLATES["item"], DATA["item"], 8)).startswith(b"\x89PNG")


def test_a_lost_printer_is_tried_ever_more_rarely():
    """A printer without paper is not asked a thousand times, and not forgotten either."""
    pauses = [pause_after(attempt) for attempt in range(1, MOST_ATTEMPTS)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(seconds=5), timedelta(minutes=10))

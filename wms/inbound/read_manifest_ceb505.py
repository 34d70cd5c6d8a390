"""Manifests as customs write them: CEB505Message, the export waybill (GACC unified edition, specification 202205).

    CEB505Message/Logistics (1..100) : guid appType appTime appStatus logisticsCode logisticsName logisticsNo freight
        insuredFee currency grossWeight packNo goodsInfo ebcCode? ebcName? ebcTelephone? note?

Reading is wider than writing: the order of elements is not required and more than 100 waybills are accepted, because what
counts here is which parcels come. Types and lengths are checked field by field. The message names neither destination nor
service, so both come with the file. `ebcName` is the exporter and not the addressee: no consignee is taken from it.
"""

import io
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from wms.inbound.read_manifest_rows import ManifestRefused, RowError, RowReader

NAMESPACE = "http://www.chinaport.gov.cn/ceb"
_ROOT = f"{{{NAMESPACE}}}CEB505Message"
_WAYBILL = f"{{{NAMESPACE}}}Logistics"
_DEEPEST = 16  # signatures nest a little; nothing nests deeper

# element: format, at least, as in the specification's table
FIELDS: dict[str, tuple[str, int]] = {
    "guid": ("string[36]", 1),
    "appType": ("string[1]", 1),
    "appTime": ("string[14]", 1),
    "appStatus": ("string[1]", 1),
    "logisticsCode": ("string[0..18]", 1),
    "logisticsName": ("string[0..100]", 1),
    "logisticsNo": ("string[0..32]", 1),
    "freight": ("decimal(19,5)", 1),
    "insuredFee": ("decimal(19,5)", 1),
    "currency": ("string[3]", 1),
    "grossWeight": ("decimal(19,5)", 1),
    "packNo": ("int(9,0)", 1),
    "goodsInfo": ("string[0..200]", 1),
    "ebcCode": ("string[0..18]", 0),
    "ebcName": ("string[0..100]", 0),
    "ebcTelephone": ("string[0..50]", 0),
    "note": ("string[0..1000]", 0),
}
_CELL_OF = {
    "logisticsNo": "waybill_no",
    "logisticsCode": "carrier",
    "grossWeight": "weight_kg",
    "packNo": "pieces",
    "goodsInfo": "goods",
}
_NEW = "1"


def read_ceb505(data: bytes, reader: RowReader) -> None:
    """Read every Logistics entity into `reader`, numbered from 1; ManifestRefused when it is not such a message."""
    for row_no, waybill in enumerate(_waybills(data), start=1):
        cells: dict[str, str] = {}
        found: list[RowError] = []
        seen: set[str] = set()
        for child in waybill:
            name = child.tag.removeprefix(f"{{{NAMESPACE}}}")
            text = (child.text or "").strip()
            problem = _problem(name, text, seen, child)
            if problem is not None:
                found.append(RowError(row_no, _CELL_OF.get(name, name[:60]), problem, {"field": name[:60]}))
            seen.add(name)
            if name in _CELL_OF:
                cells[_CELL_OF[name]] = text
        for name, (_, at_least) in FIELDS.items():
            if at_least and name not in seen:
                found.append(RowError(row_no, _CELL_OF.get(name, name), "missing_field", {"field": name}))
        reader.read(row_no, cells, found)


def _problem(name: str, text: str, seen: set[str], element: Element) -> str | None:
    """What is wrong with one element of a waybill, as a code."""
    if name not in FIELDS:
        return "unknown_field"
    if name in seen:
        return "repeated_field"
    if len(element) or not _fits(text, FIELDS[name][0]):
        return "bad_field"
    if name == "appType" and text != _NEW:
        return "not_a_new_waybill"  # 2 changes and 3 deletes one: neither announces a parcel
    return None


def _fits(text: str, form: str) -> bool:
    """Whether a value has the type and length that the specification's column says."""
    kind, first, last = re.fullmatch(r"(\w+)[\[(](\d+)(?:\.\.|,)?(\d*)[\])]", form).groups()  # type: ignore[union-attr] # our own table
    if kind == "string":
        shortest, longest = (int(first), int(last)) if last else (int(first), int(first))
        return shortest <= len(text) <= longest
    whole, fraction = int(first) - int(last), int(last)
    decimals = rf"(?:\.[0-9]{{1,{fraction}}})?" if fraction else ""
    return re.fullmatch(rf"[0-9]{{1,{whole}}}{decimals}", text) is not None


def _waybills(data: bytes) -> Iterator[Element]:
    """The Logistics entities one after the other, forgotten as soon as they were read."""
    depth = 0
    root: Element | None = None
    try:
        for event, element in iterparse(io.BytesIO(data), events=("start", "end"), forbid_dtd=True):
            if event == "start":
                depth += 1
                root = _checked_root(element) if root is None else root
                if depth > _DEEPEST:
                    raise ManifestRefused("malformed_xml")
                continue
            depth -= 1
            if depth == 1 and root is not None:
                if element.tag == _WAYBILL:
                    yield element
                root.clear()
    except DefusedXmlException:
        raise ManifestRefused("entities_forbidden") from None
    except (ParseError, ValueError, LookupError):  # LookupError: an encoding that Python does not know
        raise ManifestRefused("malformed_xml") from None


def _checked_root(element: Element) -> Element:
    if element.tag != _ROOT:
        raise ManifestRefused("not_ceb505", root=element.tag[:100])
    return element

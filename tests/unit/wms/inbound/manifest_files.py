"""Manifest files made for tests."""

import io
import re
import zipfile
from collections.abc import Callable, Sequence

import openpyxl

from wms.inbound.read_manifest import ManifestRefused, read_manifest

HEADER = "waybill_no,destination,service,weight_g,pieces,goods,hs_code,consignee_name,consignee_phone"
GOOD_ROW = "LK000000014CN,MOW,EXP,1250,1,cotton shirt,610910,Ivanov Ivan,+7 916 123-45-67"

CEB_WAYBILL = """
  <ceb:Logistics>
    <ceb:guid>4CDE1CFD-EDED-46B1-946C-B8022E42FC94</ceb:guid>
    <ceb:appType>1</ceb:appType>
    <ceb:appTime>20261120081500</ceb:appTime>
    <ceb:appStatus>2</ceb:appStatus>
    <ceb:logisticsCode>1906980T22</ceb:logisticsCode>
    <ceb:logisticsName>绥芬河邮政</ceb:logisticsName>
    <ceb:logisticsNo>LK000000014CN</ceb:logisticsNo>
    <ceb:freight>0</ceb:freight>
    <ceb:insuredFee>0.5</ceb:insuredFee>
    <ceb:currency>142</ceb:currency>
    <ceb:grossWeight>1.25</ceb:grossWeight>
    <ceb:packNo>2</ceb:packNo>
    <ceb:goodsInfo>棉布衬衫</ceb:goodsInfo>
    <ceb:ebcName>黑龙江某进出口公司</ceb:ebcName>
  </ceb:Logistics>"""


def ceb(*waybills: str, prologue: str = "", namespace: str = "http://www.chinaport.gov.cn/ceb") -> bytes:
    """A CEB505Message around the given Logistics entities."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{prologue}\n'
        f'<ceb:CEB505Message guid="311af125-6fed-4603-8c5d-49b1fa4b4b9b" version="1.0" xmlns:ceb="{namespace}">'
        f"{''.join(waybills)}\n"
        "  <ceb:BaseTransfer><ceb:copCode>1906980T22</ceb:copCode></ceb:BaseTransfer>\n"
        "</ceb:CEB505Message>"
    ).encode()


def csv_of(*rows: str, header: str = HEADER) -> bytes:
    """A CSV file in UTF-8."""
    return "\n".join([header, *rows, ""]).encode()


def xlsx_of(rows: Sequence[Sequence[object]]) -> bytes:
    """A workbook with one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    book.close()
    return out.getvalue()


def with_part(workbook: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            content = old.read(part)
            new.writestr(part, change(content) if part == name else content)
    return out.getvalue()


def as_excel_writes(workbook: bytes) -> bytes:
    """The workbook with its texts in a shared table, as Excel stores them; openpyxl writes them into the cells."""
    texts: list[bytes] = []

    def move(match: re.Match[bytes]) -> bytes:
        texts.append(match[1])
        return b't="s"><v>%d</v></c>' % (len(texts) - 1)

    cell = re.compile(rb't="inlineStr"><is>(<t[^>]*>.*?</t>)</is></c>')
    workbook = with_part(workbook, "xl/worksheets/sheet1.xml", lambda xml: cell.sub(move, xml))
    office = b"http://schemas.openxmlformats.org"
    relation = (
        b'<Relationship Id="rId77" Target="sharedStrings.xml" '
        b'Type="%s/officeDocument/2006/relationships/sharedStrings"/></Relationships>' % office
    )
    content = (
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/'
        b'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
    )
    workbook = with_part(workbook, "xl/_rels/workbook.xml.rels", lambda xml: xml.replace(b"</Relationships>", relation))
    workbook = with_part(workbook, "[Content_Types].xml", lambda xml: xml.replace(b"</Types>", content))
    out = io.BytesIO(workbook)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        items = b"".join(b"<si>%s</si>" % text for text in texts)
        archive.writestr("xl/sharedStrings.xml", b'<sst xmlns="%s/spreadsheetml/2006/main">%s</sst>' % (office, items))
    return out.getvalue()


def refusal(data: bytes, **options: str) -> tuple[str, dict[str, object]]:
    """Code and parameters with which a file is refused."""
    try:
        read_manifest(data, "file", **options)
    except ManifestRefused as refused:
        return refused.code, refused.params
    raise AssertionError("the file was accepted")

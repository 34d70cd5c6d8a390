"""The symbologies we read, under one name each, and how much a bare read of each is worth.

`STRONG` codes carry error correction or a checksum over long alphabets: one read is enough. `CHECKED` have one check digit and
give false reads out of other prints at an angle. `WEAK` have no check at all: a second, different look must say the same.
"""

import contextlib
from collections.abc import Iterable
from typing import Any

import zxingcpp

_F = zxingcpp.BarcodeFormat

CODE128, QR = "Code128", "QRCode"
_FAMILIES: dict[str, Any] = {
    CODE128: _F.Code128,
    "Code39": _F.Code39,
    "Code93": _F.Code93,
    "Codabar": _F.Codabar,
    "ITF": _F.ITF,
    "EAN/UPC": _F.EANUPC,
    "DataBar": _F.DataBar,
    QR: _F.QRCode,
    "DataMatrix": _F.DataMatrix,
    "PDF417": _F.PDF417,
    "Aztec": _F.Aztec,
    "MaxiCode": _F.MaxiCode,
    "MicroPDF417": _F.MicroPDF417,
    "MicroQRCode": _F.MicroQRCode,
    "rMQRCode": _F.RMQRCode,
    "DXFilmEdge": _F.DXFilmEdge,
    "Telepen": _F.Telepen,
}
ALL = frozenset(_FAMILIES)
MATRIX = frozenset(
    {QR, "DataMatrix", "PDF417", "Aztec", "MaxiCode", "MicroPDF417", "MicroQRCode", "rMQRCode", "Micro QR Code"}
)
_STACKED = frozenset({"PDF417", "MicroPDF417"})
BARRED = (ALL - MATRIX) | _STACKED | {"EAN-13", "EAN-8", "UPC-A", "UPC-E", "DataBarExpanded", "DataBarLimited"}
STRONG = MATRIX | {CODE128, "DataBar", "DataBarExpanded", "DataBarLimited"}
CHECKED = frozenset({"EAN-13", "EAN-8", "UPC-A", "UPC-E", "Code93"})
WEAK = frozenset({"ITF", "Code39", "Codabar", "Telepen", "DXFilmEdge"})
_PRINTED = {_F.EAN13: "EAN-13", _F.EAN8: "EAN-8", _F.UPCA: "UPC-A", _F.UPCE: "UPC-E", _F.ISBN: "EAN-13"}
_BY_SYMBOLOGY = {
    "Code 128": CODE128,
    "Code 39": "Code39",
    "Code 93": "Code93",
    "EAN/UPC": "EAN-13",
    "QR Code": QR,
    "Micro QR Code": "MicroQRCode",
    "rMQR Code": "rMQRCode",
    "Data Matrix": "DataMatrix",
    "DX Film Edge": "DXFilmEdge",
}
_BY_FORMAT = {_F.MicroQRCode: "MicroQRCode", _F.RMQRCode: "rMQRCode", _F.MicroPDF417: "MicroPDF417"}
_BY_FORMAT |= {_F.DataBarExp: "DataBarExpanded", _F.DataBarExpStk: "DataBarExpanded", _F.DataBarLtd: "DataBarLimited"}


def formats(symbologies: Iterable[str]) -> Any:
    """The decoder's own set for our names; KeyError for a name we do not know."""
    return zxingcpp.BarcodeFormats([_FAMILIES[name] for name in sorted(symbologies)])


def printed(found: Any) -> tuple[str, str]:
    """Name and text of what zxing found, as the label prints it: UPC-A with 12 digits, UPC-E with 8.

    zxing gives every retail code as a GTIN-13; a leading zero is how an EAN-13 says that it is a UPC-A.
    """
    name = _PRINTED.get(found.format) or _BY_FORMAT.get(found.format)
    text = decode_text(found)
    if name is None:
        plain = str(found.symbology)
        return _BY_SYMBOLOGY.get(plain, plain.replace(" ", "")), text
    if name == "UPC-E":
        extra = found.extra or {}
        return name, str(extra.get("UPCE", text))
    if name in ("EAN-13", "UPC-A") and len(text) == 13 and text.startswith("0"):
        return "UPC-A", text[1:]
    return name, text


def decode_text(found: Any) -> str:
    """The text of a code. Bytes of a matrix code without a mark of their character set may be UTF-8 or Chinese GB 18030.

    zxing guesses too, and its guess stands where it found East Asian letters; else such bytes come out as Latin accents.
    """
    text, data = str(found.text), bytes(found.bytes)
    if data.isascii() or str(found.symbology).replace(" ", "") not in MATRIX or text.isascii():
        return text
    if _is_east_asian(text):
        return text
    for charset in ("utf-8", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            guess = data.decode(charset)
            if charset == "utf-8" or _is_east_asian(guess):
                return guess
    return text


def _is_east_asian(text: str) -> bool:
    """Whether all that is not ASCII are Chinese characters, kana, or full-width signs, and there are some."""
    beyond = [char for char in text if ord(char) > 127]
    return bool(beyond) and all("\u3000" <= char <= "\u9fff" or "\uff00" <= char <= "\uffef" for char in beyond)

"""Labels as ZPL II. Pure.

    ^XA ^CI28 ^PW<dots> ^LL<dots> { ^FO<x>,<y> … ^FS } ^PQ<copies> ^XZ          Zebra, ZPL II Programming Guide, P1099958

Data is always behind `^FH\\`: `^`, `~` and `\\` go as hexadecimal, so that no waybill number or article name can give the
printer a command. What a printer's own font and encoders cannot be trusted with goes as a picture (`^GFA`): texts beyond
ASCII, because fonts with Chinese are an option, and matrix codes. Linear codes are the printer's (`^BC`).
"""

from collections.abc import Mapping

import numpy as np

from wms.labels.code128 import FNC1, pack
from wms.labels.draw import Dots, bad_barcode, draw_barcode, draw_text
from wms.labels.elements import LINEAR, Barcode, Box, Label, Text, fill
from wms.standards.digital_link import read_bracketed
from wms.standards.gs1 import ElementString

DOTS_PER_MM = 8  # 203 dpi
# Elements of predefined length need no separator: GS1 General Specifications 7.8.5, first two digits of the AI.
_PREDEFINED = {"00", "01", "02", "03", "04", *(str(n) for n in range(11, 21)), *(str(n) for n in range(31, 37)), "41"}


def write_zpl(label: Label, data: Mapping[str, str], *, copies: int = 1, dots_per_mm: int = DOTS_PER_MM) -> str:
    """Refuses `bad_barcode`."""
    lines = ["^XA", "^CI28", f"^PW{label.width_mm * dots_per_mm}", f"^LL{label.height_mm * dots_per_mm}"]
    for element in label.elements:
        at = f"^FO{round(element.x_mm * dots_per_mm)},{round(element.y_mm * dots_per_mm)}"
        if isinstance(element, Box):
            lines.append(at + _box(element, dots_per_mm))
        elif isinstance(element, Barcode):
            lines.append(at + _barcode(label, element, fill(element, data), dots_per_mm))
        elif (text := fill(element, data)).strip():
            lines.append(at + _text(element, text, dots_per_mm))
    return "\n".join([*lines, f"^PQ{copies}", "^XZ"]) + "\n"


def field_data(text: str) -> str:
    """Text that a printer takes for text: the three characters that could say otherwise as hexadecimal, controls as spaces."""
    safe = "".join(f"\\{ord(sign):02X}" if sign in "^~\\" else sign for sign in text if sign.isprintable())
    return f"^FH\\^FD{safe}^FS"


def _text(element: Text, text: str, dots_per_mm: int) -> str:
    height = round(element.height_mm * dots_per_mm)
    if element.width_mm is None and text.isascii() and not element.bold:
        return f"^A0N,{height},{height}{field_data(text)}"
    return _picture(draw_text(element, text, dots_per_mm))


def _box(box: Box, dots_per_mm: int) -> str:
    width, height, line = (round(one * dots_per_mm) for one in (box.width_mm, box.height_mm, box.thickness_mm))
    return f"^GB{max(width, 1)},{max(height, 1)},{max(line, 1)}^FS"


def _barcode(label: Label, element: Barcode, text: str, dots_per_mm: int) -> str:
    dots = draw_barcode(label, element, text, dots_per_mm)  # also the proof that it can be encoded, and fits
    if element.symbology not in LINEAR:
        return _picture(dots)
    if not (text.isascii() and text.isprintable()):
        raise bad_barcode(element.symbology, text)
    packed = pack(gs1_content(text) if element.symbology == "gs1_128" else text)
    width = max(1, round(element.module_mm * dots_per_mm))
    if round(element.x_mm * dots_per_mm) + packed.modules * width > label.width_mm * dots_per_mm:
        raise bad_barcode(element.symbology, text)
    return f"^BY{width}^BCN,{round(element.height_mm * dots_per_mm)},N,N,N{field_data(packed.data)}"


def gs1_content(text: str) -> str:
    """`(00)3950…` as it is encoded: FNC1, elements, FNC1 after each of variable length but the last."""
    found = read_bracketed(text)
    if not isinstance(found, ElementString):
        raise bad_barcode("gs1_128", text)
    parts = [(one.ai, one.ai + one.value) for one in found.elements]
    return FNC1 + "".join(
        part + ("" if ai[:2] in _PREDEFINED or place == len(parts) else FNC1)
        for place, (ai, part) in enumerate(parts, 1)
    )


def _picture(dots: Dots) -> str:
    packed = np.packbits(dots < 128, axis=1)
    total = packed.size
    return f"^GFA,{total},{total},{packed.shape[1]},{packed.tobytes().hex().upper()}^FS"

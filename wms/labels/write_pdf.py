"""Labels as a PDF: one page a label, in its true size, its dots as one compressed image. ISO 32000-1; pure.

Everything is an image on purpose: no font has to be embedded, and Chinese and Russian look the same on every machine. The text
cannot be searched.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wms.labels.draw import Dots

_POINTS_PER_MM = 72 / 25.4


@dataclass(frozen=True, slots=True)
class Page:
    width_mm: int
    height_mm: int
    dots: Dots


def write_pdf(pages: Sequence[Page]) -> bytes:
    """Objects: 1 catalogue, 2 tree of pages, then three a page (page, content, image)."""
    numbers = [3 + 3 * place for place in range(len(pages))]
    kids = " ".join(f"{number} 0 R" for number in numbers)
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode()]
    for number, page in zip(numbers, pages, strict=True):
        objects += _page(number, page)
    return _file(objects)


def _page(number: int, page: Page) -> list[bytes]:
    width, height = page.width_mm * _POINTS_PER_MM, page.height_mm * _POINTS_PER_MM
    rows, columns = page.dots.shape
    packed = zlib.compress(np.packbits(page.dots >= 128, axis=1).tobytes(), 9)
    content = f"q {width:.3f} 0 0 {height:.3f} 0 0 cm /L Do Q".encode()
    described = (
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width:.3f} {height:.3f}] /Contents {number + 1} 0 R "
        f"/Resources << /XObject << /L {number + 2} 0 R >> >> >>"
    )
    image = (
        f"<< /Type /XObject /Subtype /Image /Width {columns} /Height {rows} /ColorSpace /DeviceGray "
        f"/BitsPerComponent 1 /Filter /FlateDecode /Length {len(packed)} >>"
    )
    return [described.encode(), _stream(f"<< /Length {len(content)} >>", content), _stream(image, packed)]


def _stream(described: str, data: bytes) -> bytes:
    return described.encode() + b"\nstream\n" + data + b"\nendstream"


def _file(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{offset:010d} 00000 n \n".encode() for offset in offsets)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)

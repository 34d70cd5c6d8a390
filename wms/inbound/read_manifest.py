"""Read a manifest file: bytes in, rows and errors out. Pure: no I/O, no clock, no database.

What the bytes are decides the format, not the file's name; names lie more often. The result is a Manifest with whatever
rows are good, or ManifestRefused when the file as a whole cannot be trusted. No input makes it raise anything else.
"""

import re

from wms.inbound.read_manifest_ceb505 import read_ceb505
from wms.inbound.read_manifest_csv import read_csv
from wms.inbound.read_manifest_rows import (
    MAX_FILE_BYTES,
    Manifest,
    ManifestRefused,
    ManifestRow,
    RowError,
    RowReader,
)
from wms.inbound.read_manifest_xlsx import read_xlsx

__all__ = ["Manifest", "ManifestRefused", "ManifestRow", "RowError", "read_manifest"]

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0"  # .xls, and .xlsx with a password
_PDF = b"%PDF-"
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*<|(?:\xff\xfe\s*<\0|\xfe\xff\0<)")


def read_manifest(
    data: bytes,
    filename: str,
    *,
    default_destination: str | None = None,
    default_service: str | None = None,
) -> Manifest:
    """The rows of a CSV, XLSX or CEB505 file; the defaults fill what a row does not say.

    `filename` only goes into the refusal of an unsupported format.
    """
    if not data.strip():
        raise ManifestRefused("empty_file")
    if len(data) > MAX_FILE_BYTES:
        raise ManifestRefused("file_too_large", limit=MAX_FILE_BYTES)
    if data.startswith((_OLE, _PDF)):
        raise ManifestRefused("unsupported_format", filename=filename[-100:])
    reader = RowReader(default_destination, default_service)
    if data.startswith(_ZIP):
        kind, read = "xlsx", read_xlsx
    elif _XML.match(data):
        kind, read = "ceb505", read_ceb505
    else:
        kind, read = "csv", read_csv
    read(data, reader)
    if not reader.rows and not reader.errors:
        raise ManifestRefused("no_rows")
    return Manifest(reader.rows, reader.errors, kind)

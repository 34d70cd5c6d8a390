"""`kouan decode`: codes on images and PDF labels, one JSON object a line."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from devices.vision.decode_file import Decoded, FileDecoder
from devices.vision.lanes import LANES
from devices.vision.pictures import MAX_FILE_BYTES

_SENTENCES = {
    "unreadable": "cannot be opened: {why}. Check the path and the permissions.",
    "picture_empty": "is empty. Export it again.",
    "picture_too_large": "is larger than {limit} {unit}. Send a smaller picture or fewer pages.",
    "picture_unknown_format": "is no PNG, JPEG, BMP, GIF, WebP, TIFF or PDF. Convert it to one of these.",
    "picture_broken": "is damaged. Export or photograph it again.",
    "pdf_locked": "has a password. Save it without one.",
    "decoding_failed": "could not be decoded ({why}); the other files are not affected. Send it as PNG.",
}


def decode_files(files: Sequence[Path], lane: str) -> int:
    """Print a line for every file, in order; 1 when any of them could not be decoded, 2 for an unknown lane."""
    if lane not in LANES:
        print(f"There is no lane {lane!r}. Lanes: {', '.join(sorted(LANES))}.", file=sys.stderr)
        return 2
    decoder = FileDecoder()
    failed = False
    try:
        for path in files:
            decoded = _decode(decoder, path, lane)
            line: dict[str, object] = {"path": str(path), "codes": decoded.codes}
            if decoded.error is not None:
                failed = True
                line["error"] = {"code": decoded.error, "params": decoded.params}
                print(f"{path} {_SENTENCES[decoded.error].format(**decoded.params)}", file=sys.stderr)
            print(json.dumps(line, ensure_ascii=False), flush=True)
    finally:
        decoder.close()
    return int(failed)


def _decode(decoder: FileDecoder, path: Path, lane: str) -> Decoded:
    try:
        if not path.is_file():
            raise OSError("not a file")
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        return Decoded([], "unreadable", {"why": error.strerror or str(error)})
    return decoder.decode(data, lane)

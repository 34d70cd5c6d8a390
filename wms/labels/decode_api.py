"""Reading labels over HTTP: the picture goes in, codes come out, nothing is kept."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, UploadFile
from pydantic import BaseModel

from devices.vision.decode_file import FileDecoder
from devices.vision.lanes import LANES
from devices.vision.pictures import MAX_FILE_BYTES
from wms.access.api import Who
from wms.kit.http import ERRORS, Held
from wms.kit.refusal import Refusal

router = APIRouter(prefix="/api/v1", tags=["labels"], responses=ERRORS)
UPLOAD_PATHS = frozenset({"/api/v1/labels/decode"})


class ReadCode(BaseModel):
    """`box`: four corners, clockwise from the code's own top left, in pixels of the image or points of the PDF page."""

    symbology: str
    text: str
    box: list[tuple[float, float]]
    decoder: str
    page: int | None = None


class ReadCodes(BaseModel):
    codes: list[ReadCode]


@router.post("/labels/decode")
async def post_decode(
    request: Request,
    file: UploadFile,
    held: Held,
    who: Who,
    lane: Annotated[str, Query(max_length=20)] = "open",
) -> ReadCodes:
    """Codes on an image or PDF label. A lane reads only what it needs; `open` reads every symbology."""
    who.need("label.decode")
    if lane not in LANES:
        raise Refusal("invalid_request", field="lane")
    limit = min(MAX_FILE_BYTES, held.max_upload_bytes)
    data = await file.read(limit + 1)
    if len(data) > limit:
        raise Refusal("picture_too_large", limit=limit, unit="bytes")
    decoder: FileDecoder = request.app.state.file_decoder
    decoded = await asyncio.to_thread(decoder.decode, data, lane)
    if decoded.error is not None:
        raise Refusal(decoded.error, **_told(decoded.params))
    return ReadCodes(codes=[ReadCode(**code) for code in decoded.codes])


def _told(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if isinstance(value, str | int)}

"""Reading labels over HTTP."""

from collections.abc import AsyncIterator

import cv2
import httpx
import numpy as np
import pytest
import zxingcpp

from tests.support.api import Api, open_api

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url, max_upload_bytes=200_000) as opened:
        yield opened


def _label() -> bytes:
    made = zxingcpp.create_barcode("YT1234567890123", zxingcpp.BarcodeFormat.Code128)
    return cv2.imencode(".png", np.pad(np.array(made.to_image(scale=3)), 30, constant_values=255))[1].tobytes()


async def _decode(api: Api, data: bytes, who: str = "receiver", lane: str = "open") -> httpx.Response:
    headers = api.as_(who) if who else {}
    return await api.client.post(
        "/api/v1/labels/decode", headers=headers, params={"lane": lane}, files={"file": ("label.png", data)}
    )


async def test_a_picture_gives_its_codes_and_a_bad_one_a_reason(api: Api):
    """Who may see parcels may read labels; the reason of a refusal is a code that screens translate."""
    read = await _decode(api, _label())
    assert read.status_code == 200, read.text
    assert [(code["symbology"], code["text"]) for code in read.json()["codes"]] == [("Code128", "YT1234567890123")]
    for data, status, code in (
        (b"no picture", 422, "picture_unknown_format"),
        (_label()[:100], 422, "picture_broken"),
        (b"x" * 205_000, 413, "picture_too_large"),
    ):
        refused = await _decode(api, data)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert (await _decode(api, _label(), lane="nowhere")).status_code == 422
    assert (await _decode(api, _label(), who="")).status_code == 401

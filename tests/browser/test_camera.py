"""The camera path: Chromium's fake camera shows a label, the shipped reader reads it."""

from pathlib import Path

import numpy as np
import pytest
import zxingcpp
from playwright.sync_api import Playwright, expect

from tests.browser.conftest import PHONE, launch

FORMATS = {"code128": (zxingcpp.BarcodeFormat.Code128, 3), "qr": (zxingcpp.BarcodeFormat.QRCode, 8)}


def film(path: Path, form: str, text: str) -> Path:
    """A still film of a label on a grey belt, as raw YUV 4:2:0."""
    kind, scale = FORMATS[form]
    label = np.array(zxingcpp.create_barcode(text, kind).to_image(scale=scale))
    picture = np.full((480, 640), 150, np.uint8)
    top, left = (480 - label.shape[0]) // 2, (640 - label.shape[1]) // 2
    picture[top : top + label.shape[0], left : left + label.shape[1]] = label
    frame = b"FRAME\n" + picture.tobytes() + bytes([128]) * (320 * 240 * 2)
    path.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + frame * 3)
    return path


@pytest.mark.parametrize("form", FORMATS)
def test_the_camera_reads_a_label(form: str, server: str, signed_in, playwright: Playwright, tmp_path: Path):
    """Decoded by the reader that is shipped, from our own server, without a request to anyone else."""
    video = film(tmp_path / "label.y4m", form, "RA473124829CN")
    with launch(
        playwright,
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={video}",
    ) as camera:
        page = signed_in(f"{server}/handheld/", size=PHONE, on=camera)
        page.get_by_role("button", name="Camera").click()
        expect(page.locator(".result .code")).to_contain_text("RA473124829CN", timeout=15_000)
        expect(page.locator(".todo")).to_have_text("Put on the belt")
        expect(page.locator(".camera")).to_have_count(0)


def test_a_refused_camera_says_how_to_allow_it(server: str, signed_in, playwright: Playwright):
    """Permission is the browser's to give: the sentence names where, and the page goes on."""
    with launch(playwright, "--use-fake-device-for-media-stream", "--deny-permission-prompts") as camera:
        page = signed_in(f"{server}/handheld/", size=PHONE, on=camera)
        page.get_by_role("button", name="Camera").click()
        expect(page.locator(".camera .why")).to_have_attribute("data-code", "camera_denied")
        page.get_by_role("button", name="Close").click()
        expect(page.locator(".idle")).to_be_visible()

"""Reading whole frames: what both decoders miss by themselves."""

import cv2
import numpy as np
import pytest
import zxingcpp

from devices.vision.lanes import LANES, OPEN, Lane
from devices.vision.read_frame import read_frame
from devices.vision.symbology import CODE128, QR
from tests.bench.labels.frames import Frame, Look, make_frame

BOTH = Lane("both", frozenset({CODE128, QR}), expects=frozenset({CODE128, QR}), waybill=frozenset({CODE128}))


def frame(seed: int, angle_deg: float, look: Look | None = None) -> Frame:
    return make_frame(np.random.default_rng(seed), (900, 800), look or Look(), angle_deg)


@pytest.mark.parametrize("angle_deg", range(0, 360, 24))
def test_labels_are_read_at_any_angle_at_two_pixels_a_module(angle_deg: int):
    """Both decoders scan rows and columns only and read nothing between 20 and 70 degrees."""
    made = frame(angle_deg, angle_deg)
    assert {read.text for read in read_frame(made.pixels, BOTH).accepted} == {made.code128, made.qr}


def test_the_qr_code_beside_it_does_not_hide_the_waybill():
    """A lane stops at the waybill, not at the first code: the QR code of a turned label is the easy one."""
    made = frame(5, 40, Look(qr_px_per_module=4.0))
    plain = zxingcpp.read_barcodes(made.pixels, formats=[zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCode])
    assert [one.text for one in plain] == [made.qr]
    assert made.code128 in {read.text for read in read_frame(made.pixels, LANES["parcel"]).accepted}


def test_boxes_lie_where_the_code_is():
    """A screen draws them on the picture, so crops, scales and turns must be undone exactly."""
    canvas = np.full((600, 800), 255, np.uint8)
    bars = np.array(zxingcpp.create_barcode("BOX1234567", zxingcpp.BarcodeFormat.Code128).to_image(scale=2))[:60]
    turn = cv2.getRotationMatrix2D((200, 30), 33, 1.0) + np.array([[0, 0, 150], [0, 0, 250]])
    canvas = cv2.warpAffine(bars, turn, (800, 600), borderValue=255.0)
    (read,) = read_frame(np.ascontiguousarray(canvas), LANES["parcel"]).accepted
    corners = turn @ np.array([[0, 0, 1], [bars.shape[1], 60, 1]]).T
    middle = corners.mean(axis=1)
    found = np.array(read.box).mean(axis=0)
    assert np.abs(found - middle).max() < 15


@pytest.mark.parametrize("seed", range(6))
def test_stripes_and_text_are_no_codes(seed: int):
    """Every accepted text on a picture without a code would be a wrong one."""
    rng = np.random.default_rng(seed)
    canvas = np.full((480, 640), 200, np.uint8)
    for _ in range(4):
        x, y = (int(value) for value in rng.integers(0, 380, 2))
        stripes = np.repeat(rng.integers(0, 2, 120) * 200, int(rng.integers(1, 3))).astype(np.uint8)
        canvas[y : y + 70, x : x + len(stripes)] = stripes[: 640 - x]
        words = "".join(chr(code) for code in rng.integers(48, 91, 18))
        cv2.putText(canvas, words, (x, y + 110), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 0, 2)
    assert read_frame(canvas, OPEN).accepted == ()


@pytest.mark.parametrize("shape", [(8, 8), (8, 3000), (3000, 9), (61, 61)])
@pytest.mark.parametrize("lane", ["open", "parcel"])
def test_odd_shapes_are_only_empty(shape: tuple[int, int], lane: str):
    """A crop of nothing, a line camera's sliver: no code, no crash."""
    noise = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    assert read_frame(noise, LANES[lane]).accepted == ()


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
def test_chinese_text_without_a_mark_of_its_character_set_is_read(charset: str):
    """Chinese waybill printers write bare GB 18030 into QR codes; read as Latin it is rubbish that looks like a code."""
    made = zxingcpp.create_barcode("测试运单 北京".encode(charset), zxingcpp.BarcodeFormat.QRCode)
    canvas = np.pad(np.array(made.to_image(scale=4)), 20, constant_values=255)
    assert [read.text for read in read_frame(canvas, OPEN).accepted] == ["测试运单 北京"]


def test_an_element_string_keeps_its_separator():
    """GS1 data is parsed by the warehouse, which needs the bytes and not the brackets for the human eye."""
    made = zxingcpp.create_barcode("(01)09501101530003(10)AB-123(21)7", zxingcpp.BarcodeFormat.Code128, gs1=True)
    canvas = np.pad(np.repeat(np.array(made.to_image(scale=2))[:1], 60, axis=0), 20, constant_values=255)
    assert [read.text for read in read_frame(canvas, LANES["parcel"]).accepted] == ["010950110153000310AB-123\x1d217"]

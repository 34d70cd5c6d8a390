"""Files as strangers bring them, decoded in a worker."""

import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp

from devices.vision.decode_file import FileDecoder
from devices.vision.picture_size import claimed_size
from devices.vision.worker_process import WorkerFailedError, WorkerProcess
from devices.vision.zbar import SecondOpinion
from wms.command.decode import decode_files
from wms.labels.write_pdf import Page, write_pdf

WAYBILL = "YT1234567890123"


def bars(text: str = WAYBILL) -> np.ndarray:
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.Code128)
    return np.pad(np.array(made.to_image(scale=3)), 30, constant_values=255)


def encode(kind: str, pixels: np.ndarray | None = None) -> bytes:
    return cv2.imencode(kind, bars() if pixels is None else pixels)[1].tobytes()


@pytest.fixture(scope="module")
def decoder() -> Iterator[FileDecoder]:
    made = FileDecoder()
    yield made
    made.close()


@pytest.mark.parametrize("kind", [".png", ".jpg", ".bmp", ".webp", ".tiff"])
def test_every_picture_format_is_read_and_measured_before_it_is_unpacked(decoder: FileDecoder, kind: str):
    """The size in the header is what the cap is held against."""
    data = encode(kind)
    assert claimed_size(data) == bars().shape[::-1]
    assert [code["text"] for code in decoder.decode(data).codes] == [WAYBILL]


def test_a_see_through_png_is_read_as_if_on_paper(decoder: FileDecoder):
    """Labels saved by design programs are black on nothing, and nothing is black when alpha is dropped."""
    ink = bars()
    pixels = np.dstack([np.zeros_like(ink)] * 3 + [255 - ink])
    assert [code["text"] for code in decoder.decode(encode(".png", pixels)).codes] == [WAYBILL]


def test_every_page_of_a_pdf_label_is_read(decoder: FileDecoder):
    """Boxes are in points of the page, as a viewer measures it."""
    data = write_pdf([Page(100, 60, bars()), Page(100, 60, bars("YT9999999999999"))])
    codes = decoder.decode(data).codes
    assert [(code["page"], code["text"]) for code in codes] == [(1, WAYBILL), (2, "YT9999999999999")]
    assert all(0 <= x <= 284 and 0 <= y <= 171 for code in codes for x, y in code["box"])


def bomb() -> bytes:
    """A small PNG that claims 40,000 x 40,000 pixels."""
    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    return b"\x89PNG\r\n\x1a\n" + chunk + b"\0" * 50


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "picture_empty"),
        (b"hello", "picture_unknown_format"),
        (encode(".png")[:200], "picture_broken"),
        (b"%PDF-1.4 nothing of the kind", "picture_broken"),
        (bomb(), "picture_too_large"),
        (b"\x89PNG\r\n\x1a\n", "picture_unknown_format"),
    ],
)
def test_bad_files_are_refused_by_reason_and_the_next_one_is_read(decoder: FileDecoder, data: bytes, code: str):
    """One bad file must not take the others with it."""
    assert decoder.decode(data).error == code
    assert decoder.decode(encode(".png")).error is None


def test_damaged_pictures_never_take_the_decoder_down(decoder: FileDecoder):
    """Random damage ends in codes or a reason; the worker is not even restarted by ordinary damage."""
    rng = np.random.default_rng(4)
    for kind in (".png", ".jpg", ".tiff", ".webp", ".bmp"):
        whole = encode(kind)
        for _ in range(6):
            data = bytearray(whole)
            for place in rng.integers(0, len(data), 12):
                data[int(place)] = int(rng.integers(0, 256))
            decoded = decoder.decode(bytes(data[: int(rng.integers(20, len(data)))]))
            assert {code["text"] for code in decoded.codes} <= {WAYBILL}


def test_a_worker_that_hangs_or_dies_is_replaced():
    """The answer is a reason, and the next request meets a new child."""
    for module, why in (("this", "protocol"), ("tests.unit.devices.vision.hanging_worker", "timeout")):
        worker = WorkerProcess(module)
        for _ in range(2):
            with pytest.raises(WorkerFailedError) as failed:
                worker.ask(b"x", 1.0)
            assert failed.value.why in (why, "crashed")
        assert worker.restarts == 2
        worker.close()


def test_the_second_opinion_reads_linear_codes_and_outlives_its_child():
    """zbar aborts on some inputs; a label must not be able to take the reader down."""
    second = SecondOpinion()
    if not second.read(bars(), frozenset({"Code128"}), "frame") and second.is_available is False:
        pytest.skip("libzbar0 is not installed")
    (read,) = second.read(bars(), frozenset({"Code128", "QRCode"}), "frame")
    assert (read.text, read.decoder) == (WAYBILL, "zbar")
    child = second._worker._child
    assert child is not None
    child.kill()
    child.wait()
    assert [one.text for one in second.read(bars(), frozenset({"Code128"}), "frame")] == [WAYBILL]
    second.close()


def test_the_command_prints_a_line_a_file_and_says_that_one_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Codes of the good files come whatever the bad ones are; the exit code tells a script."""
    (tmp_path / "good.png").write_bytes(encode(".png"))
    (tmp_path / "bad.png").write_bytes(b"no picture")
    status = decode_files([tmp_path / name for name in ("bad.png", "good.png", "absent.png")], "open")
    printed = capsys.readouterr()
    lines = [json.loads(line) for line in printed.out.splitlines()]
    assert status == 1
    assert [line["path"].rpartition("/")[2] for line in lines] == ["bad.png", "good.png", "absent.png"]
    (code,) = lines[1]["codes"]
    assert {"symbology", "text", "box", "decoder"} == set(code)
    assert printed.err.count("\n") == 2


def test_an_unknown_lane_is_named_with_the_known_ones(capsys: pytest.CaptureFixture[str]):
    """Before any file is opened."""
    assert decode_files([Path("x.png")], "nowhere") == 2
    assert "parcel" in capsys.readouterr().err

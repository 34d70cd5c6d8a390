"""`make bench-labels`. The last line is the JSON object; everything before it says what is being measured.

Rates are of frames with one label at a random angle, Code128 and QR both at 2.0 px a module; the same frames go to ours, to
zxing-cpp alone and to pyzbar alone. CPU time is of one thread of this process; decoding is done in it, by all three.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import zxingcpp
from pyzbar import pyzbar

from devices.vision.lanes import Lane
from devices.vision.read import Gray
from devices.vision.read_frame import read_frame
from devices.vision.symbology import CODE128, QR
from tests.bench.labels.curves import draw_curves
from tests.bench.labels.frames import SIZES, Frame, Look, make_frame

LANE = Lane("tunnel", frozenset({CODE128, QR}), expects=frozenset({CODE128, QR}), waybill=frozenset({CODE128}))
RATE_SEED, TIME_SEED, CURVE_SEED = 20_261, 20_262, 20_263
DOCS = Path(__file__).parents[3] / "docs" / "benchmarks"
_FORMATS = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCode])
Texts = Callable[[Gray], set[str]]


def ours(pixels: Gray) -> set[str]:
    return {read.text for read in read_frame(pixels, LANE).accepted}


def zxing_alone(pixels: Gray) -> set[str]:
    """As a program would use it that knows its two symbologies; all else as the library sets it."""
    return {one.text for one in zxingcpp.read_barcodes(pixels, formats=_FORMATS)}


def pyzbar_alone(pixels: Gray) -> set[str]:
    symbols = [pyzbar.ZBarSymbol.CODE128, pyzbar.ZBarSymbol.QRCODE]
    return {one.data.decode("utf-8", "replace") for one in pyzbar.decode(pixels, symbols=symbols)}


READERS: dict[str, Texts] = {"ours": ours, "zxing": zxing_alone, "pyzbar": pyzbar_alone}


@dataclass(slots=True)
class Tally:
    frames: int = 0
    code128: int = 0
    qr: int = 0
    wrong: int = 0
    ms: list[float] = field(default_factory=list)

    def add(self, frame: Frame, read: Texts) -> None:
        started = time.process_time()
        texts = read(frame.pixels)
        self.ms.append((time.process_time() - started) * 1000)
        self.frames += 1
        self.code128 += frame.code128 in texts
        self.qr += frame.qr in texts
        self.wrong += len(texts - {frame.code128, frame.qr})

    def line(self) -> str:
        low, high = wilson(self.code128, self.frames)
        qr_low, qr_high = wilson(self.qr, self.frames)
        return (
            f"code128 {self.code128}/{self.frames} [{low:.4f}, {high:.4f}], "
            f"qr {self.qr}/{self.frames} [{qr_low:.4f}, {qr_high:.4f}], wrong {self.wrong}"
        )


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a rate."""
    z, rate = 1.96, hits / n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (rate * (1 - rate) / n + z * z / (4 * n * n)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def measure(seed: int, count: int, size: tuple[int, int], look: Look) -> dict[str, Tally]:
    rng = np.random.default_rng(seed)
    tallies = {name: Tally() for name in READERS}
    for _ in range(count):
        frame = make_frame(rng, size, look)
        for name, read in READERS.items():
            tallies[name].add(frame, read)
    return tallies


def measure_time(count: int) -> dict[str, dict[str, float]]:
    """Mean CPU milliseconds a frame, by reader and megapixels."""
    found: dict[str, dict[str, float]] = {name: {} for name in READERS}
    for megapixels, size in SIZES.items():
        for name, tally in measure(TIME_SEED, count, size, Look()).items():
            found[name][megapixels] = round(statistics.mean(tally.ms), 1)
            print(f"{megapixels} MP, {name}: {found[name][megapixels]} ms a frame; {tally.line()}", flush=True)
    return found


CURVES: dict[str, tuple[str, dict[float, Look]]] = {
    "module": ("pixels a module", {x: Look(px_per_module=x) for x in (1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0)}),
    "blur": ("blur sigma, px", {x: Look(blur_px=x) for x in (0.5, 0.7, 0.9, 1.1, 1.3, 1.5, 1.7)}),
    "noise": ("noise sd, grey levels", {x: Look(noise=x) for x in (2, 5, 10, 15, 20, 30)}),
    "contrast": ("contrast", {x: Look(contrast=x) for x in (0.1, 0.15, 0.2, 0.35, 0.5, 1.0)}),
    "motion": ("motion, modules", {x: Look(motion_px=2.0 * x) for x in (0.0, 0.5, 0.75, 1.0, 1.25, 1.5)}),
    "glare": ("glare", {x: Look(glare=x) for x in (0.0, 0.2, 0.4, 0.6, 0.8)}),
}


def measure_curves(count: int) -> None:
    """How reading fades, one disturbance at a time, all else as in the rates; drawn to docs/benchmarks/labels.svg."""
    panels = []
    for name, (axis, looks) in CURVES.items():
        curves: dict[str, list[tuple[float, float]]] = {}
        for x, look in looks.items():
            for reader, tally in measure(CURVE_SEED, count, (900, 900), look).items():
                curves.setdefault(f"{reader} Code128", []).append((x, tally.code128 / tally.frames))
                curves.setdefault(f"{reader} QR", []).append((x, tally.qr / tally.frames))
                if tally.wrong:
                    print(f"  {name} {x}: {reader} accepted {tally.wrong} wrong texts", flush=True)
        panels.append((axis, curves))
        print(f"{name}: {[f'{x:g}: {rate:.2f}' for x, rate in curves['ours Code128']]}", flush=True)
    DOCS.mkdir(parents=True, exist_ok=True)
    (DOCS / "labels.svg").write_text(draw_curves(panels), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=600, help="frames for the rates")
    parser.add_argument("--timed", type=int, default=12, help="frames of each size for the times")
    parser.add_argument("--curve", type=int, default=30, help="frames for each point of the curves; 0 for no curves")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    rates = measure(RATE_SEED, options.frames, SIZES["2.3"], Look())
    for name, tally in rates.items():
        print(f"2.0 px/module, any angle, {name}: {tally.line()}", flush=True)
    times = measure_time(options.timed)
    if options.curve:
        measure_curves(options.curve)
    rounded = {
        name: {"code128": round(tally.code128 / tally.frames, 4), "qr": round(tally.qr / tally.frames, 4)}
        for name, tally in rates.items()
    }
    others = {name: rounded[name] | {"ms": times[name]} for name in ("zxing", "pyzbar")}
    print(json.dumps(rounded["ours"] | {"wrong": rates["ours"].wrong, "ms": times["ours"]} | others))


if __name__ == "__main__":
    main()

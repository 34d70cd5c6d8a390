"""Reading one frame: the plain look first, then cut-out candidates, then, where time allows, every other look.

Pure but for the second decoder, which is a process of its own and may be absent. Nothing read ends the search by itself: it
goes on until the lane has what it expects.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import zxingcpp

from devices.vision import bars, grids, views, zxing
from devices.vision.accept import Judgement, judge
from devices.vision.lanes import Lane
from devices.vision.read import Box, Gray, Read, overlap
from devices.vision.symbology import BARRED, MATRIX, WEAK, formats
from devices.vision.zbar import SecondOpinion

_CANDIDATES = 6
_CANDIDATES_THOROUGH = 14
_WINDOWS = (3,)
_WINDOWS_THOROUGH = (3, 7)
_WHOLE = 0.86
_SMALL_PIXELS = 1_600_000
_LARGE_PIXELS = 500_000


@dataclass(slots=True)
class _Reading:
    gray: Gray
    lane: Lane
    second: SecondOpinion | None
    reads: list[Read] = field(default_factory=list)
    judgement: Judgement = field(default_factory=lambda: Judgement(()))
    regions: list[bars.Region] = field(default_factory=list)
    areas: list[grids.Area] = field(default_factory=list)

    def add(self, reads: Iterable[Read]) -> None:
        self.reads.extend(read for read in reads if self._is_whole(read))
        self.judgement = judge(self.reads)

    def _is_whole(self, read: Read) -> bool:
        """A code without a checksum may be read out of the middle of a longer one; then it ends before the bars do."""
        if read.symbology not in WEAK:
            return True
        shares = [bars.share_read(region, read.box) for region in self.regions]
        on_bars = [share for share in shares if share is not None]
        return not on_bars or any(_WHOLE < share < 1 / _WHOLE for share in on_bars)

    @property
    def is_done(self) -> bool:
        return self.lane.is_enough(list(self.judgement.accepted))

    def is_read(self, box: Box, kinds: frozenset[str]) -> bool:
        found = (read for read in self.judgement.accepted if read.symbology in kinds)
        return any(overlap(read.box, box) for read in found)


def read_frame(gray: Gray, lane: Lane, second: SecondOpinion | None = None) -> Judgement:
    """Every code of the frame that can be believed, in frame pixels. `gray` is contiguous, 8 bit, one channel."""
    reading = _Reading(gray, lane, second)
    if lane.thorough:
        _find_candidates(reading)
    reading.add(zxing.read(gray, formats(lane.symbologies), "frame", invert=lane.thorough, downscale=lane.thorough))
    if reading.is_done:
        return reading.judgement
    if not lane.thorough:
        _find_candidates(reading)
    _look_closer(reading)
    if lane.thorough and not reading.is_done and (not reading.judgement.accepted or reading.judgement.pending):
        _look_otherwise(reading)
    return reading.judgement


def _find_candidates(reading: _Reading) -> None:
    lane = reading.lane
    limit = _CANDIDATES_THOROUGH if lane.thorough else _CANDIDATES
    tensor = bars.take_tensor(reading.gray)
    if lane.symbologies & BARRED:
        reading.regions = bars.find_bars(tensor, limit, _WINDOWS_THOROUGH if lane.thorough else _WINDOWS)
    if lane.symbologies & MATRIX:
        reading.areas = grids.find_grids(tensor, limit)


def _look_closer(reading: _Reading) -> None:
    """Candidates cut out and turned upright. What an accepted code already covers is not looked at again."""
    barred, matrix = reading.lane.symbologies & BARRED, reading.lane.symbologies & MATRIX
    for region in reading.regions:
        if reading.is_done:
            return
        if not reading.is_read(bars.outline(region), BARRED):
            _read_bars(reading, region, barred)
    for area in reading.areas:
        if reading.is_done:
            return
        if not reading.is_read(_corners(area), MATRIX):
            _read_grid(reading, area, matrix)


def _corners(area: grids.Area) -> Box:
    x0, y0, x1, y1 = area
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1)


def _read_bars(reading: _Reading, region: bars.Region, barred: frozenset[str]) -> None:
    wanted = formats(barred)
    for scale in (2.0, 3.0, 1.0) if reading.lane.thorough else (2.0,):
        crop = bars.cut(reading.gray, region, scale)
        if crop is None:
            continue
        for view, pixels in views.of_upright_crop(crop.pixels):
            name = view if scale == 2.0 else f"{view}_{scale:g}"
            found = zxing.read(pixels, wanted, name)
            reading.add(_moved(found, crop))
            if found and reading.is_read(bars.outline(region), BARRED):
                return
        if reading.lane.thorough and _read_tall(reading, region, crop, scale, wanted):
            return
        if reading.second is not None and scale == 2.0:
            reading.add(_moved(reading.second.read(crop.pixels, barred, "crop"), crop))
            if reading.is_read(bars.outline(region), BARRED):
                return


def _read_tall(reading: _Reading, region: bars.Region, crop: bars.Crop, scale: float, wanted: object) -> bool:
    """Stops after the first view that settles it; says whether one did."""
    for view, pixels in views.upright_views_thorough(crop.pixels):
        found = zxing.read(pixels, wanted, f"{view}_{scale:g}")
        reading.add(_moved(found, crop))
        if found and reading.is_read(bars.outline(region), BARRED):
            return True
    return False


def _read_grid(reading: _Reading, box: grids.Area, matrix: frozenset[str]) -> None:
    pixels, (x0, y0) = grids.cut(reading.gray, box)
    if min(pixels.shape) < 8:
        return
    wanted = formats(matrix)
    for view, scale, look in _grid_views(pixels, reading.lane.thorough):
        found = zxing.read(look, wanted, view, invert=reading.lane.thorough)
        reading.add(_shifted(found, x0, y0, scale))
        if found:
            return


def _grid_views(pixels: Gray, thorough: bool) -> Iterator[tuple[str, float, Gray]]:
    if pixels.size <= _SMALL_PIXELS:
        yield "grid", 1.5, views.enlarge(pixels, 1.5)
        yield "grid_twice", 2.0, views.enlarge(pixels, 2.0)
    if not thorough:
        return
    if pixels.size <= _SMALL_PIXELS:
        thrice = views.enlarge(pixels, 3.0)
        yield "grid_sharp", 3.0, views.sharpen(thrice, sigma_px=4.0)
        yield "grid_strong", 3.0, views.sharpen(thrice, sigma_px=4.0, amount=3.0)
        yield "grid_calm", 3.0, views.sharpen(views.blur(thrice, 1.5), 5.0, 3.0)
        yield "grid_spread", 3.0, views.local_contrast(thrice)
    yield "grid_contrast", 1.0, views.local_contrast(pixels)


def _look_otherwise(reading: _Reading) -> None:
    """The whole frame in every other way: slow, and only for what the rest did not settle."""
    wanted = formats(reading.lane.symbologies)
    if reading.second is not None:
        reading.add(reading.second.read(reading.gray, reading.lane.symbologies - MATRIX, "frame"))
    for view, scale, look, binarizer in _frame_views(reading.gray):
        if reading.judgement.accepted and not reading.judgement.pending:
            return
        found = zxing.read(look, wanted, view, invert=True, downscale=True, binarizer=binarizer)
        reading.add(_shifted(found, 0, 0, scale))


def _frame_views(gray: Gray) -> Iterator[tuple[str, float, Gray, object]]:
    small = gray.size <= _SMALL_PIXELS
    if small:
        twice = views.enlarge(gray, 2.0)
        yield "frame_twice", 2.0, twice, None
        yield "frame_sharp", 2.0, views.sharpen(twice), None
    yield "frame_contrast", 1.0, views.local_contrast(gray), None
    yield "frame_global", 1.0, gray, zxingcpp.Binarizer.GlobalHistogram
    yield "frame_soft", 1.0, views.soften(gray), None
    if gray.size > _LARGE_PIXELS:
        yield "frame_half", 0.5, views.shrink(gray, 0.5), None
        yield "frame_third", 0.33, views.shrink(gray, 0.33), None
    if small:
        yield "frame_contrast_twice", 2.0, views.local_contrast(twice), None
        yield "frame_soft_twice", 2.0, views.soften(twice), None


def _moved(reads: list[Read], crop: bars.Crop) -> Iterator[Read]:
    for read in reads:
        yield Read(read.symbology, read.text, crop.to_frame(read.box), read.decoder, read.view)


def _shifted(reads: list[Read], x0: int, y0: int, scale: float) -> Iterator[Read]:
    for read in reads:
        first, second, third, fourth = ((x / scale + x0, y / scale + y0) for x, y in read.box)
        yield Read(read.symbology, read.text, (first, second, third, fourth), read.decoder, read.view)

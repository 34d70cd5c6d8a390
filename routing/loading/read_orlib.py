"""Reads container loading instances in the OR-Library text: hostile input, refused with the line at fault.

number of instances
  instance number, seed
  container length width height
  number of kinds
  kind  length flag  width flag  height flag  count      (flag 1: that side may stand upright)
"""

from dataclasses import dataclass
from pathlib import Path

from routing.loading.model import LONGEST, MOST_BOXES, MOST_KINDS, Boxes, Container, LoadingError

LARGEST_FILE = 20_000_000
MOST_INSTANCES = 10_000


@dataclass(frozen=True, slots=True)
class LoadingInstance:
    name: str
    container: Container
    boxes: tuple[Boxes, ...]


class _Lines:
    """The file as rows of whole numbers that knows where it stands."""

    def __init__(self, text: str) -> None:
        self.rows = [(n, line.split()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
        self.at = 0

    def take(self, what: str, least: int, most: int, count: int) -> list[int]:
        if self.at >= len(self.rows):
            raise LoadingError(f"the file ends where {what} should stand; is it cut off?")
        line, words = self.rows[self.at]
        self.at += 1
        if len(words) < count:
            raise LoadingError(f"line {line}: {what} needs {count} numbers, {len(words)} stand there")
        numbers = []
        for word in words[:count]:
            if len(word) > 12 or not word.lstrip("-").isascii() or not word.lstrip("-").isdigit():
                raise LoadingError(f"line {line}: {what}: {word[:20]!r} is not a whole number")
            number = int(word)
            if not least <= number <= most:
                raise LoadingError(f"line {line}: {what}: {number} lies outside {least} to {most}")
            numbers.append(number)
        return numbers

    @property
    def line(self) -> int:
        return self.rows[self.at - 1][0]


def _instance(lines: _Lines, name: str) -> LoadingInstance:
    lines.take("instance number and seed", 0, 10**11, 1)
    length, width, height = lines.take("the container's length, width and height", 1, LONGEST, 3)
    container = Container(length, width, height)
    (kinds,) = lines.take("the number of kinds", 1, MOST_KINDS, 1)
    boxes = []
    for _ in range(kinds):
        kind, *sides, count = lines.take("a kind: number, three sides with flags, count", 0, LONGEST, 8)
        if count > MOST_BOXES:
            raise LoadingError(f"line {lines.line}: {count} boxes of one kind; {MOST_BOXES} are the most")
        if not any(sides[1::2]):
            raise LoadingError(f"line {lines.line}: kind {kind} may stand on no side; one flag must be 1")
        if min(sides[0::2]) < 1:
            raise LoadingError(f"line {lines.line}: kind {kind} has a side of 0")
        upright = (bool(sides[1]), bool(sides[3]), bool(sides[5]))
        boxes.append(Boxes(str(kind), sides[0], sides[2], sides[4], count, upright=upright))
    if sum(box.count for box in boxes) > MOST_BOXES:
        raise LoadingError(f"line {lines.line}: instance {name} has more than {MOST_BOXES} boxes")
    return LoadingInstance(name, container, tuple(boxes))


def parse_orlib(text: str, name: str = "") -> list[LoadingInstance]:
    lines = _Lines(text)
    (count,) = lines.take("the number of instances", 1, MOST_INSTANCES, 1)
    return [_instance(lines, f"{name}_{i + 1}") for i in range(count)]


def read_orlib(path: Path) -> list[LoadingInstance]:
    """Every instance of a file; LoadingError names the line when the text is not of this format."""
    if path.stat().st_size > LARGEST_FILE:
        raise LoadingError(f"{path.name} is larger than {LARGEST_FILE // 1_000_000} MB")
    return parse_orlib(path.read_text("utf-8", "replace"), path.stem)

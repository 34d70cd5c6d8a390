"""What is loaded into what, by which rules, and where each box ended.

Lengths are millimetres (or any one whole unit), weights grams. x runs from the deep end to the door, y from the left
wall to the right, z upward.
"""

from dataclasses import dataclass, field

LONGEST = 50_000
MOST_BOXES = 5_000
MOST_KINDS = 500


class LoadingError(ValueError):
    """Something that cannot be loaded as described; the sentence says what and where."""


@dataclass(frozen=True, slots=True)
class Axles:
    """A vehicle's two supports under the load: position from the deep end and what each may carry of the goods."""

    front_at_mm: int
    rear_at_mm: int
    front_most_g: int
    rear_most_g: int


@dataclass(frozen=True, slots=True)
class Container:
    """The inside of a container, truck, wagon or ULD."""

    length_mm: int
    width_mm: int
    height_mm: int
    payload_g: int | None = None
    axles: Axles | None = None

    def __post_init__(self) -> None:
        for name in ("length_mm", "width_mm", "height_mm"):
            if not 1 <= getattr(self, name) <= LONGEST:
                raise LoadingError(f"container: {name} is {getattr(self, name)}; it must lie between 1 and {LONGEST}")
        if self.payload_g is not None and self.payload_g < 0:
            raise LoadingError(f"container: payload_g is {self.payload_g}; a payload is not negative")

    @property
    def volume(self) -> int:
        return self.length_mm * self.width_mm * self.height_mm


@dataclass(frozen=True, slots=True)
class Boxes:
    """Equal boxes. `upright` says for length, width and height whether that side may stand vertically.

    `bears_g` is the weight that may rest on one box (None: unlimited, 0: nothing on top). `stop` is the unloading
    order: boxes of stop 0 leave first and must be reachable first.
    """

    name: str
    length_mm: int
    width_mm: int
    height_mm: int
    count: int = 1
    weight_g: int = 0
    upright: tuple[bool, bool, bool] = (False, False, True)
    bears_g: int | None = None
    stop: int = 0

    def __post_init__(self) -> None:
        for name in ("length_mm", "width_mm", "height_mm"):
            if not 1 <= getattr(self, name) <= LONGEST:
                raise LoadingError(
                    f"box {self.name}: {name} is {getattr(self, name)}; it must lie between 1 and {LONGEST}"
                )
        if not 0 <= self.count <= MOST_BOXES:
            raise LoadingError(f"box {self.name}: count is {self.count}; it must lie between 0 and {MOST_BOXES}")
        if self.weight_g < 0 or (self.bears_g is not None and self.bears_g < 0) or self.stop < 0:
            raise LoadingError(f"box {self.name}: weight, bearing weight and stop are not negative")
        if not any(self.upright):
            raise LoadingError(f"box {self.name}: no side may stand upright; allow at least one")

    def sides(self) -> tuple[int, int, int]:
        return self.length_mm, self.width_mm, self.height_mm

    def orientations(self) -> list[tuple[int, int, int]]:
        """Every allowed (length, width, height) along x, y, z, without repeats, in a fixed order."""
        found: dict[tuple[int, int, int], None] = {}
        for up in range(3):
            if self.upright[up]:
                a, b = (self.sides()[i] for i in range(3) if i != up)
                found[(a, b, self.sides()[up])] = None
                found[(b, a, self.sides()[up])] = None
        return list(found)


@dataclass(frozen=True, slots=True)
class Rules:
    """How a loading must be made.

    Every box stands with its whole base on the floor or on boxes (`support_percent` 100) whatever less a caller would
    accept. `unload_in_order`: a box of an earlier stop never stands behind or under one of a later stop.
    """

    support_percent: int = 100
    unload_in_order: bool = False
    respect_bearing: bool = True


@dataclass(frozen=True, slots=True, order=True)
class Placement:
    """One box: kind (index into the boxes given), nearest corner, sides along x, y, z."""

    x: int
    y: int
    z: int
    length_mm: int
    width_mm: int
    height_mm: int
    kind: int


@dataclass(frozen=True, slots=True)
class Loading:
    """Where boxes stand, in an order in which they can be brought in, and how many of each kind stayed out."""

    placements: tuple[Placement, ...]
    left_out: tuple[int, ...]
    fill: float
    rounds: int = field(default=0)
    """Branches of the search that were judged: with a limit on them instead of on time, one seed gives one loading."""

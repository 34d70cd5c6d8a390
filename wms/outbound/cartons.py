"""Which cartons an order wants, and whether a package weighs what is in it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

_FILL = Decimal("0.85")  # what a person fills of a carton's volume
_MOST_CARTONS = 500  # beyond it goods are not a matter of cartons
_TOLERANCE_PERCENT = 3
_TOLERANCE_FLOOR_G = 30  # a scale, a strip of tape, a paper


@dataclass(frozen=True, slots=True)
class CartonType:
    code: str
    length_mm: int
    width_mm: int
    height_mm: int
    max_weight_g: int

    @property
    def volume_mm3(self) -> Decimal:
        return self.length_mm * self.width_mm * self.height_mm * _FILL


@dataclass(frozen=True, slots=True)
class Goods:
    """A quantity of one line; measures of one base unit, None where the catalogue has none."""

    line_no: int
    quantity: Decimal
    weight_g: int | None
    sides_mm: tuple[int, int, int] | None

    @property
    def volume_mm3(self) -> int:
        return self.sides_mm[0] * self.sides_mm[1] * self.sides_mm[2] if self.sides_mm else 0


@dataclass(slots=True)
class Carton:
    """`type` None: goods that no carton takes, to be packed as they are."""

    type: CartonType | None
    contents: dict[int, Decimal] = field(default_factory=dict)
    weight_g: Decimal = Decimal(0)
    volume_mm3: Decimal = Decimal(0)

    def put(self, goods: Goods, quantity: Decimal) -> None:
        self.contents[goods.line_no] = self.contents.get(goods.line_no, Decimal(0)) + quantity
        self.weight_g += quantity * (goods.weight_g or 0)
        self.volume_mm3 += quantity * goods.volume_mm3


def propose_cartons(goods: Sequence[Goods], types: Sequence[CartonType]) -> list[Carton]:
    """Cartons for goods: the largest pieces first into the largest type that takes them, then each carton shrunk to fit.

    Counts volume, weight and whether the longest side goes in; a person may do better, and packs as he likes.
    """
    open_cartons: list[Carton] = []
    for one in sorted(goods, key=lambda g: (-g.volume_mm3, g.line_no)):
        fitting = [kind for kind in types if _goes_into(one, kind)]
        if not fitting:
            _put_uncartoned(open_cartons, one, one.quantity)
            continue
        largest = max(fitting, key=lambda kind: (kind.volume_mm3, kind.max_weight_g, kind.code))
        left = one.quantity
        for carton in open_cartons:
            if left > 0 and carton.type is not None and _goes_into(one, carton.type):
                left -= _fill(carton, one, left)
        while left > 0:
            if len(open_cartons) >= _MOST_CARTONS:
                _put_uncartoned(open_cartons, one, left)
                break
            carton = Carton(largest)
            open_cartons.append(carton)
            left -= _fill(carton, one, left)
    return [_shrink(carton, goods, types) for carton in open_cartons]


def _put_uncartoned(cartons: list[Carton], goods: Goods, quantity: Decimal) -> None:
    carton = Carton(None)
    carton.put(goods, quantity)
    cartons.append(carton)


def _goes_into(goods: Goods, kind: CartonType) -> bool:
    if (goods.weight_g or 0) > kind.max_weight_g:
        return False
    if goods.sides_mm is None:
        return True
    inside = sorted((kind.length_mm, kind.width_mm, kind.height_mm))
    fits = all(side <= room for side, room in zip(sorted(goods.sides_mm), inside, strict=True))
    return fits and goods.volume_mm3 <= kind.volume_mm3


def _fill(carton: Carton, goods: Goods, wanted: Decimal) -> Decimal:
    """Put as many whole pieces as go in, at most `wanted`; how many went in."""
    assert carton.type is not None
    room = wanted
    if goods.weight_g:
        room = min(room, (carton.type.max_weight_g - carton.weight_g) // goods.weight_g)
    if goods.volume_mm3:
        room = min(room, (carton.type.volume_mm3 - carton.volume_mm3) // goods.volume_mm3)
    if room > 0:
        carton.put(goods, room)
    return max(room, Decimal(0))


def _shrink(carton: Carton, goods: Sequence[Goods], types: Sequence[CartonType]) -> Carton:
    if carton.type is None:
        return carton
    inside = [one for one in goods if one.line_no in carton.contents]
    for kind in sorted(types, key=lambda kind: (kind.volume_mm3, kind.max_weight_g, kind.code)):
        roomy = kind.volume_mm3 >= carton.volume_mm3 and kind.max_weight_g >= carton.weight_g
        if roomy and all(_goes_into(one, kind) for one in inside):
            carton.type = kind
            break
    return carton


def weight_agrees(expected_g: int, measured_g: int) -> bool:
    """Whether a measured weight may be labelled: 3 % of the expected one either way, and never less than 30 g."""
    return abs(measured_g - expected_g) * 100 <= max(expected_g * _TOLERANCE_PERCENT, _TOLERANCE_FLOOR_G * 100)

"""Choosing a place for goods. Pure: the same goods and the same bins give the same sequence, always.

A place is first asked whether it takes the goods at all (`refusal_of`); what it says is what the ledger would say when the
goods are posted there. Those that do are put in order by the steps of the site's chain. Each step takes the bins it is about,
nearest first (distance along the walk from where the goods are, then path order, then name), and a bin stands where the first
step that takes it puts it:

    fixed           the places that are set for this article
    same_lot        places that already hold the same article and lot of the same owner
    same_item       places that already hold the same article of the same owner
    abc_zone        empty places of the article's class
    nearest_empty   empty places of any class
    any             every other place that takes the goods
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

_FAR = 1 << 40  # of places that the walk through the house does not know
STEPS = ("fixed", "same_lot", "same_item", "abc_zone", "nearest_empty", "any")


@dataclass(frozen=True, slots=True)
class Content:
    """One kind of goods: what is to be put away, or what lies in a bin."""

    item_id: UUID
    owner_id: UUID
    customs_status: str
    temperature: str = "ambient"
    lot_id: UUID | None = None
    dangerous_class: str | None = None


@dataclass(frozen=True, slots=True)
class Goods:
    """What is to be put away: one kind loose, or a unit with several. `good` False: only where goods are kept apart."""

    contents: tuple[Content, ...]
    good: bool = True
    weight_g: int = 0
    volume_mm3: int = 0
    is_unit: bool = False
    height_mm: int | None = None
    abc: str | None = None


@dataclass(frozen=True, slots=True)
class Bin:
    """A location with its limits and what is in it or promised to it."""

    id: UUID
    name: str
    kind: str = "storage"
    enabled: bool = True
    zone: str | None = None
    abc: str | None = None
    path_order: int | None = None
    temperature: str | None = None
    customs_statuses: frozenset[str] | None = None
    dangerous_classes: frozenset[str] | None = None
    max_weight_g: int | None = None
    max_volume_mm3: int | None = None
    max_units: int | None = None
    max_height_mm: int | None = None
    mixing: str | None = None
    contents: frozenset[Content] = frozenset()
    weight_g: int = 0
    volume_mm3: int = 0
    units: int = 0
    fixed_for: frozenset[UUID] = frozenset()

    @property
    def empty(self) -> bool:
        return not self.contents and self.units == 0


Segregation = frozenset[frozenset[str]]


@dataclass(frozen=True, slots=True)
class Choice:
    """`places`: bins with the step that chose them, best first. `rejected`: why each of the others takes nothing."""

    places: list[tuple[Bin, str]]
    rejected: list[tuple[Bin, str]] = field(default_factory=list)


def choose(
    goods: Goods,
    bins: Iterable[Bin],
    *,
    chain: Sequence[str] = STEPS,
    near: int | None = None,
    segregation: Segregation = frozenset(),
) -> Choice:
    """The documented sequence for these goods, and the reason of every bin that is not in it."""
    fitting: list[Bin] = []
    rejected: list[tuple[Bin, str]] = []
    for one in sorted(bins, key=lambda one: (_distance(one, near), _along(one), one.name)):
        why = refusal_of(goods, one, segregation)
        if why is None:
            fitting.append(one)
        else:
            rejected.append((one, why))
    places: list[tuple[Bin, str]] = []
    chosen: set[UUID] = set()
    for step in chain:
        for one in fitting:
            if one.id not in chosen and _is_about(step, goods, one):
                chosen.add(one.id)
                places.append((one, step))
    rejected += [(one, "not_in_the_chain") for one in fitting if one.id not in chosen]
    return Choice(places, rejected)


def refusal_of(goods: Goods, bin: Bin, segregation: Segregation = frozenset()) -> str | None:
    """Why a bin does not take the goods; None when it does."""
    if not bin.enabled:
        return "location_disabled"
    if bin.kind not in (("storage", "pick") if goods.good else ("quality",)):
        return "wrong_location_kind"
    for one in goods.contents:
        if bin.temperature is not None and bin.temperature != one.temperature:
            return "wrong_temperature"
        if bin.customs_statuses is not None and one.customs_status not in bin.customs_statuses:
            return "wrong_customs_zone"
        if one.dangerous_class is not None and (
            bin.dangerous_classes is not None and one.dangerous_class not in bin.dangerous_classes
        ):
            return "dangerous_goods_refused"
    return _company(goods, bin, segregation) or _capacity(goods, bin)


def _company(goods: Goods, bin: Bin, segregation: Segregation) -> str | None:
    """What the goods that lie there say to those that come."""
    together = bin.contents.union(goods.contents)
    classes = {one.dangerous_class for one in together if one.dangerous_class is not None}
    if len(classes) > 1 and any(pair <= classes for pair in segregation):
        return "segregation"
    kinds: set[object] = set()
    if bin.mixing == "one_item":
        kinds = {one.item_id for one in together}
    elif bin.mixing == "one_lot":
        kinds = {(one.item_id, one.lot_id) for one in together}
    elif bin.mixing == "one_owner":
        kinds = {one.owner_id for one in together}
    return "mixing_forbidden" if len(kinds) > 1 else None


def _capacity(goods: Goods, bin: Bin) -> str | None:
    if bin.max_weight_g is not None and bin.weight_g + goods.weight_g > bin.max_weight_g:
        return "location_overweight"
    if bin.max_volume_mm3 is not None and bin.volume_mm3 + goods.volume_mm3 > bin.max_volume_mm3:
        return "location_full"
    if goods.is_unit and bin.max_units is not None and bin.units + 1 > bin.max_units:
        return "location_full"
    if bin.max_height_mm is not None and goods.height_mm is not None and goods.height_mm > bin.max_height_mm:
        return "unit_too_high"
    return None


def _is_about(step: str, goods: Goods, bin: Bin) -> bool:
    items = {one.item_id for one in goods.contents}
    if step == "fixed":
        return bool(items) and items <= bin.fixed_for
    if step == "same_lot":
        return {(one.item_id, one.lot_id, one.owner_id) for one in goods.contents} == _kinds(bin) != set()
    if step == "same_item":
        return {(one.item_id, one.owner_id) for one in goods.contents} == {kind[::2] for kind in _kinds(bin)} != set()
    # A pick face is filled by replenishment; a stranger's article is not put into one because it happens to be empty.
    if bin.kind == "pick" or bin.fixed_for:
        return False
    if step == "abc_zone":
        return bin.empty and goods.abc is not None and bin.abc == goods.abc
    return bin.empty if step == "nearest_empty" else True


def _kinds(bin: Bin) -> set[tuple[UUID, UUID | None, UUID]]:
    return {(one.item_id, one.lot_id, one.owner_id) for one in bin.contents}


def _along(bin: Bin) -> int:
    return bin.path_order if bin.path_order is not None else _FAR


def _distance(bin: Bin, near: int | None) -> int:
    if near is None:
        return 0
    return abs(bin.path_order - near) if bin.path_order is not None else _FAR

"""Cartons, weights, and the scans of a pick (capability rows 18, 19, 48)."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wms.outbound.cartons import CartonType, Goods, propose_cartons, weight_agrees
from wms.outbound.pick_scan import Expected, Scanned, check_scan

SMALL = CartonType("S", 300, 200, 150, 10_000)
LARGE = CartonType("L", 600, 400, 400, 25_000)
ITEM, TOTE = uuid4(), uuid4()

_goods = st.builds(
    Goods,
    line_no=st.integers(1, 1000),
    quantity=st.integers(1, 60).map(Decimal),
    weight_g=st.one_of(st.none(), st.integers(1, 30_000)),
    sides_mm=st.one_of(st.none(), st.tuples(*[st.integers(1, 700)] * 3)),
)


@given(st.lists(_goods, max_size=6, unique_by=lambda one: one.line_no))
def test_everything_goes_into_some_carton_and_no_carton_bursts(goods: list[Goods]):
    """Quantities are kept; a carton of a type holds no more than its weight and its volume; the rest travels as it is."""
    cartons = propose_cartons(goods, [SMALL, LARGE])
    for one in goods:
        assert sum(c.contents.get(one.line_no, Decimal(0)) for c in cartons) == one.quantity
    for carton in cartons:
        if carton.type is not None:
            assert carton.weight_g <= carton.type.max_weight_g
            assert carton.volume_mm3 <= carton.type.volume_mm3


def test_little_goods_get_the_small_carton():
    [carton] = propose_cartons([Goods(1, Decimal(2), 270, (220, 160, 70))], [LARGE, SMALL])
    assert carton.type == SMALL


@pytest.mark.parametrize(
    ("expected", "measured", "agrees"),
    [(1000, 1030, True), (1000, 1031, False), (10_000, 9_700, True), (10, 41, False)],
)
def test_the_tolerance_is_three_percent_and_never_less_than_thirty_grams(expected: int, measured: int, agrees: bool):
    assert weight_agrees(expected, measured) is agrees


RIGHT = Scanned("A-01-01", frozenset({ITEM}), "BF-250", "L1", None, Decimal(2), TOTE)
WANTED = Expected("A-01-01", ITEM, "BF-250", "L1", None, Decimal(5), TOTE)


def test_right_scans_pass():
    assert check_scan(WANTED, RIGHT) is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"location": "A-01-02"}, "wrong_location"),
        ({"item_ids": frozenset({UUID(int=1)})}, "wrong_item"),
        ({"item_ids": frozenset()}, "wrong_item"),
        ({"lot_no": "L2"}, "wrong_lot"),
        ({"lot_no": None}, "wrong_lot"),
        ({"quantity": Decimal(6)}, "over_pick"),
        ({"tote_id": UUID(int=2)}, "wrong_tote"),
    ],
)
def test_each_wrong_scan_has_its_own_code(change: dict[str, object], code: str):
    """Unscanned counts as wrong: a bin that holds two lots is where the wrong one is taken."""
    refusal = check_scan(WANTED, replace(RIGHT, **change))  # type: ignore[arg-type]
    assert refusal is not None
    assert refusal.code == code

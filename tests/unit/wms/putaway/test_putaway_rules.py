"""Put-away rules (capability row 6): the documented sequence, the next best, and a reason for every place that is not in it."""

from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from wms.putaway.rules import STEPS, Bin, Content, Goods, choose, refusal_of

OWNER, ITEM, OTHER, LOT, OLD = (UUID(int=n) for n in range(1, 6))
CLASSES = ("3", "5.1", "9", None)


def content(item: UUID = ITEM, lot: UUID | None = None, **more: object) -> Content:
    return Content(item, OWNER, "foreign", lot_id=lot, **more)  # type: ignore[arg-type]


def bin(name: str, path_order: int, **more: object) -> Bin:
    return Bin(UUID(int=1000 + path_order), name, path_order=path_order, **more)  # type: ignore[arg-type]


GOODS = Goods((content(lot=LOT),), weight_g=50_000, volume_mm3=10**8, abc="A")
HOUSE = [
    bin("A-01", 10, abc="B"),
    bin("A-02", 20, abc="A"),
    bin("A-03", 30, abc="A"),
    bin("B-01", 40, contents=frozenset({content(lot=OLD)})),
    bin("B-02", 50, contents=frozenset({content(lot=LOT)})),
    bin("B-03", 60, contents=frozenset({content(OTHER)})),
    bin("C-01", 70, fixed_for=frozenset({ITEM})),
    bin("P-01", 80, kind="pick"),
]


def names(goods: Goods = GOODS, house: list[Bin] = HOUSE, **more: object) -> list[str]:
    return [one.name for one, _ in choose(goods, house, **more).places]  # type: ignore[arg-type]


def test_the_documented_sequence():
    """Fixed place, same lot, same article, the class's own empty places, other empty places, the rest; each nearest first."""
    assert names(near=30) == ["C-01", "B-02", "B-01", "A-03", "A-02", "A-01", "B-03"]
    assert [step for _, step in choose(GOODS, HOUSE, near=30).places] == [
        *("fixed", "same_lot", "same_item", "abc_zone", "abc_zone", "nearest_empty", "any")
    ]


def test_without_its_first_place_the_next_best_is_chosen():
    """Disabling one bin after the other walks down the same sequence and names why."""
    wanted = names(near=30)
    house = list(HOUSE)
    for place, name in enumerate(wanted):
        assert names(house=house, near=30) == wanted[place:]
        house = [replace(one, enabled=False) if one.name == name else one for one in house]
        assert (name, "location_disabled") in [(one.name, why) for one, why in choose(GOODS, house).rejected]


def test_a_site_may_choose_its_own_chain():
    """Steps that are left out choose nothing; what is not chosen says so."""
    choice = choose(GOODS, HOUSE, chain=["nearest_empty", "same_lot"])
    assert [one.name for one, _ in choice.places] == ["A-01", "A-02", "A-03", "B-02"]
    assert ("C-01", "not_in_the_chain") in [(one.name, why) for one, why in choice.rejected]


def test_every_limit_has_its_reason():
    """A person who wonders why the near bin was not taken reads why."""
    frozen = Goods((content(temperature="frozen", dangerous_class="9"),), weight_g=10, is_unit=True, height_mm=1_500)
    at = bin("X", 1)
    cases = {
        "location_disabled": replace(at, enabled=False),
        "wrong_location_kind": replace(at, kind="quality"),
        "wrong_temperature": replace(at, temperature="ambient"),
        "wrong_customs_zone": replace(at, customs_statuses=frozenset({"free"})),
        "dangerous_goods_refused": replace(at, dangerous_classes=frozenset({"3"})),
        "mixing_forbidden": replace(at, mixing="one_item", contents=frozenset({content(OTHER)})),
        "location_overweight": replace(at, max_weight_g=15, weight_g=6),
        "location_full": replace(at, max_units=1, units=1),
        "unit_too_high": replace(at, max_height_mm=1_400),
    }
    for why, one in cases.items():
        assert refusal_of(frozen, one) == why
    acid = replace(at, contents=frozenset({content(OTHER, dangerous_class="5.1")}))
    assert refusal_of(frozen, acid, frozenset({frozenset({"5.1", "9"})})) == "segregation"
    assert refusal_of(frozen, acid, frozenset({frozenset({"3", "9"})})) is None
    assert refusal_of(frozen, at) is None


def test_what_is_not_good_goes_where_goods_are_kept_apart():
    """Damaged goods in a picking bin would be sent to a customer."""
    house = [bin("A", 1), bin("QUARANTINE", 2, kind="quality")]
    assert names(replace(GOODS, good=False), house) == ["QUARANTINE"]
    assert names(GOODS, house) == ["A"]


def test_an_empty_pick_face_is_not_taken_by_a_stranger():
    """Pick faces are filled by replenishment, or by more of what lies there already."""
    face = bin("P", 1, kind="pick")
    assert names(house=[face]) == []
    assert names(house=[replace(face, contents=frozenset({content(lot=LOT)}))]) == ["P"]


bins = st.builds(
    Bin,
    id=st.uuids(),
    name=st.text("ABC", min_size=1, max_size=4),
    kind=st.sampled_from(["storage", "pick", "quality"]),
    enabled=st.booleans(),
    abc=st.sampled_from(["A", "B", None]),
    path_order=st.one_of(st.none(), st.integers(0, 50)),
    temperature=st.sampled_from([None, "ambient", "frozen"]),
    mixing=st.sampled_from([None, "one_item", "one_lot"]),
    contents=st.frozensets(st.sampled_from([content(), content(lot=LOT), content(OTHER)]), max_size=2),
    max_weight_g=st.one_of(st.none(), st.integers(0, 100_000)),
)


@given(st.lists(bins, max_size=12, unique_by=lambda one: (one.id, one.name)), st.randoms())
def test_the_sequence_does_not_depend_on_the_order_in_which_bins_are_read(house: list[Bin], random):
    """Each bin is either a place or rejected with a reason, once; shuffled bins give the same answer."""
    house = list({one.name: one for one in house}.values())
    first = choose(GOODS, house, near=20)
    shuffled = list(house)
    random.shuffle(shuffled)
    again = choose(GOODS, shuffled, near=20)
    assert first == again
    assert sorted(one.name for one, _ in [*first.places, *first.rejected]) == sorted(one.name for one in house)
    assert all(refusal_of(GOODS, one) is None for one, _ in first.places)
    assert [STEPS.index(step) for _, step in first.places] == sorted(STEPS.index(step) for _, step in first.places)

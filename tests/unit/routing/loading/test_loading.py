"""Laws of loading: whatever is loaded stands, and the referee sees every way in which it might not."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.loading import Axles, Boxes, Container, Loading, LoadingError, Placement, Rules, check_loading, load
from routing.loading.assign import Room, Unit, assign, at_least, first_fit
from routing.loading.read_orlib import parse_orlib

ROOM = Container(100, 60, 50)
CUBE = Boxes("cube", 20, 20, 20, 4)


def loading(*placements: Placement, kinds: tuple[Boxes, ...] = (CUBE,)) -> Loading:
    left = [kind.count for kind in kinds]
    for p in placements:
        left[p.kind] -= 1
    volume = sum(p.length_mm * p.width_mm * p.height_mm for p in placements)
    return Loading(placements, tuple(left), volume / ROOM.volume)


def cube(x: int, y: int, z: int, kind: int = 0) -> Placement:
    return Placement(x, y, z, 20, 20, 20, kind)


SOUND = loading(cube(0, 0, 0), cube(20, 0, 0), cube(10, 0, 20))


def test_a_sound_loading_passes():
    """A box across two equally high ones stands with its whole base."""
    assert check_loading(ROOM, [CUBE], SOUND) == []


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        (loading(cube(0, 0, 0), cube(10, 10, 10)), "overlaps"),
        (loading(cube(90, 0, 0)), "reaches out"),
        (loading(cube(-1, 0, 0)), "reaches out"),
        (loading(cube(0, 0, 0), cube(5, 0, 20)), "75 % of its base"),
        (loading(cube(0, 0, 7)), "0 % of its base"),
        (loading(*(cube(20 * i, 0, 0) for i in range(5))), "5 placed of 4"),
        (replace(SOUND, left_out=(0,)), "left out"),
        (replace(SOUND, fill=0.9), "fill is given"),
        (loading(Placement(0, 0, 0, 20, 20, 21, 0)), "may not stand"),
        (loading(Placement(0, 0, 0, 20, 20, 20, 3), kinds=(CUBE,) * 4), "no kind 3"),
    ],
)
def test_each_kind_of_broken_loading_is_named(broken: Loading, word: str):
    """One sentence for every rule; a mutation of a sound loading never passes."""
    assert any(word in sentence for sentence in check_loading(ROOM, [CUBE], broken))


def test_weights_on_axles_boxes_and_floor_are_counted():
    """Payload, each axle and each box have their own limit."""
    heavy, weak = replace(CUBE, weight_g=1000), replace(CUBE, weight_g=1000, bears_g=999)
    assert "carries 2999" in check_loading(replace(ROOM, payload_g=2999), [heavy], SOUND)[0]
    axles = replace(ROOM, axles=Axles(0, 100, 10_000, 500))
    assert "rear support" in check_loading(axles, [heavy], SOUND)[0]
    axles = replace(ROOM, axles=Axles(0, 100, 500, 10_000))
    assert "front support" in check_loading(axles, [heavy], SOUND)[0]
    tower = loading(cube(0, 0, 0), cube(0, 0, 20))
    assert "it bears 999 g" in check_loading(ROOM, [weak], tower)[0]


def test_who_leaves_first_may_not_stand_behind_or_under():
    """Unloading order is judged by what lies between a box and the door, and on top of it."""
    first, last = replace(CUBE, stop=0), replace(CUBE, stop=1)
    rules = Rules(unload_in_order=True)
    behind = loading(cube(0, 0, 0, 0), cube(20, 0, 0, 1), kinds=(first, last))
    under = loading(cube(0, 0, 0, 0), cube(0, 0, 20, 1), kinds=(first, last))
    fine = loading(cube(0, 0, 0, 1), cube(20, 0, 0, 0), kinds=(first, last))
    assert "bars the way" in check_loading(ROOM, [first, last], behind, rules)[0]
    assert "bars the way" in check_loading(ROOM, [first, last], under, rules)[0]
    assert check_loading(ROOM, [first, last], fine, rules) == []


boxes = st.builds(
    Boxes,
    name=st.just("box"),
    length_mm=st.integers(5, 60),
    width_mm=st.integers(5, 60),
    height_mm=st.integers(5, 50),
    count=st.integers(0, 12),
    weight_g=st.integers(0, 5000),
    upright=st.sampled_from([(False, False, True), (True, False, True), (True, True, True)]),
    bears_g=st.sampled_from([None, None, 0, 3000, 20_000]),
    stop=st.integers(0, 2),
)


@settings(max_examples=60, deadline=None)
@given(
    kinds=st.lists(boxes, min_size=1, max_size=6),
    in_order=st.booleans(),
    axles=st.sampled_from([None, Axles(10, 90, 20_000, 30_000)]),
    payload=st.sampled_from([None, 40_000]),
)
def test_whatever_is_loaded_passes_the_referee(
    kinds: list[Boxes], in_order: bool, axles: Axles | None, payload: int | None
):
    """Support, bearing, axles, payload and unloading order hold for any goods; equal input gives an equal loading."""
    room, rules = replace(ROOM, axles=axles, payload_g=payload), Rules(unload_in_order=in_order)
    found = load(room, kinds, rules, rounds=30, time_limit_s=60)
    assert check_loading(room, kinds, found, rules) == []
    assert load(room, kinds, rules, rounds=30, time_limit_s=60) == found


def test_what_a_box_bears_counts_through_those_between():
    """A weak box carries one light box, and not a second one upon that, whatever the light box itself would bear."""
    shaft = Container(20, 20, 100)
    weak = Boxes("weak", 20, 20, 30, 1, weight_g=10_000, bears_g=1500)
    light = Boxes("light", 20, 20, 20, 2, weight_g=1000, bears_g=5000)
    found = load(shaft, [weak, light], rounds=50, time_limit_s=60)
    assert check_loading(shaft, [weak, light], found) == []
    assert found.left_out == (0, 1)


def test_a_box_is_brought_in_after_what_it_stands_on():
    """The packing list can be worked from top to bottom."""
    found = load(ROOM, [replace(CUBE, count=30)], rounds=20, time_limit_s=60)
    seen: list[Placement] = []
    for p in found.placements:
        assert p.z == 0 or any(q.z + q.height_mm == p.z for q in seen)
        seen.append(p)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "ends where"),
        ("1\n1 5\n587 233 220\n1\n", "cut off"),
        ("1\n1 5\n587 233\n", "line 3: the container's length, width and height needs 3"),
        ("1\n1 5\n587 233 -1\n", "line 3"),
        ("1\n1 5\n587 233 99999999999\n", "line 3"),
        ("1\n1 5\n587 x 220\n", "'x' is not a whole number"),
        ("1\n1 5\n587 233 220\n1\n1 10 0 10 0 10 0 3\n", "line 5: kind 1 may stand on no side"),
        ("1\n1 5\n587 233 220\n1\n1 10 1 0 1 10 1 3\n", "side of 0"),
        ("1\n1 5\n587 233 220\n1\n1 10 1 10 1 10 1 40000\n", "line 5: 40000 boxes"),
        ("99999999\n", "line 1"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(text: str, word: str):
    """Cut off, negative, huge or foreign: a sentence with the place, never a crash."""
    with pytest.raises(LoadingError, match=word):
        parse_orlib(text)


units = st.lists(
    st.builds(
        Unit,
        st.just("u"),
        st.integers(0, 60),
        st.integers(0, 60),
        st.integers(0, 2),
        st.sampled_from(["", "", "a", "b"]),
    ),
    max_size=14,
)


@settings(max_examples=40, deadline=None)
@given(units)
def test_an_assignment_keeps_limits_and_never_beats_its_bound(goods: list[Unit]):
    """Every container holds its limits and one group; first-fit, exact and bound stand in order."""
    room = Room(100, 100, 4)
    found = assign(goods, room, time_limit_s=1)
    for c in range(found.containers):
        inside = [unit for unit, at in zip(goods, found.container, strict=True) if at == c]
        assert inside
        assert sum(u.volume for u in inside) <= 100
        assert sum(u.weight_g for u in inside) <= 100
        assert sum(u.places for u in inside) <= 4
        assert len({u.apart for u in inside if u.apart}) <= 1
    assert at_least(goods, room) <= found.containers <= max(first_fit(goods, room), default=-1) + 1


def test_a_unit_larger_than_any_container_is_named():
    """It is refused before anything is assigned."""
    with pytest.raises(LoadingError, match="unit pump: weight 101"):
        assign([Unit("pump", 1, 101)], Room(100, 100, 4))

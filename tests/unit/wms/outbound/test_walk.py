"""The picker's walk and the cart (capability rows 15 and 17)."""

import random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from wms.outbound.walk import Stop, best_path, path_length, plain_path, share_carts


def stop(number: int, **more: object) -> Stop:
    return Stop(UUID(int=number), **more)  # type: ignore[arg-type]


def length(stops: list[Stop]) -> int:
    total = path_length(stops)
    assert total is not None
    return total


points = st.lists(st.tuples(st.integers(0, 50_000), st.integers(0, 50_000)), min_size=1, max_size=25, unique=True)


@given(points)
def test_the_walk_is_never_longer_than_the_plain_order(places: list[tuple[int, int]]):
    """Row 17: the improvement may find nothing, but it never makes the picker walk more; every stop stays on the walk once."""
    stops = [stop(n, path_order=n, x_mm=x, y_mm=y) for n, (x, y) in enumerate(places)]
    path = best_path(stops)
    assert sorted(s.location_id for s in path) == sorted(s.location_id for s in stops)
    assert length(path) <= length(plain_path(stops))


def test_the_walk_through_the_seed_layout_is_shorter_than_by_number():
    """Three aisles of 20 bays walked by bay number cross the aisles at every stop; the improved walk does not."""
    drawn = random.Random(7).sample([(aisle, bay) for aisle in range(3) for bay in range(20)], 24)
    stops = [
        stop(n, path_order=bay * 3 + aisle, x_mm=aisle * 3_600, y_mm=bay * 1_400)
        for n, (aisle, bay) in enumerate(drawn, 1)
    ]
    assert length(best_path(stops)) < 0.8 * length(plain_path(stops))


def test_without_a_path_the_aisles_are_walked_up_and_down():
    stops = [stop(n, aisle=a, bay=b) for n, (a, b) in enumerate([("1", "2"), ("1", "10"), ("2", "3"), ("2", "12")])]
    assert [(s.aisle, s.bay) for s in plain_path(stops)] == [("1", "2"), ("1", "10"), ("2", "12"), ("2", "3")]


def test_what_was_never_measured_keeps_its_plain_order():
    stops = [stop(n, path_order=n, x_mm=n * 10 if n != 3 else None, y_mm=0) for n in range(6)]
    assert best_path(reversed(stops)) == stops
    assert path_length(stops) is None


@given(st.integers(1, 30), st.integers(1, 12), st.randoms(use_true_random=False))
def test_every_order_rides_on_one_cart_and_the_most_urgent_on_the_first(orders: int, slots: int, rng: random.Random):
    places = {UUID(int=n): frozenset(UUID(int=100 + rng.randrange(20)) for _ in range(3)) for n in range(1, orders + 1)}
    carts = share_carts(places, slots)
    assert sorted(id for cart in carts for id in cart) == sorted(places)
    assert all(1 <= len(cart) <= slots for cart in carts)
    assert carts[0][0] == next(iter(places))


def test_fifty_orders_make_fewer_stops_than_orders():
    """Two lines each in forty bins: with five carts of ten slots the floor is walked for fewer stops than order lines."""
    rng = random.Random(3)
    bins = [UUID(int=1000 + n) for n in range(40)]
    places = {UUID(int=n): frozenset(rng.sample(bins[:12], 2)) for n in range(1, 51)}
    carts = share_carts(places, 10)
    stops = sum(len(set().union(*(places[id] for id in cart))) for cart in carts)
    assert stops < 50 < sum(len(p) for p in places.values())

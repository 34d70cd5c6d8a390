"""What a search works with: scratch, its own random numbers, and which departures are neighbours."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.solvers.arrays import FAR, Floats, Goods, Ints, Network, Small
from routing.solvers.choices import Choices
from routing.solvers.compiled import compiled
from routing.solvers.state import LEGS

MOST = 48  # shipments that one move takes


class Bench(NamedTuple):
    """Scratch of a search and its random state."""

    taken: Small
    old_route: Small
    old_legs: Small
    old_own: Floats
    key: Floats
    mark: Small
    riders: Small
    random: NDArray[np.uint64]  # one number
    tally: Ints  # moves tried and kept by kind
    focus: Small  # departures that moves start from; empty: any
    base: Small  # routes that it costs `change` to leave
    change: Floats
    span: Ints  # from and to: departures outside are left alone


class Lanes(NamedTuple):
    """Departures by lane in order of time, and shipments by departure they could use."""

    order: Small
    position: Small
    lane: Small
    user_start: Small
    user: Small


def bench_for(goods: Goods, seed: int) -> Bench:
    return Bench(
        np.zeros(MOST, np.int32),
        np.zeros((MOST, LEGS), np.int32),
        np.zeros(MOST, np.int32),
        np.zeros(MOST),
        np.zeros(MOST),
        np.zeros(len(goods.ready), np.int32),
        np.zeros(4096, np.int32),
        np.array([seed * 0x9E3779B97F4A7C15 % 2**64 | 1], np.uint64),
        np.zeros((8, 2), np.int64),
        np.zeros(0, np.int32),
        np.zeros((0, LEGS), np.int32),
        np.zeros(1),
        np.array([-FAR, FAR], np.int64),
    )


def lanes_for(net: Network, choices: Choices) -> Lanes:
    lane = net.origin * np.int32(net.hubs) + net.destination
    order = np.lexsort((net.cut_off, lane)).astype(np.int32)
    position = np.empty_like(order)
    position[order] = np.arange(len(order), dtype=np.int32)
    owner = np.repeat(np.arange(len(choices.start) - 1, dtype=np.int32), np.diff(choices.start))
    by_arc = np.argsort(choices.arc, kind="stable")
    user_start = np.searchsorted(choices.arc[by_arc], np.arange(len(lane) + 1)).astype(np.int32)
    return Lanes(order, position, lane.astype(np.int32), user_start, owner[by_arc])


@compiled
def draw(bench: Bench) -> float:
    """Uniform in [0, 1) by xorshift64*; numba's own generator is shared between threads."""
    x = bench.random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    bench.random[0] = x
    return float((x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(11)) / 9007199254740992.0


@compiled
def pick(bench: Bench, count: int) -> int:
    return int(draw(bench) * count)

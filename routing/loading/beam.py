"""Runs the beam search of `search.py` until time, rounds or goods are used up."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from routing.compiled import Ints, SmallInts
from routing.loading.floors import FILLED, FLOORS, put
from routing.loading.search import expand

WIDEST = 4096


@dataclass(slots=True)
class State:
    """A loading in the making; see `floors.py` for the arrays."""

    floors: Ints
    left: Ints
    moves: Ints
    sums: Ints

    def copy(self) -> "State":
        return State(self.floors.copy(), self.left.copy(), self.moves.copy(), self.sums.copy())


@dataclass(frozen=True, slots=True)
class Yard:
    """What does not change during a search: the container's sides, the weight it takes, shapes of boxes and the block
    table."""

    size: Ints
    most_grams: int
    deep_first: bool
    few: float
    shapes: Ints
    table: Ints
    sides: SmallInts
    parts: Ints


@dataclass(frozen=True, slots=True)
class Budget:
    """Until when to search: a reading of `clock`, a number of judged branches, or both."""

    clock: Callable[[], float] = time.monotonic
    until: float = float("inf")
    rounds: int = 1 << 60

    def spent(self, rounds: int) -> bool:
        return rounds >= self.rounds or self.clock() >= self.until


def _kids(yard: Yard, state: State, width: int, best: State) -> list[tuple[int, ...]]:
    kids = np.zeros((width, 5), np.int64)
    n = expand(
        state.floors,
        state.left,
        state.moves,
        state.sums,
        yard.size,
        yard.deep_first,
        yard.most_grams,
        yard.table,
        yard.sides,
        yard.parts,
        yard.shapes,
        yard.few,
        width,
        kids,
        best.moves,
        best.sums,
    )
    return [tuple(int(v) for v in row) for row in kids[:n]]


def _grown(yard: Yard, parent: State, kid: tuple[int, ...]) -> State:
    _, block, floor, far, right = kid
    state = parent.copy()
    put(
        state.floors, state.left, state.moves, state.sums, int(yard.size[2]), floor, far, right, block, yard.table, yard.parts
    )  # fmt: skip
    return state


def beam_search(yard: Yard, start: State, goal: int, budget: Budget) -> tuple[State, int]:
    """The fullest loading found from `start` (its moves and sums count), and how many branches were judged.

    `goal` is the volume of all goods: reaching it ends the search. At least one greedy loading is always made.
    """
    best, rounds, width = start.copy(), 0, 1
    while width <= WIDEST:
        states = [start.copy()]
        while states:
            found: list[tuple[int, int, tuple[int, ...]]] = []
            for i, state in enumerate(states):
                kids = _kids(yard, state, width, best)
                rounds += len(kids)
                found.extend((-kid[0], i, kid) for kid in kids)
                if best.sums[FILLED] >= goal or budget.spent(rounds):
                    return best, rounds
            kept: dict[int, tuple[int, tuple[int, ...]]] = {}
            for volume, i, kid in sorted(found):
                if len(kept) < width:
                    kept.setdefault(volume, (i, kid))
            states = [_grown(yard, states[i], kid) for i, kid in kept.values()]
        width = max(width + 1, width * 7 // 5)
    return best, rounds


def empty_state(size: Ints, left: Ints, most_moves: int, most_floors: int, bears: int) -> State:
    """Nothing loaded: one floor, the container's."""
    state = State(
        np.zeros((most_floors, 7), np.int64), left.copy(), np.zeros((most_moves, 6), np.int64), np.zeros(4, np.int64)
    )
    state.floors[0] = (0, 0, size[0], size[1], 0, bears, 1)
    state.sums[FLOORS] = 1
    return state

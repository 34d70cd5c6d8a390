"""Which units go into which containers, before anybody asks how they stand: volume, weight and places.

First-fit decreasing gives an answer at once, the bound says how few containers any answer needs, and CP-SAT closes
what lies between.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ortools.sat.python import cp_model

from routing.loading.model import LoadingError

MOST_UNITS = 2_000


@dataclass(frozen=True, slots=True)
class Unit:
    """A pallet, bag or crate; `apart` names a group that must not share a container with units of another such
    group."""

    name: str
    volume: int
    weight_g: int
    places: int = 0
    apart: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    """What one container takes."""

    volume: int
    weight_g: int
    places: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """`container[i]` of unit i, how many containers, and how few any assignment needs."""

    container: tuple[int, ...]
    containers: int
    at_least: int


def _need(unit: Unit) -> tuple[int, int, int]:
    return unit.volume, unit.weight_g, unit.places


def _validate(units: Sequence[Unit], room: Room) -> None:
    if len(units) > MOST_UNITS:
        raise LoadingError(f"{len(units)} units; {MOST_UNITS} are the most for one assignment, split it by departure")
    for unit in units:
        for what, need, most in zip(
            ("volume", "weight", "places"), _need(unit), (room.volume, room.weight_g, room.places), strict=True
        ):
            if need < 0:
                raise LoadingError(f"unit {unit.name}: {what} is negative")
            if need > most:
                raise LoadingError(f"unit {unit.name}: {what} {need} is more than the {most} of an empty container")


def at_least(units: Sequence[Unit], room: Room) -> int:
    """Containers that no assignment can save: totals, and units of which no two fit together, for every resource."""
    limits = (room.volume, room.weight_g, room.places)
    groups = {unit.apart for unit in units if unit.apart}
    most = max(1 if units else 0, len(groups))
    for r, limit in enumerate(limits):
        if limit:
            most = max(
                most,
                -(-sum(_need(unit)[r] for unit in units) // limit),
                sum(2 * _need(unit)[r] > limit for unit in units),
            )
    return most


def first_fit(units: Sequence[Unit], room: Room) -> list[int]:
    """Largest first (by the scarcest of their needs), each into the first container that still takes it."""
    limits = (room.volume, room.weight_g, room.places)

    def size(unit: Unit) -> float:
        return max((need / limit for need, limit in zip(_need(unit), limits, strict=True) if limit), default=0.0)

    left: list[list[int]] = []
    group: list[str] = []
    chosen = [0] * len(units)
    for i in sorted(range(len(units)), key=lambda i: (-size(units[i]), i)):
        unit = units[i]
        for c, free in enumerate(left):
            if all(need <= rest for need, rest in zip(_need(unit), free, strict=True)) and not (
                unit.apart and group[c] and group[c] != unit.apart
            ):
                break
        else:
            c = len(left)
            left.append(list(limits))
            group.append("")
        left[c] = [rest - need for need, rest in zip(_need(unit), left[c], strict=True)]
        group[c] = group[c] or unit.apart
        chosen[i] = c
    return chosen


def _exact(units: Sequence[Unit], room: Room, containers: int, seconds: float, seed: int) -> list[int] | None:
    """An assignment into so many containers, None when there is none or time was too short."""
    model = cp_model.CpModel()
    into = [[model.new_bool_var("") for _ in range(containers)] for _ in units]
    groups = sorted({unit.apart for unit in units if unit.apart})
    for row in into:
        model.add_exactly_one(row)
    for c in range(containers):
        for r, limit in enumerate((room.volume, room.weight_g, room.places)):
            model.add(sum(_need(unit)[r] * into[i][c] for i, unit in enumerate(units)) <= limit)
        holds = {name: model.new_bool_var("") for name in groups}
        model.add_at_most_one(holds.values())
        for i, unit in enumerate(units):
            if unit.apart:
                model.add_implication(into[i][c], holds[unit.apart])
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return [next(c for c in range(containers) if solver.boolean_value(row[c])) for row in into]


def assign(units: Sequence[Unit], room: Room, *, time_limit_s: float = 5.0, seed: int = 0) -> Assignment:
    """As few containers as first-fit finds and CP-SAT then improves, one container fewer at a time, down to the
    bound."""
    _validate(units, room)
    chosen, least = first_fit(units, room), at_least(units, room)
    count = max(chosen, default=-1) + 1
    while count > least:
        better = _exact(units, room, count - 1, time_limit_s / max(1, count - least), seed)
        if better is None:
            break
        chosen, count = better, count - 1
    return Assignment(tuple(chosen), count, least)

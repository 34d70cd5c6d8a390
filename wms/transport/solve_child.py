"""The process that plans: a job as JSON on stdin, progress and the result as JSON lines on stdout.

A process of its own, because the search holds its cores for a minute and may be killed. SIGTERM ends the search with the best
plan so far. Nothing is written out that the referees of plans and bounds have not passed.
"""

import base64
import json
import signal
import sys
from dataclasses import replace
from typing import Any

from routing.check import check
from routing.check_bound import check_bound
from routing.data.faults import DataFaults
from routing.fault import ProblemFault
from routing.problem import Problem
from routing.progress import Progress
from routing.replan import Cancel
from routing.solution import Plan, Route, plan_of
from routing.solve import solve
from routing.solvers.engine import Engine
from routing.stop import FirstOf, Interrupted, MaxRuntime
from routing.warm_up import warm_up
from wms.transport.rebuild import Given, Names, Source, built_from, can_travel, names_of, packed, routes_from

_STAYS = 10**11  # minor units that moving an untouched shipment would have to save: an edit moves nobody else


class EditRefused(Exception):
    """`params` name the rule that is broken, and where."""

    def __init__(self, rule: str, where: str, detail: str) -> None:
        super().__init__(rule)
        self.params = {"rule": rule, "where": where, "detail": detail}


def main() -> int:
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    job = json.load(sys.stdin)
    try:
        _say({"result": _solve(job, asked)})
    except DataFaults as error:
        first = error.faults[0]
        params = {"file": first.file, "row": first.row, "column": first.column, "why": first.code}
        _say({"error": {"code": "plan_file_refused", "params": params}})
    except ProblemFault as error:
        params = {"file": "", "row": 0, "column": "", "why": error.code}
        _say({"error": {"code": "plan_file_refused", "params": params}})
    except EditRefused as error:
        _say({"error": {"code": "plan_edit_refused", "params": error.params}})
    return 0


def _solve(job: dict[str, Any], asked: list[int]) -> dict[str, Any]:
    given = Given.model_validate(job["given"])
    _, built = built_from(Source(job["tables"], base64.b64decode(job["goods"]), job["filename"], given))
    stop = FirstOf((MaxRuntime(job["seconds"]), Interrupted(lambda: bool(asked))))
    moved = 0
    _say({"progress": [0.0, None, None, "preparing"]})
    warm_up()  # a machine's first plan compiles; the seconds asked for are for searching
    if job["kind"] == "plan":
        plan = solve(built.problem, stop=stop, seed=job["seed"], progress=_tell)
    else:
        plan, moved = _changed(built.problem, job, given)
    wrong = [f"{one.rule}: {one.where}: {one.detail}" for one in check(plan.problem, plan)]
    wrong += check_bound(plan.problem, plan.certificate)
    if wrong:
        raise EditRefused("referee", "plan", wrong[0])
    routes = names_of(plan.problem, plan.routes)
    proof = base64.b64encode(packed(plan.certificate)).decode()
    return {"cost": plan.cost, "bound": plan.gap.lower, "routes": routes, "certificate": proof, "moved": moved}


def _changed(problem: Problem, job: dict[str, Any], given: Given) -> tuple[Plan, int]:
    """Apply moves, then take cancelled departures away; an edit lets all others stay, a replan moves who saves by it."""
    if not problem.shipments:
        raise EditRefused("nothing_left", "plan", "")
    base, moves = job["routes"], job["moves"]
    _need_known(problem, moves)
    engine = Engine(problem, job["seed"])
    engine.scout()
    engine.tighten()
    routes = list(routes_from(problem, _from_here(base, given) | moves))
    _drop_impossible(problem, routes, frozenset(moves))
    start = plan_of(problem, tuple(routes), engine.bound())
    for one in check(problem, start):
        raise EditRefused(one.rule, one.where, one.detail)
    gone = [Cancel(name) for name in given.cancelled if any(d.name == name for d in problem.departures)]
    stays = _STAYS if job["kind"] == "edit" else None
    found = replace(start, engine=engine).what_if(*gone, seed=job["seed"], change_cost=stays).plan
    found = _pins_kept(found, start, set(given.pinned))
    before = routes_from(problem, _from_here(base, given))
    return found, sum(1 for a, b in zip(before, found.routes, strict=True) if a != b)


def _from_here(base: dict[str, Names | None], given: Given) -> dict[str, Names | None]:
    """Routes without the legs that are under way already."""
    return {name: (route or [])[len(given.under_way.get(name, [])) :] or None for name, route in base.items()}


def _need_known(problem: Problem, moves: dict[str, Names | None]) -> None:
    shipments, departures = {s.name for s in problem.shipments}, {d.name for d in problem.departures}
    for name, route in moves.items():
        if name not in shipments:
            raise EditRefused("unknown_shipment", name, "")
        for leg in route or ():
            if leg not in departures:
                raise EditRefused("unknown_departure", name, leg)


def _drop_impossible(problem: Problem, routes: list[Route | None], moved: frozenset[str]) -> None:
    """Take off what a delay made impossible; a move that is impossible is refused later, by the referee's rule."""
    for shipment in problem.shipments:
        route = routes[shipment.index]
        if route is not None and shipment.name not in moved and not can_travel(problem, shipment, route):
            routes[shipment.index] = None


def _pins_kept(found: Plan, start: Plan, pinned: set[str]) -> Plan:
    """Who is pinned to be left to others stays so; any other pin that was lost is refused."""
    routes = list(found.routes)
    for shipment in found.problem.shipments:
        wanted = start.routes[shipment.index]
        if shipment.name in pinned and routes[shipment.index] != wanted:
            if wanted is not None:
                raise EditRefused("pin_lost", shipment.name, "")
            routes[shipment.index] = None
    return plan_of(found.problem, tuple(routes), found.certificate)


def _tell(state: Progress) -> None:
    _say({"progress": [round(state.seconds, 1), state.cost, state.bound, state.phase]})


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

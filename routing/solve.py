"""Plan a problem: the one entry into the solver."""

import time
from collections.abc import Callable

from routing.certificate import Certificate
from routing.problem import Problem
from routing.progress import Progress
from routing.solution import Plan, plan_of
from routing.solvers.engine import CHUNK, Engine
from routing.stop import MaxRuntime, Stop

Listener = Callable[[Progress], None]


def solve(
    problem: Problem,
    stop: Stop | None = None,
    seed: int = 0,
    progress: Listener | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Plan:
    """The best plan found until `stop`; `progress` hears of every phase and then about once a second."""
    stop = stop or MaxRuntime(60)
    began = clock()
    if not problem.shipments or not problem.departures:
        return _nothing_to_choose(problem)
    engine = Engine(problem, seed)

    def state(phase: str) -> Progress:
        bound = engine.certificate.value if engine.certificate else None
        return Progress(clock() - began, engine.moves, int(engine.best_cost), bound, phase)

    def tell(phase: str) -> Progress:
        now = state(phase)
        if progress:
            progress(now)
        return now

    engine.scout()
    engine.start()
    if not stop(tell("first plan")):
        engine.tighten()
        tell("bound")
        _search(engine, stop, state, tell)
    if engine.certificate is None:
        engine.prove()
    tell("done")
    return engine.plan(clock() - began)


def _search(engine: Engine, stop: Stop, state: Callable[[str], Progress], tell: Callable[[str], Progress]) -> None:
    """Anneal until stopped; the temperature follows the part of the budget that is left after the first phases."""
    now = state("search")
    first, told = stop.fraction(now), now.seconds
    while not stop(now):
        used = (stop.fraction(now) - first) / max(1e-9, 1.0 - first)
        engine.improve(CHUNK, min(1.0, used))
        now = state("search")
        if now.seconds - told >= 1.0:
            told = now.seconds
            tell("search")


def _nothing_to_choose(problem: Problem) -> Plan:
    zeros = (0,) * len(problem.departures)
    cost = sum(s.outsource_cost for s in problem.shipments)
    certificate = Certificate(cost, zeros, zeros, (0,) * len(problem.pools))
    return plan_of(problem, (None,) * len(problem.shipments), certificate)

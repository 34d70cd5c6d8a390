"""The solver of one problem: prices first, then whole units, then search; deterministic for a seed and a number of moves.

scout    departures each shipment could use at resting prices, first movement of prices
start    a first plan, put together large before small at prices that make shipments ride together
tighten  choices again at the prices found, prices until they rest, the certificate
search   annealing with moves of whole containers
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from routing.certificate import Certificate
from routing.problem import Problem
from routing.solution import Plan, Route
from routing.solvers import search
from routing.solvers.arrays import FAR, Floats, Small, compile_goods, compile_network
from routing.solvers.bench import Bench, bench_for, lanes_for
from routing.solvers.bound import certify, whole_prices
from routing.solvers.choices import Choices, choices_of
from routing.solvers.prices import prices_now, settle, tide_for
from routing.solvers.scan import SCALE, prices_of
from routing.solvers.state import LEGS, Path, State, path_for, state_for

WIDE, NARROW = 0.8, 0.5  # how much dearer than its cheapest route a shipment may come to ride
MOST = 300  # departures a shipment chooses from
CHUNK = 8000  # moves between looks at the clock
HOT, COLD = 1.0, 0.01  # temperatures as parts of a usual unit's cost
BLENDS = (0.6, 0.8)


class Engine:
    """Everything compiled for one problem, and the plan under change."""

    def __init__(self, problem: Problem, seed: int = 0) -> None:
        self.problem = problem
        self.rng = np.random.default_rng(seed)
        self.net = compile_network(problem)
        self.goods = compile_goods(problem, self.net)
        self.tide = tide_for(self.net, self.goods)
        self.certificate: Certificate | None = None
        self.bench = bench_for(self.goods, seed + 1)
        self.other = bench_for(self.goods, seed + 1_000_003)
        self.state = state_for(self.net, self.goods)
        self.best_cost = float(self.state.cost[0])
        self.best_routes = self.state.route.copy()
        self.moves = 0
        self.unit = float(np.median(self.net.unit_cost)) if len(self.net.unit_cost) else 1.0

    def scout(self, passes: int = 30) -> None:
        self._look(WIDE)
        settle(self.net, self.goods, self.choices, self.tide, self.rng, passes)

    def tighten(self, passes: int = 60) -> None:
        """Choices at the prices found so far, prices again, and the bound that they prove."""
        self._take_means()
        self._look(NARROW)
        settle(self.net, self.goods, self.choices, self.tide, self.rng, passes)
        self.prove()

    def prove(self) -> None:
        """The bound of the prices found so far."""
        self._take_means()
        per_g, per_dm3 = self.prices()
        found = certify(self.net, self.goods, per_g, per_dm3, self.tide.pool)
        if self.certificate is None or found.value > self.certificate.value:
            self.certificate = found

    def _take_means(self) -> None:
        self.tide.pool[:] = self.tide.pool_mean
        self.tide.theta[:] = self.tide.theta_mean

    def prices(self) -> tuple[Floats, Floats]:
        return prices_now(self.net, self.tide.pool, self.tide.theta)

    def _look(self, slack: float) -> None:
        prices = prices_of(self.net, *whole_prices(self.net, self.goods, *self.prices()))
        self.choices: Choices = choices_of(self.net, self.goods, prices, slack, int(self.unit * 0.1) * SCALE, MOST)
        self.lanes = lanes_for(self.net, self.choices)
        self.path = path_for(self.net, self.choices)
        self.other_path = path_for(self.net, self.choices)

    def start(self) -> None:
        """The best of a few quick plans."""
        order = np.argsort(-self.goods.volume, kind="stable").astype(np.int32)
        per_g, per_dm3 = self.prices()
        for blend in BLENDS:
            state = state_for(self.net, self.goods)
            search.build(self.net, self.goods, self.choices, state, self.bench, self.path, order, blend, per_g, per_dm3)
            if state.cost[0] < self.best_cost:
                self.best_cost, self.best_routes, self.state = float(state.cost[0]), state.route.copy(), state

    def improve(self, moves: int, fraction: float) -> None:
        """Search at the temperature of this part of the budget; keeps the best routes seen at chunk ends."""
        self.stir_halves(moves, self.unit * HOT * (COLD / HOT) ** fraction)
        self.keep()

    def stir(self, moves: int, heat: float) -> None:
        """Try moves at a temperature in minor units."""
        self._anneal(self.state, self.bench, self.path, moves, heat)
        self.moves += moves

    def stir_halves(self, moves: int, heat: float) -> None:
        """Try moves before and after a moment at the same time; who travels across it stays for now.

        Both halves touch departures and shipments of their own only, so that the result does not depend on who is quicker.
        """
        when = self.net.when
        moment = int(np.quantile(when[self.state.head >= 0], self.rng.uniform(0.3, 0.7))) if self._busy() else 0
        early, late = self._halves(moment)
        base = float(self.state.cost[0])
        parts = [self.state._replace(cost=np.zeros(1), fixed=fixed) for fixed in (early, late)]
        spans = (np.array([-FAR, moment]), np.array([moment, FAR]))
        benches = [bench._replace(span=span) for bench, span in zip((self.bench, self.other), spans, strict=True)]
        paths = (self.path, self.other_path)
        with ThreadPoolExecutor(2, thread_name_prefix="search") as threads:
            work = [
                threads.submit(self._anneal, part, bench, path, moves // 2, heat)
                for part, bench, path in zip(parts, benches, paths, strict=True)
            ]
        for one in work:
            one.result()
        self.state.cost[0] = base + float(parts[0].cost[0]) + float(parts[1].cost[0])
        self.moves += moves

    def _busy(self) -> bool:
        return bool((self.state.head >= 0).any())

    def _halves(self, moment: int) -> tuple[Small, Small]:
        """For each half, 1 for shipments that it must not touch. Who is outsourced belongs where most of its time lies."""
        state, goods = self.state, self.goods
        legs = np.where(state.route >= 0, self.net.when[state.route], -FAR)
        last = legs.max(axis=1)
        first = np.where(state.route >= 0, legs, FAR).min(axis=1)
        middle = (goods.ready + goods.due) // 2
        idle = state.legs == 0
        early = np.where(idle, middle < moment, last < moment)
        late = np.where(idle, middle >= moment, first >= moment)
        return (~early).astype(np.int32), (~late).astype(np.int32)

    def _anneal(self, state: State, bench: Bench, path: Path, moves: int, heat: float) -> None:
        net, goods, lanes = self.net, self.goods, self.lanes
        per_g, per_dm3 = self.prices()
        search.anneal(net, goods, self.choices, lanes, state, bench, path, per_g, per_dm3, moves, heat)

    def keep(self) -> None:
        if self.state.cost[0] < self.best_cost:
            self.best_cost = float(self.state.cost[0])
            self.best_routes = self.state.route.copy()

    def bound(self) -> Certificate:
        """The certificate, or one that proves nothing while there is none."""
        if self.certificate is None:
            return Certificate(
                0, (0,) * len(self.net.cut_off), (0,) * len(self.net.cut_off), (0,) * len(self.net.pool_slots)
            )
        return self.certificate

    def restore(self, routes: Small) -> None:
        """Make the state these routes (shipments by LEGS, -1 behind the last)."""
        self.state = state_of(self, routes)
        self.best_cost, self.best_routes = float(self.state.cost[0]), routes.copy()

    def plan(self, seconds: float) -> Plan:
        """The best plan so far; units are what its loads need."""
        # Another plan may cost exactly as much: equal cost does not say that the state has these routes.
        if not np.array_equal(self.best_routes, self.state.route):
            self.state = state_of(self, self.best_routes)
        return Plan(
            self.problem,
            routes_of(self.best_routes),
            tuple(self.state.units.tolist()),
            int(self.state.cost[0]),
            self.bound(),
            seconds,
            self.moves,
            self,
        )


def routes_of(routes: Small) -> tuple[Route | None, ...]:
    return tuple(tuple(s for s in row if s >= 0) if row[0] >= 0 else None for row in routes.tolist())


def rows_of(routes: tuple[Route | None, ...]) -> Small:
    rows = np.full((len(routes), LEGS), -1, np.int32)
    for k, route in enumerate(routes):
        if route:
            rows[k, : len(route)] = route
    return rows


def state_of(engine: Engine, routes: Small) -> State:
    """A state with these routes, costs counted anew."""
    state = state_for(engine.net, engine.goods)
    search.refill(engine.net, engine.goods, state, routes)
    return state

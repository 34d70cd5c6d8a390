"""Small networks, drawn at random or laid out by hand, and their exact optimum by CP-SAT over every route."""

import random

from ortools.sat.python import cp_model

from routing.cost import route_cost
from routing.model import Model
from routing.problem import Need, Problem, Shipment, Weights
from routing.solution import Route


def random_problem(seed: int, shipments: int = 6, storage: bool = False) -> Problem:
    """Four hubs, up to fourteen departures of which some share a train's slots, a few shipments, some with needs."""
    rng = random.Random(seed)
    weights = Weights(co2_per_t=rng.choice((0, 9000)), day_per_t=rng.choice((0, 700)), risk_point=rng.choice((0, 50)))
    model = Model(weights)
    hubs = [
        model.add_hub(
            name,
            transfer_min=rng.choice((0, 60)),
            free_min=rng.choice((0, 300)),
            storage_per_t_day=rng.choice((0, 2000)) if storage else 0,
        )
        for name in "abcd"
    ]
    train = model.add_slots(rng.randint(1, 3))
    for number in range(rng.randint(6, 14)):
        origin, destination = rng.sample(hubs, 2)
        cut_off = rng.randrange(0, 3000)
        depart = cut_off + rng.randrange(0, 120)
        shared = rng.random() < 0.3
        model.add_departure(
            f"d{number}",
            origin,
            destination,
            cut_off_min=cut_off,
            depart_min=depart,
            arrive_min=depart + rng.randrange(60, 900),
            dwell_min=rng.choice((0, 30)),
            slots=None if shared else rng.randint(1, 3),
            pools=(train,) if shared else (),
            unit_weight_g=rng.choice((10_000, 15_000)),
            unit_volume_dm3=rng.choice((40, 60)),
            unit_cost=rng.randrange(500, 4000),
            per_shipment=rng.randrange(0, 100),
            per_t=rng.randrange(0, 9000),
            per_m3=rng.randrange(0, 900),
            co2_g_per_t=rng.randrange(0, 500_000),
            risk_points=rng.randrange(0, 5),
            can=rng.choice((Need.TEMPERATURE | Need.BONDED, Need.NONE, Need.BONDED)),
        )
    for number in range(shipments):
        origin, destination = rng.sample(hubs, 2)
        ready = rng.randrange(0, 1500)
        model.add_shipment(
            f"s{number}",
            origin,
            destination,
            ready_min=ready,
            due_min=ready + rng.randrange(500, 4000),
            weight_g=rng.randrange(500, 12_000),
            volume_dm3=rng.randrange(2, 55),
            outsource_cost=rng.randrange(1500, 9000),
            needs=rng.choice((Need.NONE, Need.NONE, Need.NONE, Need.BONDED)),
        )
    return model.problem()


def every_route(problem: Problem, shipment: Shipment) -> list[Route]:
    """All feasible routes by plain search, none of the solver's code."""
    found: list[Route] = []

    def go(hub: int, ready: int, route: Route) -> None:
        for d in problem.departures:
            allowed = d.can & problem.hubs[d.origin].can & problem.hubs[d.destination].can
            if d.origin != hub or d.cut_off_min < ready or shipment.needs & ~allowed:
                continue
            at_hand = d.arrive_min + d.dwell_min
            if at_hand > shipment.due_min:
                continue
            if d.destination == shipment.destination:
                found.append((*route, d.index))
            else:
                go(d.destination, at_hand + problem.hubs[d.destination].transfer_min, (*route, d.index))

    go(shipment.origin, shipment.ready_min, ())
    return found


def optimum(problem: Problem) -> int:
    """The cost of the best plan of whole units and unsplit shipments, proved by CP-SAT."""
    model = cp_model.CpModel()
    cost: list[cp_model.LinearExprT] = []
    units = [model.new_int_var(0, min(problem.pools[p] for p in d.pools), d.name) for d in problem.departures]
    grams: list[list[cp_model.LinearExprT]] = [[] for _ in units]
    litres: list[list[cp_model.LinearExprT]] = [[] for _ in units]
    for shipment in problem.shipments:
        other = model.new_bool_var(f"other {shipment.name}")
        choice = [other]
        cost.append(shipment.outsource_cost * other)
        for route in every_route(problem, shipment):
            x = model.new_bool_var(f"{shipment.name} {route}")
            choice.append(x)
            cost.append(route_cost(problem, shipment, route) * x)
            for s in route:
                grams[s].append(shipment.weight_g * x)
                litres[s].append(shipment.volume_dm3 * x)
        model.add_exactly_one(choice)
    for d in problem.departures:
        cost.append(d.unit_cost * units[d.index])
        model.add(sum(grams[d.index]) <= d.unit_weight_g * units[d.index])
        model.add(sum(litres[d.index]) <= d.unit_volume_dm3 * units[d.index])
    for pool, slots in enumerate(problem.pools):
        model.add(sum(units[d.index] for d in problem.departures if pool in d.pools) <= slots)
    model.minimize(sum(cost))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    return round(solver.objective_value)

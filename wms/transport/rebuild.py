"""The problem behind a job: tables and goods, less what others booked, with what the field told, as of an instant. Pure.

The same input gives the same problem in every process, so that a stored plan can be refereed and explained at any time.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from pydantic import BaseModel

from routing.certificate import Certificate
from routing.data.build import Built, build
from routing.data.network import Network, read_network
from routing.data.report import Planned
from routing.data.shipments import read_shipments
from routing.model import without
from routing.problem import Problem, Shipment, Weights
from routing.solution import Route, plan_of

Names = list[str]


class Given(BaseModel):
    """What a job plans with beside network and goods: minutes late and booked units by departure, legs under way."""

    co2_price: int = 0
    day_price: int = 0
    booked: dict[str, int] = {}
    delayed: dict[str, int] = {}
    cancelled: list[str] = []
    as_of: datetime | None = None
    under_way: dict[str, Names] = {}
    pinned: list[str] = []


@dataclass(frozen=True, slots=True)
class Source:
    tables: Mapping[str, str]
    goods: bytes
    filename: str
    given: Given = field(default_factory=Given)


def built_from(source: Source) -> tuple[Network, Built]:
    """Raises DataFaults. Cancelled departures are still in it; `planned_from` takes their places away."""
    network = read_network({name: text.encode() for name, text in source.tables.items()})
    given = source.given
    weights = Weights(co2_per_t=given.co2_price * 100, day_per_t=given.day_price * 100)
    built = build(network, read_shipments(source.goods, source.filename, network), weights, source.filename)
    problem = _late(_less_booked(built.problem, given.booked), given.delayed)
    if given.as_of is not None:
        now_min = -(-int((given.as_of - built.start_at).total_seconds()) // 60)
        problem = replace(problem, shipments=_remaining(problem, now_min, given.under_way))
    return network, replace(built, problem=problem)


def _less_booked(problem: Problem, booked: Mapping[str, int]) -> Problem:
    pools = list(problem.pools)
    for d in problem.departures:
        for pool in d.pools if d.name in booked else ():
            pools[pool] = max(0, pools[pool] - booked[d.name])
    return replace(problem, pools=tuple(pools))


def _late(problem: Problem, delayed: Mapping[str, int]) -> Problem:
    departures = tuple(
        replace(d, depart_min=d.depart_min + delayed[d.name], arrive_min=d.arrive_min + delayed[d.name])
        if d.name in delayed
        else d
        for d in problem.departures
    )
    return replace(problem, departures=departures)


def _remaining(problem: Problem, now_min: int, under_way: Mapping[str, Names]) -> tuple[Shipment, ...]:
    """Shipments from where they will be at hand next; those that only have to arrive are not planned any more."""
    by_name = {d.name: d for d in problem.departures}
    found: list[Shipment] = []
    for shipment in problem.shipments:
        legs = under_way.get(shipment.name, [])
        if not legs:
            ready_min = max(shipment.ready_min, now_min)
            found.append(replace(shipment, index=len(found), ready_min=ready_min))
            continue
        last = by_name[legs[-1]]
        if last.destination == shipment.destination:
            continue
        ready_min = max(now_min, last.arrive_min + last.dwell_min + problem.hubs[last.destination].transfer_min)
        found.append(replace(shipment, index=len(found), origin=last.destination, ready_min=ready_min))
    return tuple(found)


def can_travel(problem: Problem, shipment: Shipment, route: Route) -> bool:
    """Whether times and places of a route fit; what it takes on board is the referee's question."""
    at, place = shipment.ready_min, shipment.origin
    for s in route:
        d = problem.departures[s]
        if d.origin != place or d.cut_off_min < at:
            return False
        at, place = d.arrive_min + d.dwell_min, d.destination
        if place == shipment.destination:
            return s == route[-1] and at <= shipment.due_min
        at += problem.hubs[place].transfer_min
    return False


def routes_from(problem: Problem, routes: Mapping[str, Names | None]) -> tuple[Route | None, ...]:
    """Routes by shipment number; an unknown shipment or departure gives None."""
    index = {d.name: d.index for d in problem.departures}
    found: list[Route | None] = []
    for shipment in problem.shipments:
        wanted = routes.get(shipment.name)
        known = tuple(index[name] for name in wanted or () if name in index)
        found.append(known if wanted and len(known) == len(wanted) else None)
    return tuple(found)


def names_of(problem: Problem, routes: tuple[Route | None, ...]) -> dict[str, Names | None]:
    return {
        shipment.name: None if route is None else [problem.departures[s].name for s in route]
        for shipment, route in zip(problem.shipments, routes, strict=True)
    }


def packed(certificate: Certificate) -> bytes:
    whole = [
        certificate.value,
        certificate.price_weight,
        certificate.price_volume,
        certificate.pool_price,
        certificate.kind,
    ]
    return zlib.compress(json.dumps(whole).encode())


def unpacked(data: bytes) -> Certificate:
    value, weight, volume, pool, kind = json.loads(zlib.decompress(data))
    return Certificate(value, tuple(weight), tuple(volume), tuple(pool), kind)


def planned_from(source: Source, routes: Mapping[str, Names | None], certificate: bytes) -> Planned:
    """A stored plan as it was; a changed plan has one pool more, which closes what was cancelled."""
    network, built = built_from(source)
    proof, problem = unpacked(certificate), built.problem
    if len(proof.pool_price) == len(problem.pools) + 1:
        gone = set(source.given.cancelled)
        problem = without(problem, frozenset(d.index for d in problem.departures if d.name in gone))
    plan = plan_of(problem, routes_from(problem, routes), proof)
    return Planned(network, replace(built, problem=problem), plan)

"""A plan as plain values for files and screens: money as decimal text in the network's currency, instants with their zone."""

import math
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from routing.data.build import Built
from routing.data.network import Network
from routing.explain import Alternative, reason_for
from routing.problem import Departure
from routing.solution import Plan, Route, loads_of


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan beside the tables it comes from."""

    network: Network
    built: Built
    plan: Plan

    def local(self, minute: int, hub: int) -> datetime:
        return self.built.at(minute).astimezone(self.network.hubs[self.plan.problem.hubs[hub].name].zone)


def money(minor: int) -> str:
    return f"{Decimal(minor) / 100:.2f}"


def summary(held: Planned) -> dict[str, Any]:
    """Cost, what is proved of it, and what was left to others."""
    plan = held.plan
    left = sum(1 for route in plan.routes if route is None)
    return {
        "currency": held.network.currency,
        "cost": money(plan.cost),
        "lower_bound": money(plan.gap.lower),
        "gap": round(plan.gap.share, 5),
        "gap_kind": plan.gap.kind,
        "shipments": len(plan.routes),
        "unserved": left,
        "departures_used": sum(1 for units in plan.units if units),
        "departures_offered": len(plan.problem.departures),
        "alone_cost": money(alone_cost(held)),
    }


def alone_cost(held: Planned) -> int:
    """What the routes would cost if every shipment paid for whole units of its own."""
    total = 0
    for shipment, route in zip(held.plan.problem.shipments, held.plan.routes, strict=True):
        for s in route or ():
            d = held.plan.problem.departures[s]
            whole = max(-(-shipment.weight_g // d.unit_weight_g), -(-shipment.volume_dm3 // d.unit_volume_dm3))
            total += whole * d.unit_cost
        total += shipment.outsource_cost if route is None else 0
    return total


def leg(held: Planned, departure: Departure) -> dict[str, Any]:
    service = held.built.services[departure.index]
    hubs = held.plan.problem.hubs
    return {
        "departure": departure.name,
        "service": service.service,
        "mode": service.mode,
        "origin": hubs[departure.origin].name,
        "destination": hubs[departure.destination].name,
        "cut_off_at": held.local(departure.cut_off_min, departure.origin).isoformat(),
        "depart_at": held.local(departure.depart_min, departure.origin).isoformat(),
        "arrive_at": held.local(departure.arrive_min, departure.destination).isoformat(),
    }


def shipment_line(held: Planned, number: int) -> dict[str, Any]:
    """One shipment: its legs, or the reason why it is left to others."""
    plan = held.plan
    shipment, route = plan.problem.shipments[number], plan.routes[number]
    line: dict[str, Any] = {
        "shipment": shipment.name,
        "origin": plan.problem.hubs[shipment.origin].name,
        "destination": plan.problem.hubs[shipment.destination].name,
        "ready_at": held.local(shipment.ready_min, shipment.origin).isoformat(),
        "due_at": held.local(shipment.due_min, shipment.destination).isoformat(),
        "weight_kg": shipment.weight_g / 1000,
        "volume_m3": shipment.volume_dm3 / 1000,
        "arrives_at": None,
        "co2_kg": 0.0,
        "legs": [],
    }
    if route is None:
        return line
    last = plan.problem.departures[route[-1]]
    arrives = held.local(last.arrive_min + last.dwell_min, last.destination)
    grams = sum(plan.problem.departures[s].co2_g_per_t * shipment.weight_g for s in route) / 1_000_000
    legs = [leg(held, plan.problem.departures[s]) for s in route]
    return line | {"arrives_at": arrives.isoformat(), "co2_kg": round(grams / 1000, 3), "legs": legs}


def departure_lines(held: Planned) -> list[dict[str, Any]]:
    """Departures that carry something, by departure; `fill` is of the units paid for, by the scarcer of weight and volume."""
    plan = held.plan
    weight_g, volume_dm3 = loads_of(plan.problem, plan.routes)
    lines = []
    for d in plan.problem.departures:
        units = plan.units[d.index]
        if not units:
            continue
        load = max(weight_g[d.index] / d.unit_weight_g, volume_dm3[d.index] / d.unit_volume_dm3)
        lines.append(
            leg(held, d)
            | {
                "unit": d.unit_type,
                "units": units,
                "slots": min(plan.problem.pools[pool] for pool in d.pools),
                "fill": round(load / units, 4),
                "weight_kg": weight_g[d.index] / 1000,
                "volume_m3": volume_dm3[d.index] / 1000,
                "unit_cost": money(units * d.unit_cost),
                "depart_min": d.depart_min,
            }
        )
    return sorted(lines, key=lambda line: (line["depart_min"], line["departure"]))


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence: a code of `plan_why` and its parameters, all plain text."""

    code: str
    params: dict[str, str]


def explained(held: Planned, number: int, most: int = 3) -> list[Said]:
    """Why this route, what a full train's place is worth, why not the next best; or why it is left to others."""
    plan = held.plan
    shipment = plan.problem.shipments[number]
    if plan.routes[number] is None:
        return [_left(held, number)]
    why = plan.why(shipment)
    end = plan.problem.shipments[number].destination
    found = [
        Said(
            "rides",
            {
                "shipment": shipment.name,
                "departures": " → ".join(one.departure for one in why.legs),
                "arrives": _minute(held, why.arrives_min or 0, end),
                "due": _minute(held, shipment.due_min, end),
                "own": _paid(held, why.own),
                "share": _paid(held, sum(one.unit_share for one in why.legs)),
                "waits_h": str(round(why.waits_min / 60)),
                "outsource": _paid(held, why.outsource),
            },
        )
    ]
    for one in why.legs:
        if one.scarcity > 0:
            found.append(Said("scarce", {"departure": one.departure, "worth": _paid(held, one.scarcity)}))
    return found + [_instead(held, end, other) for other in plan.alternatives(shipment, most)]


def names(plan: Plan, route: Route) -> str:
    return " → ".join(plan.problem.departures[s].name for s in route)


def _instead(held: Planned, end: int, other: Alternative) -> Said:
    params = {
        "departures": names(held.plan, other.route),
        "arrives": _minute(held, other.arrives_min, end),
        "co2_kg": str(math.ceil(other.co2_g / 1000)),
        "money": _paid(held, abs(other.more_than_now)),
    }
    return Said("other_dearer" if other.more_than_now >= 0 else "other_cheaper", params)


def _left(held: Planned, number: int) -> Said:
    shipment = held.plan.problem.shipments[number]
    reason = reason_for(held.plan, shipment)
    params = {"shipment": shipment.name, "outsource": _paid(held, shipment.outsource_cost)}
    for name, value in reason.params.items():
        if name in ("earliest_min", "due_min"):
            params[name.removesuffix("_min")] = _minute(held, int(value), shipment.destination)
        elif name in ("cheapest", "slot_worth"):
            params[name] = _paid(held, int(value))
        elif name in ("departure", "needs"):
            params[name] = str(value)
    code = "dearer_alone" if reason.code == "dearer" and "cheapest" not in params else reason.code
    return Said(f"left_{code}", params)


def _paid(held: Planned, minor: int) -> str:
    return f"{money(minor)} {held.network.currency}"


def _minute(held: Planned, minute: int, hub: int) -> str:
    return held.local(minute, hub).strftime("%Y-%m-%d %H:%M")

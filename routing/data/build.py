"""From tables to a problem: departures of the calendar between first ready and last due time, in minutes from its start.

Everything follows from the tables alone, so that the same tables give the same problem, number by number, in any process.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from routing.data.faults import DataFault, DataFaults, stop_at
from routing.data.network import Network, ServiceRow
from routing.data.shipments import ShipmentRow
from routing.model import MAX_DEPARTURES, Model
from routing.problem import Hub, Problem, Weights

MAX_DAYS = 400


@dataclass(frozen=True, slots=True)
class Built:
    """The problem, its first minute, and the service behind every departure."""

    problem: Problem
    start_at: datetime
    services: tuple[ServiceRow, ...]

    def at(self, minute: int) -> datetime:
        return self.start_at + timedelta(minutes=minute)


@dataclass(slots=True)
class _Draft:
    model: Model
    network: Network
    hubs: dict[str, Hub]
    start_at: datetime
    end_min: int
    pools: dict[tuple[str, date, int], int]
    services: list[ServiceRow]

    def minute(self, at: datetime) -> int:
        return int((at - self.start_at).total_seconds() // 60)


def build(
    network: Network, shipments: Sequence[ShipmentRow], weights: Weights | None = None, file: str = "shipments"
) -> Built:
    """Raises DataFaults for what only shows when both are put together."""
    first, last = min(one.ready_at for one in shipments), max(one.due_at for one in shipments)
    start_at = datetime(first.year, first.month, first.day, tzinfo=UTC)
    days = (last - start_at).days + 1
    if days > MAX_DAYS:
        raise stop_at("horizon_too_long", file, column="due", days=days, limit=MAX_DAYS)
    model = Model(weights)
    hubs = {
        hub.code: model.add_hub(hub.code, hub.transfer_min, hub.free_min, hub.storage_per_t_day, hub.can)
        for hub in network.hubs.values()
    }
    draft = _Draft(model, network, hubs, start_at, int((last - start_at).total_seconds() // 60), {}, [])
    for service in network.services:
        if service.active:
            _run(draft, service, days)
    if not draft.services:
        raise stop_at("no_departures", file)
    _check_sizes(model, shipments, file)
    for one in shipments:
        model.add_shipment(
            one.shipment,
            hubs[one.origin],
            hubs[one.destination],
            ready_min=-(-int((one.ready_at - start_at).total_seconds()) // 60),
            due_min=draft.minute(one.due_at),
            weight_g=one.weight_g,
            volume_dm3=one.volume_dm3,
            outsource_cost=one.outsource_cost,
            needs=one.needs,
        )
    return Built(model.problem(), start_at, tuple(draft.services))


def _run(draft: _Draft, service: ServiceRow, days: int) -> None:
    """Add every run of a service whose cut-off and arrival lie within the horizon."""
    country = draft.network.hubs[service.origin].country
    first = draft.start_at.date() - timedelta(days=service.offset_days + 1)
    for number in range(days + service.offset_days + 2):
        run_on = first + timedelta(days=number)
        leaves_on = run_on + timedelta(days=service.offset_days)
        if run_on.isoweekday() not in service.weekdays or not service.valid_from <= run_on <= service.valid_to:
            continue
        if country in service.rests_in and (country, leaves_on) in draft.network.holidays:
            continue
        _add(draft, service, run_on, leaves_on)


def _add(draft: _Draft, service: ServiceRow, run_on: date, leaves_on: date) -> None:
    hubs = draft.network.hubs
    depart_min = draft.minute(datetime.combine(leaves_on, service.depart, hubs[service.origin].zone))
    arrives_on = leaves_on + timedelta(days=service.arrive_day)
    arrive_min = draft.minute(datetime.combine(arrives_on, service.arrive, hubs[service.destination].zone))
    cut_off_min = depart_min - service.cut_off_min
    if cut_off_min < 0 or arrive_min > draft.end_min:
        return
    if len(draft.services) == MAX_DEPARTURES:
        raise stop_at("too_many", "services.csv", value=MAX_DEPARTURES + 1, field="departures", high=MAX_DEPARTURES)
    unit = draft.network.units[service.unit]
    dwell = draft.network.dwell.get((service.destination, service.mode))
    usual_min = dwell.usual_min if dwell else 0
    draft.model.add_departure(
        f"{service.service} {leaves_on.isoformat()}",
        draft.hubs[service.origin],
        draft.hubs[service.destination],
        cut_off_min=cut_off_min,
        depart_min=depart_min,
        arrive_min=arrive_min,
        dwell_min=usual_min if service.dwell_min is None else service.dwell_min,
        slots=None if service.train else service.slots,
        pools=_pools(draft, service, run_on),
        unit_type=unit.unit,
        unit_weight_g=unit.weight_g,
        unit_volume_dm3=unit.volume_dm3,
        unit_cost=service.unit_cost,
        per_shipment=service.per_shipment,
        per_t=service.per_t,
        per_m3=service.per_m3,
        co2_g_per_t=service.co2_g_per_t,
        risk_points=service.risk_points,
        can=service.can,
    )
    draft.services.append(service)


def _pools(draft: _Draft, service: ServiceRow, run_on: date) -> list[int]:
    """One pool for each stretch of the train that this row runs over, shared with the train's other rows."""
    if not service.train:
        return []
    found = []
    for stretch in range(service.stretches[0], service.stretches[1] + 1):
        key = service.train, run_on, stretch
        if key not in draft.pools:
            draft.pools[key] = draft.model.add_slots(service.slots)
        found.append(draft.pools[key])
    return found


def _check_sizes(model: Model, shipments: Sequence[ShipmentRow], file: str) -> None:
    """Say in which row a shipment is larger than every departure; the model would only say its name."""
    largest_g, largest_dm3 = model.largest()
    faults = [
        DataFault(
            "too_large_for_any_unit",
            file,
            one.row,
            "weight_kg" if one.weight_g > largest_g else "volume_m3",
            {"weight_kg": one.weight_g / 1000, "volume_m3": one.volume_dm3 / 1000},
        )
        for one in shipments
        if one.weight_g > largest_g or one.volume_dm3 > largest_dm3
    ]
    if faults:
        raise DataFaults(faults)

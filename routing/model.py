"""The friendly way to a problem: add hubs, slots, departures and shipments; every mistake is said where it is made.

model = Model()
xian, moscow = model.add_hub("CNXIY"), model.add_hub("RUMOW")
model.add_departure("X8001 1 May", xian, moscow, cut_off_min=0, depart_min=480, arrive_min=15_000, slots=4,
                    unit_weight_g=26_500_000, unit_volume_dm3=76_000, unit_cost=390_000)
model.add_shipment("S1", xian, moscow, ready_min=0, due_min=20_000, weight_g=4_000_000, volume_dm3=19_000,
                   outsource_cost=400_000)
plan = model.solve(stop=MaxRuntime(10), seed=1)
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from routing.fault import ProblemFault, whole
from routing.problem import (
    EVERYTHING,
    MAX_MINUTE,
    MAX_MONEY,
    MAX_VOLUME_DM3,
    MAX_WEIGHT_G,
    Departure,
    Hub,
    Need,
    Problem,
    Shipment,
    Weights,
)
from routing.progress import Progress
from routing.solution import Plan
from routing.stop import Stop

MAX_SHIPMENTS = 1_000_000
MAX_DEPARTURES = 200_000
MAX_HUBS = 2_000


class Model:
    """Collects a planning problem; `problem()` freezes it."""

    def __init__(self, weights: Weights | None = None) -> None:
        self.weights = weights or Weights()
        self._hubs: list[Hub] = []
        self._departures: list[Departure] = []
        self._shipments: list[Shipment] = []
        self._pools: list[int] = []
        self._names: set[tuple[str, str]] = set()

    def add_hub(
        self,
        name: str,
        transfer_min: int = 0,
        free_min: int = 0,
        storage_per_t_day: int = 0,
        can: Need = EVERYTHING,
    ) -> Hub:
        """Add a place where goods change departures; a transfer takes `transfer_min` after they are at hand."""
        place = self._claim("hub", name, len(self._hubs), MAX_HUBS)
        whole(place, "transfer_min", transfer_min, 0, MAX_MINUTE)
        whole(place, "free_min", free_min, 0, MAX_MINUTE)
        whole(place, "storage_per_t_day", storage_per_t_day, 0, 10**7)
        hub = Hub(len(self._hubs), name, transfer_min, free_min, storage_per_t_day, can)
        self._hubs.append(hub)
        return hub

    def add_slots(self, slots: int) -> int:
        """A pool of unit places that several departures of one train share; returns its number."""
        self._pools.append(whole(f"slot pool {len(self._pools)}", "slots", slots, 0, 100_000))
        return len(self._pools) - 1

    def add_departure(
        self,
        name: str,
        origin: Hub,
        destination: Hub,
        *,
        cut_off_min: int,
        depart_min: int,
        arrive_min: int,
        unit_weight_g: int,
        unit_volume_dm3: int,
        unit_cost: int,
        slots: int | None = None,
        pools: Sequence[int] = (),
        dwell_min: int = 0,
        per_shipment: int = 0,
        per_t: int = 0,
        per_m3: int = 0,
        co2_g_per_t: int = 0,
        risk_points: int = 0,
        unit_type: str = "40HC",
        can: Need = EVERYTHING,
    ) -> Departure:
        """Add one departure with slots of its own, or with the pools of every stretch of its train that it runs over."""
        place = self._claim("departure", name, len(self._departures), MAX_DEPARTURES)
        departure = Departure(
            len(self._departures),
            name,
            self._hub(place, origin).index,
            self._hub(place, destination).index,
            whole(place, "cut_off_min", cut_off_min, 0, MAX_MINUTE),
            whole(place, "depart_min", depart_min, 0, MAX_MINUTE),
            whole(place, "arrive_min", arrive_min, 0, MAX_MINUTE),
            whole(place, "dwell_min", dwell_min, 0, MAX_MINUTE),
            unit_type,
            whole(place, "unit_weight_g", unit_weight_g, 1, MAX_WEIGHT_G),
            whole(place, "unit_volume_dm3", unit_volume_dm3, 1, MAX_VOLUME_DM3),
            whole(place, "unit_cost", unit_cost, 0, MAX_MONEY),
            whole(place, "per_shipment", per_shipment, 0, MAX_MONEY),
            whole(place, "per_t", per_t, 0, 10**7),
            whole(place, "per_m3", per_m3, 0, 10**7),
            whole(place, "co2_g_per_t", co2_g_per_t, 0, 10**9),
            whole(place, "risk_points", risk_points, 0, 10**6),
            can,
            self._pools_of(place, slots, pools),
        )
        _check_departure(place, departure, destination.name)
        self._departures.append(departure)
        return departure

    def add_shipment(
        self,
        name: str,
        origin: Hub,
        destination: Hub,
        *,
        ready_min: int,
        due_min: int,
        weight_g: int,
        volume_dm3: int,
        outsource_cost: int,
        needs: Need = Need.NONE,
    ) -> Shipment:
        """Add goods that travel together; `outsource_cost` is what it costs to let somebody else carry them."""
        place = self._claim("shipment", name, len(self._shipments), MAX_SHIPMENTS)
        shipment = Shipment(
            len(self._shipments),
            name,
            self._hub(place, origin).index,
            self._hub(place, destination).index,
            whole(place, "ready_min", ready_min, 0, MAX_MINUTE),
            whole(place, "due_min", due_min, 0, MAX_MINUTE),
            whole(place, "weight_g", weight_g, 1, MAX_WEIGHT_G),
            whole(place, "volume_dm3", volume_dm3, 1, MAX_VOLUME_DM3),
            whole(place, "outsource_cost", outsource_cost, 0, MAX_MONEY),
            needs,
        )
        if origin.index == destination.index:
            raise ProblemFault("same_hub", place=place, value=origin.name)
        if due_min < ready_min:
            raise ProblemFault("due_before_ready", place=place, due=due_min, ready=ready_min)
        self._shipments.append(shipment)
        return shipment

    def problem(self) -> Problem:
        """Freeze what was added; a shipment larger than every departure with all its slots is refused."""
        largest_weight_g, largest_volume_dm3 = self.largest()
        for shipment in self._shipments:
            if self._departures and (shipment.weight_g > largest_weight_g or shipment.volume_dm3 > largest_volume_dm3):
                raise ProblemFault(
                    "too_large_for_any_unit",
                    place=f"shipment {shipment.name}",
                    weight_g=shipment.weight_g,
                    volume_dm3=shipment.volume_dm3,
                )
        return Problem(
            tuple(self._hubs), tuple(self._departures), tuple(self._shipments), tuple(self._pools), self.weights
        )

    def largest(self) -> tuple[int, int]:
        """Grams and dm3 that the largest departure takes with all its slots."""
        weight_g = max((d.unit_weight_g * self._slots_of(d) for d in self._departures), default=0)
        return weight_g, max((d.unit_volume_dm3 * self._slots_of(d) for d in self._departures), default=0)

    def solve(
        self, stop: Stop | None = None, seed: int = 0, progress: Callable[[Progress], None] | None = None
    ) -> Plan:
        """Plan until `stop` says so (a minute by default)."""
        from routing.solve import solve  # the solver compiles on import; building a model must not wait for it

        return solve(self.problem(), stop=stop, seed=seed, progress=progress)

    def _claim(self, kind: str, name: str, count: int, most: int) -> str:
        place = f"{kind} {name}" if name else f"{kind} {count}"
        if not name:
            raise ProblemFault("name_missing", place=place)
        if (kind, name) in self._names:
            raise ProblemFault("name_repeated", place=place)
        if count >= most:
            raise ProblemFault("too_many", field=kind + "s", value=count + 1, high=most)
        self._names.add((kind, name))
        return place

    def _hub(self, place: str, hub: Hub) -> Hub:
        if hub.index >= len(self._hubs) or self._hubs[hub.index] is not hub:
            raise ProblemFault("unknown_hub", place=place, value=hub.name)
        return hub

    def _pools_of(self, place: str, slots: int | None, pools: Sequence[int]) -> tuple[int, ...]:
        if any(not 0 <= pool < len(self._pools) for pool in pools) or (slots is None and not pools):
            raise ProblemFault("unknown_pool", place=place)
        own = () if slots is None else (self.add_slots(whole(place, "slots", slots, 0, 100_000)),)
        return tuple(dict.fromkeys((*pools, *own)))

    def _slots_of(self, departure: Departure) -> int:
        return min(self._pools[pool] for pool in departure.pools)


def _check_departure(place: str, departure: Departure, destination: str) -> None:
    if departure.origin == departure.destination:
        raise ProblemFault("same_hub", place=place, value=destination)
    if departure.depart_min < departure.cut_off_min:
        raise ProblemFault(
            "departs_before_cut_off", place=place, depart=departure.depart_min, cut_off=departure.cut_off_min
        )
    if departure.arrive_min <= departure.depart_min:
        raise ProblemFault(
            "arrives_before_departure", place=place, arrive=departure.arrive_min, depart=departure.depart_min
        )


def without(problem: Problem, cancelled: frozenset[int]) -> Problem:
    """The same problem with the unit places of cancelled departures taken away; numbers stay what they were."""
    pools = [*problem.pools, 0]
    departures = tuple(
        replace(departure, pools=(*departure.pools, len(pools) - 1)) if departure.index in cancelled else departure
        for departure in problem.departures
    )
    return replace(problem, departures=departures, pools=tuple(pools))

"""The frozen planning problem: whole numbers only, so that a plan and its bound can be recounted exactly.

Times are minutes from the start of the horizon, weights grams, volumes dm3 (litres), money minor units of one currency. A
departure carries units (containers, trucks, ULDs); each costs `unit_cost` however full it is. Departures that share a train
draw on the same slot pools, one pool for each stretch between two calls.

    cost of a shipment on a departure = per_shipment + ceil((per_t * weight_g + 1000 * per_m3 * volume_dm3) / 1_000_000)
    storage at a hub                  = ceil(storage_per_t_day * weight_g * max(0, wait - free_min) / (1_000_000 * 1440))
"""

from dataclasses import dataclass, field
from enum import IntFlag


class Need(IntFlag):
    """What a shipment needs and what a hub or a departure can do."""

    NONE = 0
    TEMPERATURE = 1
    DANGEROUS = 2
    BONDED = 4
    POSTAL = 8


EVERYTHING = Need.TEMPERATURE | Need.DANGEROUS | Need.BONDED | Need.POSTAL
MAX_MINUTE = 4 * 366 * 1440
MAX_MONEY = 10**12
MAX_WEIGHT_G = 10**10
MAX_VOLUME_DM3 = 10**8
MAX_LEGS = 10


@dataclass(frozen=True, slots=True)
class Hub:
    index: int
    name: str
    transfer_min: int = 0
    free_min: int = 0
    storage_per_t_day: int = 0
    can: Need = EVERYTHING


@dataclass(frozen=True, slots=True)
class Departure:
    """One sailing of a service between two hubs; `arrive + dwell_min` is when goods can be handed over at the destination."""

    index: int
    name: str
    origin: int
    destination: int
    cut_off_min: int
    depart_min: int
    arrive_min: int
    dwell_min: int
    unit_type: str
    unit_weight_g: int
    unit_volume_dm3: int
    unit_cost: int
    per_shipment: int
    per_t: int
    per_m3: int
    co2_g_per_t: int
    risk_points: int
    can: Need
    pools: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shipment:
    index: int
    name: str
    origin: int
    destination: int
    ready_min: int
    due_min: int
    weight_g: int
    volume_dm3: int
    outsource_cost: int
    needs: Need = Need.NONE


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts beside money, as prices: minor units a tonne of CO2e, a tonne and day under way, a point of delay risk."""

    co2_per_t: int = 0
    day_per_t: int = 0
    risk_point: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    hubs: tuple[Hub, ...]
    departures: tuple[Departure, ...]
    shipments: tuple[Shipment, ...]
    pools: tuple[int, ...]
    weights: Weights = field(default_factory=Weights)

"""The nouns a line report is folded into. Mutable working copies of rows; `LineBook` owns them during one batch."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(slots=True)
class Item:
    """A physical thing with a tracking id on one line. `result` stays `on_line` until a confirmation or a loss ends it."""

    tid: str
    first_seen_at: datetime
    inducted_at: datetime | None = None
    induct_place: str | None = None
    parcel_id: UUID | None = None
    codes: list[str] = field(default_factory=list)
    scans: int = 0
    weight_g: int | None = None
    passes: int = 0
    decided_at: datetime | None = None
    decided_chute: str | None = None
    decision_reason: str | None = None
    decided_us: int | None = None
    plan_version: int | None = None
    finished_at: datetime | None = None
    actual: str | None = None
    result: str = "on_line"
    reason: str | None = None
    repeats: int = 0


@dataclass(slots=True)
class Parcel:
    """What a line has to know of a parcel. `waybill_no` None: nobody could read it yet."""

    id: UUID
    waybill_no: str | None
    destination: str | None
    state: str
    reason: str | None = None
    declared_weight_g: int | None = None
    measured_weight_g: int | None = None
    in_bag: UUID | None = None
    on_ledger: bool = True  # False: announced, no unit yet
    new: bool = False
    hold: bool = False
    state_at: datetime | None = None


@dataclass(slots=True)
class Bag:
    """`destination` is that of the first parcel that belongs here; what fell in by mistake names nothing."""

    id: UUID
    chute: str
    destination: str | None
    parcels: int = 0
    weight_g: int = 0
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str | None = None
    new: bool = False


@dataclass(slots=True)
class Chute:
    """`exception`: a chute of special role; what falls there is not bagged but waits for a person."""

    name: str
    location_id: UUID
    state: str
    bag_max_parcels: int
    bag_max_weight_g: int
    exception: bool


@dataclass(frozen=True, slots=True)
class Line:
    path: str
    site: str
    outside_id: UUID
    belt_id: UUID
    lost_id: UUID


@dataclass(frozen=True, slots=True)
class RaisedAlarm:
    code: str
    params: dict[str, str | int]
    at: datetime

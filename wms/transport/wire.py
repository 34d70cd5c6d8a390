"""How the network, jobs, plans, bookings and departures travel. Money is decimal text in the network's currency."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

JobState = Literal["queued", "running", "done", "failed", "cancelled"]
Name = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")]
Shipment = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]+$")]
RouteNames = Annotated[list[Name], Field(min_length=1, max_length=10)]
TableName = Literal["hubs", "units", "dwell", "services", "holidays"]


class SaveNetwork(BaseModel):
    """CSV text by table; a table that is left out stays as it was in the newest version."""

    note: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f]*$")] = ""
    tables: Annotated[dict[TableName, Annotated[str, Field(max_length=4_000_000)]], Field(min_length=1)]


class NetworkRecord(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    version: int
    note: str
    saved_by: str
    saved_at: datetime


class NetworkTables(NetworkRecord):
    tables: dict[str, str]


class HubPlace(BaseModel):
    code: str
    names: dict[str, str]
    kind: str
    country: str
    latitude: float
    longitude: float
    verified: bool


class ProgressPoint(BaseModel):
    seconds: float
    cost: str | None
    bound: str | None
    gap: float | None
    phase: str


class JobRecord(BaseModel):
    """`proposal_id` is there when it is done; `error` is a code with parameters when it failed."""

    id: UUID
    root_id: UUID
    kind: str
    name: str
    filename: str
    network_version: int
    base_id: UUID | None
    seconds: float
    seed: int
    state: JobState
    asked: str | None
    progress: list[ProgressPoint]
    error: dict[str, Any] | None
    proposal_id: UUID | None
    created_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class Summary(BaseModel):
    currency: str
    cost: str
    lower_bound: str
    gap: float
    gap_kind: str
    shipments: int
    unserved: int
    departures_used: int
    departures_offered: int
    alone_cost: str


class LegLine(BaseModel):
    departure: str
    service: str
    mode: str
    origin: str
    destination: str
    cut_off_at: datetime
    depart_at: datetime
    arrive_at: datetime


class DepartureLine(LegLine):
    unit: str
    units: int
    slots: int
    fill: float
    weight_kg: float
    volume_m3: float
    unit_cost: str


class ShipmentLine(BaseModel):
    shipment: str
    origin: str
    destination: str
    ready_at: datetime
    due_at: datetime
    arrives_at: datetime | None
    weight_kg: float
    volume_m3: float
    co2_kg: float
    legs: list[LegLine]


class ProposalRecord(BaseModel):
    """A plan that separate code has refereed just now. `moved` travel otherwise than in the plan it changes."""

    id: UUID
    job_id: UUID
    state: str
    moved: int
    made_at: datetime
    summary: Summary
    departures: list[DepartureLine]


class SaidLine(BaseModel):
    """A sentence: words of `planwhy`, and what to put in."""

    code: str
    params: dict[str, str]


class AlternativeLine(BaseModel):
    """`more` is how much dearer it is at the prices of full trains; negative where whole units stand against it."""

    departures: list[str]
    more: str
    arrives_at: datetime
    days: float
    co2_kg: float
    risk_points: int


class ShipmentWhy(BaseModel):
    line: ShipmentLine
    why: list[SaidLine]
    alternatives: list[AlternativeLine]


class EditPlan(BaseModel):
    """`moves` pins shipments to routes, null leaves one to others; `forbid` takes departures away. Nobody else is moved."""

    moves: Annotated[
        dict[Shipment, Annotated[list[Name], Field(min_length=1, max_length=10)] | None], Field(max_length=1000)
    ] = {}
    forbid: Annotated[list[Name], Field(max_length=200)] = []


class Difference(BaseModel):
    shipment: str
    here: list[str] | None
    there: list[str] | None


class Comparison(BaseModel):
    """What differs between two plans; `differences` are the first 500."""

    here: Summary
    there: Summary
    count: int
    differences: list[Difference]


class Accepted(BaseModel):
    proposal_id: UUID
    bookings: int
    departures: int


class BookingRecord(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    root_id: UUID
    shipment: str
    leg_no: int
    departure: str
    proposal_id: UUID
    weight_g: int
    volume_dm3: int
    booked_at: datetime


class DepartureRecord(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str
    service: str
    mode: str
    origin: str
    destination: str
    cut_off_at: datetime
    depart_at: datetime
    arrive_at: datetime
    slots: int
    delay_min: int
    state: str
    reported_at: datetime | None


class ReportDeparture(BaseModel):
    """What the field knows: it left, it is late, or it does not run. `happened_at` is when that was known."""

    state: Literal["planned", "departed", "cancelled"]
    delay_min: Annotated[int, Field(ge=0, le=60 * 1440)] = 0
    happened_at: AwareDatetime | None = None


class Reported(BaseModel):
    """`replans` are the jobs that were queued because booked goods are touched."""

    departure: DepartureRecord
    replans: list[UUID]

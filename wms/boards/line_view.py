"""What the line screen shows: the shapes of its picture."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel


class LineSummary(BaseModel):
    path: str
    site: str
    name: str
    plan_version: int
    target_parcels_per_hour: int


class BeltItem(BaseModel):
    """A parcel on the belt. The screen draws it from `inducted_at`, the belt's speed and the chute's place."""

    tid: str
    inducted_at: datetime | None
    induct_place: str | None
    waybill_no: str | None
    destination: str | None
    chute: str | None
    reason: str | None
    passes: int


class DecisionRow(BaseModel):
    """`decided_ms`: request and scan known → answer on the wire. `actual` is empty until the divert is confirmed."""

    tid: str
    at: datetime
    code: str | None
    waybill_no: str | None
    destination: str | None
    chute: str | None
    reason: str
    decided_ms: float
    weight_g: int | None
    actual: str | None
    result: str
    result_reason: str | None


class BagView(BaseModel):
    parcels: int
    weight_g: int
    opened_at: datetime


class ChuteView(BaseModel):
    """`role` is set for chutes of special role (no_read, hold …); `serves` are the destinations of the plan."""

    name: str
    state: str
    role: str | None
    serves: list[str]
    bag: BagView | None
    bag_max_parcels: int
    bag_max_weight_g: int
    parcels_total: int


class DeviceView(BaseModel):
    address: str
    kind: str
    state: str
    detail: str
    since: datetime | None
    last_frame_at: datetime | None
    frames: int
    garbage_bytes: int
    reconnects: int
    stale: bool


class GatewayView(BaseModel):
    name: str
    connection: str
    at: datetime | None
    stale: bool
    outbox_rows: int
    outbox_oldest_s: float
    decision_p50_ms: float
    decision_p99_ms: float
    durable_p50_ms: float
    durable_p99_ms: float
    late_decisions: int
    plan_version: int
    directory_entries: int


class AlarmView(BaseModel):
    id: UUID
    device: str
    code: str
    params: dict[str, Any]
    at: datetime
    times: int


class Counts(BaseModel):
    """Over the last 24 hours; `per_hour` is the last minute times sixty."""

    announced: int
    inducted: int
    sorted: int
    exceptions: int
    on_line: int
    per_hour: int
    by_reason: dict[str, int]


@dataclass(frozen=True, slots=True)
class Totals:
    """`by_chute`: items that ended there, over the same 24 hours as `counts`."""

    counts: Counts
    by_chute: dict[str | None, int]


class LineView(BaseModel):
    line: LineSummary
    geometry: dict[str, Any]
    at: datetime
    counts: Counts
    items: list[BeltItem]
    decisions: list[DecisionRow]
    chutes: list[ChuteView]
    devices: list[DeviceView]
    gateways: list[GatewayView]
    alarms: list[AlarmView]

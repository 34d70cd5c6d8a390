"""How zones, probes, readings and excursions travel. Temperatures are exact decimals in °C, as strings."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, PlainSerializer, model_validator

from wms.stock.wire import quantity_text

_AsText = PlainSerializer(quantity_text, return_type=str, when_used="json")
Celsius = Annotated[Decimal, Field(ge=-100, le=100, max_digits=5, decimal_places=2, allow_inf_nan=False), _AsText]
Code = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]+$")]
SiteCode = Annotated[str, Field(min_length=1, max_length=8)]
Minutes = Annotated[int, Field(ge=0, le=10_080)]
Temperature = Literal["ambient", "chilled", "frozen"]
ExcursionState = Literal["open", "ended", "released", "withdrawn"]


class ZoneLimits(BaseModel):
    """What is left out is what goods of this temperature need."""

    min_c: Celsius | None = None
    max_c: Celsius | None = None
    allowed_minutes: Minutes | None = None
    silent_minutes: Annotated[int, Field(ge=1, le=10_080)] = 30

    @model_validator(mode="after")
    def _ordered(self) -> "ZoneLimits":
        if self.min_c is not None and self.max_c is not None and self.min_c >= self.max_c:
            raise ValueError("min_c not below max_c")
        return self


class AddZone(ZoneLimits):
    """`zone` is what the locations of the site bear as their zone."""

    site: SiteCode
    zone: Annotated[str, Field(min_length=1, max_length=20)]
    temperature: Temperature


class ChangeZone(ZoneLimits):
    id: UUID


class ZoneRecord(BaseModel):
    id: UUID
    site: str
    zone: str
    temperature: Temperature
    min_c: Celsius | None
    max_c: Celsius | None
    allowed_minutes: int
    silent_minutes: int


class AddProbe(BaseModel):
    """`code` is what its gateway calls it."""

    zone_id: UUID
    code: Code


class ProbeRecord(BaseModel):
    id: UUID
    zone_id: UUID
    site: str
    code: str
    active: bool
    last_at: datetime | None
    last_c: Celsius | None
    silent_since: datetime | None


class ReadingBody(BaseModel):
    probe: Code
    measured_at: AwareDatetime
    celsius: Celsius


class ReportReadings(BaseModel):
    site: SiteCode
    readings: Annotated[list[ReadingBody], Field(min_length=1, max_length=10_000)]


class ReadingsTaken(BaseModel):
    """A gateway may forget all of them: `repeated` were here, `conflicting` were here with another temperature, which stays;
    `in_future` and those of `unknown_probes` were not kept, and sending them again changes nothing."""

    accepted: int
    repeated: int
    conflicting: int
    in_future: int
    unknown_probes: list[str]


class ReadingRecord(BaseModel):
    measured_at: datetime
    celsius: Celsius
    recorded_at: datetime


class GapRecord(BaseModel):
    began_at: datetime
    ended_at: datetime


class MeanKinetic(BaseModel):
    """`mkt_c` is null where nothing was measured."""

    readings: int
    mkt_c: Celsius | None


class ExcursionRecord(BaseModel):
    """`ended_at` is null while it lasts. The limits are those it was judged by."""

    id: UUID
    site: str
    zone: str
    probe: str
    state: ExcursionState
    began_at: datetime
    ended_at: datetime | None
    last_out_at: datetime
    minutes: int
    worst_c: Celsius
    mkt_c: Celsius
    readings: int
    min_c: Celsius | None
    max_c: Celsius | None
    allowed_minutes: int
    opened_at: datetime
    released_at: datetime | None
    released_by: str | None


class ExposedLot(BaseModel):
    """What lay in the zone during the interval, and the hold that blocks it."""

    hold_id: UUID
    item_id: UUID
    sku: str
    lot: str | None
    owner_id: UUID
    owner: str
    held: bool


class ReleaseExcursion(BaseModel):
    id: UUID
    note: Annotated[str, Field(min_length=1, max_length=200)]


class ReleaseNote(BaseModel):
    note: Annotated[str, Field(min_length=1, max_length=200)]


class ExcursionReleased(BaseModel):
    id: UUID
    holds: int

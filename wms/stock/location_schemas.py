"""Wire shapes of locations."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from wms.kit.names import Line
from wms.stock.wire import Quantity

# What people make; virtual places and those of sorting lines are made by the code that owns them.
Kind = Literal["storage", "pick", "dock", "quality", "staging", "packing", "transit"]
CustomsStatus = Literal["duty_unpaid", "free", "export_released", "under_inspection", "detained", "foreign"]
DangerousClass = Annotated[str, Field(pattern=r"^[1-9](\.[1-6])?$")]
_BIG = 10**15


class LocationLimits(BaseModel):
    """Null: no limit. Changing them asks nothing of what lies there already; it binds what comes."""

    temperature: Literal["ambient", "chilled", "frozen"] | None = None
    customs_statuses: list[CustomsStatus] | None = Field(default=None, max_length=6)
    max_weight_g: int | None = Field(default=None, ge=0, le=_BIG)
    max_volume_mm3: int | None = Field(default=None, ge=0, le=_BIG)
    max_units: int | None = Field(default=None, ge=0, le=1_000_000)
    max_height_mm: int | None = Field(default=None, ge=0, le=1_000_000)
    mixing: Literal["one_item", "one_lot", "one_owner"] | None = None
    dangerous_classes: list[DangerousClass] | None = Field(default=None, max_length=20)


class LocationChange(LocationLimits):
    """What is not given stays. The name never changes: it is on the rack."""

    kind: Kind | None = None
    abc: Literal["A", "B", "C"] | None = None
    path_order: int | None = Field(default=None, ge=0, le=2_000_000_000)
    x_mm: int | None = Field(default=None, ge=-1_000_000_000, le=1_000_000_000)
    y_mm: int | None = Field(default=None, ge=-1_000_000_000, le=1_000_000_000)


class LocationPlan(BaseModel):
    """Locations to be made from a pattern. With pitches they get places on the floor plan, for walking distances."""

    site: str = Field(max_length=8)
    pattern: str = Field(min_length=1, max_length=200, examples=["A-{01..12}-{01..20}-{A..D}"])
    kind: Kind = "storage"
    limits: LocationLimits = LocationLimits()
    abc: Literal["A", "B", "C"] | None = None
    serpentine: bool = True
    x_mm: int = Field(default=0, ge=-1_000_000_000, le=1_000_000_000)
    y_mm: int = Field(default=0, ge=-1_000_000_000, le=1_000_000_000)
    aisle_pitch_mm: int | None = Field(default=None, ge=0, le=100_000)
    bay_pitch_mm: int | None = Field(default=None, ge=0, le=100_000)


class LocationPreview(BaseModel):
    """`known` of the `total` names exist at the site and stay as they are."""

    total: int
    known: int
    first: list[str]
    last: list[str]


class LocationsMade(BaseModel):
    total: int
    added: int
    known: int


class LocationRow(LocationLimits):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    site: str
    name: str
    kind: str
    enabled: bool
    zone: str | None
    aisle: str | None
    bay: str | None
    level: str | None
    position: str | None
    path_order: int | None
    x_mm: int | None
    y_mm: int | None
    abc: str | None


class Occupancy(BaseModel):
    """What lies in a location and in the units that stand there, as far as the reader may see it."""

    units: int
    items: int
    owners: int
    quantity: Quantity
    weight_g: int
    volume_mm3: int


class LocationView(LocationRow):
    occupancy: Occupancy


class ZoneOccupancy(BaseModel):
    site: str
    zone: str | None
    kind: str
    locations: int
    enabled: int
    occupied: int
    empty: int


class DisableReason(BaseModel):
    reason: Line | None = None

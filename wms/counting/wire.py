"""How counts travel."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from wms.stock.move_stock import Condition, CustomsStatus
from wms.stock.wire import Quantity, SignedQuantity

SiteCode = Annotated[str, Field(min_length=1, max_length=8)]
Text60 = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]+$")]
Note = Annotated[str, Field(min_length=1, max_length=200)]
CountState = Literal["open", "counting", "recount", "to_approve", "closed", "cancelled"]
CountReason = Literal["cycle", "zero_bin", "short_pick", "stocktake", "request"]
ProposalState = Literal["proposed", "posted", "rejected"]


class CountedGoods(BaseModel):
    """What a person found. Owner, status and condition only where the same article lies there more than once."""

    sku: Text60
    lot: Text60 | None = None
    serial: Text60 | None = None
    unit: Text60 | None = Field(default=None, description="SSCC or label of the unit it lies in; left out: loose")
    owner: Text60 | None = None
    customs_status: CustomsStatus | None = None
    condition: Condition | None = None
    quantity: Quantity
    weight_g: int = Field(default=0, ge=0, le=10**12, description="of catch-weight goods that nobody expected")
    counted_at: AwareDatetime | None = Field(default=None, description="left out: when the whole was counted")


class SheetLine(BaseModel):
    """What lies there by the books, without how much: the count is blind."""

    sku: str
    names: dict[str, str]
    lot: str | None
    serial: str | None
    unit: str | None


class CountSheet(BaseModel):
    id: UUID
    location: str
    round: int
    started_at: datetime
    lines: list[SheetLine]


class CountRow(BaseModel):
    id: UUID
    site: str
    location: str
    zone: str | None
    stocktake_id: UUID | None
    reason: CountReason
    state: CountState
    round: int
    counters: list[str]
    asked_at: datetime
    started_at: datetime | None
    counted_at: datetime | None
    closed_at: datetime | None
    posting_id: UUID | None


class CountLineRow(BaseModel):
    """Quantities are null for who may not know them yet. `moved` while it was counted; `variance` is what nobody explains."""

    stock_id: UUID
    round: int
    sku: str
    owner: str
    lot: str | None
    serial: str | None
    unit: str | None
    customs_status: str
    condition: str
    bonded: bool
    snapshot: Quantity | None
    moved: SignedQuantity | None
    expected: Quantity | None
    counted: Quantity | None
    variance: SignedQuantity | None
    counted_at: datetime | None


class CountChanged(BaseModel):
    id: UUID
    state: CountState

"""How returns travel."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from wms.stock.wire import PositiveQuantity, Quantity

Text60 = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]+$")]
LineNo = Annotated[int, Field(ge=1, le=10_000)]
ReturnKind = Literal["customer", "refused", "bonded", "export"]
ReturnState = Literal["announced", "receiving", "inspected", "closed", "cancelled"]
Grade = Literal["good", "damaged", "quarantine"]
Clock = Literal["apply", "arrive", "tax_free"]
MAX_LINES = 10_000


class ReturnLineBody(BaseModel):
    """`entry_id`: the shipment entry by which the goods left; GET /shipped-goods lists them by order."""

    entry_id: Annotated[int, Field(ge=1, lt=2**63)]
    quantity: PositiveQuantity


class AnnounceReturn(BaseModel):
    """`kind`: `customer`, `refused` at delivery, `bonded` (1210 import, back to its account line), `export` (came back over the
    border). `released_at`: release of the import list, from which the law counts; bonded returns need it. Exports count from
    when they left.
    """

    owner_id: UUID
    reference: Text60
    kind: ReturnKind
    reason: str = Field(min_length=1, max_length=200)
    released_at: AwareDatetime | None = None
    lines: Annotated[list[ReturnLineBody], Field(min_length=1, max_length=MAX_LINES)]

    @model_validator(mode="after")
    def _says_enough(self) -> "AnnounceReturn":
        if (self.kind == "bonded") != (self.released_at is not None):
            raise ValueError("released_at belongs to bonded returns")
        if len({line.entry_id for line in self.lines}) != len(self.lines):
            raise ValueError("an entry stands on one line")
        return self


class ReturnChanged(BaseModel):
    id: UUID
    state: ReturnState


class ReturnRecord(BaseModel):
    id: UUID
    site: str
    owner_id: UUID
    reference: str
    kind: ReturnKind
    reason: str
    state: ReturnState
    clock_starts_at: datetime | None
    arrive_by_on: date | None
    tax_free_by_on: date | None
    tax_free: bool | None
    line_count: int
    announced_at: datetime
    received_at: datetime | None
    closed_at: datetime | None


class ReturnLineRecord(BaseModel):
    """With the dimensions that the goods had when they left, and have again."""

    id: UUID
    line_no: int
    entry_id: int
    order_line_id: UUID
    sku: str
    lot_no: str | None
    serial_no: str | None
    customs_status: str
    account_no: str | None
    account_line: int | None
    quantity: Quantity
    received: Quantity
    good: Quantity
    damaged: Quantity
    quarantine: Quantity


class ShippedGoods(BaseModel):
    """What left by one entry, and how much of it may still come back."""

    entry_id: int
    order_line_id: UUID
    site: str
    owner_id: UUID
    sku: str
    lot_no: str | None
    serial_no: str | None
    customs_status: str
    account_no: str | None
    account_line: int | None
    shipped_at: datetime
    shipped: Quantity
    returned: Quantity
    returnable: Quantity


class WindowBody(BaseModel):
    kind: ReturnKind
    clock: Clock
    days: int = Field(default=0, ge=0, le=3660)
    months: int = Field(default=0, ge=0, le=120)
    valid_from: date
    valid_to: date | None = None
    source: str = Field(min_length=1, max_length=200)
    verified: bool = False

    @model_validator(mode="after")
    def _lasts(self) -> "WindowBody":
        if self.days + self.months == 0:
            raise ValueError("a window lasts")
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise ValueError("valid_to before valid_from")
        return self


class WindowRecord(WindowBody):
    id: UUID

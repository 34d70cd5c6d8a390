"""How orders travel."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from wms.stock.wire import PositiveQuantity, Quantity

Text40 = Annotated[str, Field(min_length=1, max_length=40)]
Text60 = Annotated[str, Field(min_length=1, max_length=60)]
Code = Annotated[str, Field(min_length=1, max_length=120, description="what was scanned or typed")]
SiteCode = Annotated[str, Field(min_length=1, max_length=8)]
Days = Annotated[int, Field(ge=0, le=3660)]
Strategy = Literal["fefo", "fifo", "lifo", "closest"]
OrderIds = Annotated[list[UUID], Field(min_length=1, max_length=500)]
CustomsStatus = Literal["duty_unpaid", "free", "export_released", "foreign"]
OrderState = Literal[
    "new", "released", "allocated", "partly_allocated", "picking", "packed", "loaded", "shipped", "cancelled"
]


class OrderLineBody(BaseModel):
    """An item is named by its id or by the owner's article number. Without `customs_status`: what the site's regime keeps."""

    item_id: UUID | None = None
    sku: Text60 | None = None
    quantity: PositiveQuantity
    lot_no: Text60 | None = None
    customs_status: CustomsStatus | None = None
    min_remaining_days: Days | None = None

    @model_validator(mode="after")
    def _names_one_item(self) -> "OrderLineBody":
        if (self.item_id is None) == (self.sku is None):
            raise ValueError("either item_id or sku")
        return self


class CreateOrder(BaseModel):
    """`reference` is unique per owner: the same order sent again answers with the order that is there."""

    site: SiteCode
    owner_id: UUID
    reference: Text60
    customer: Text60
    carrier: Text40 | None = None
    route: Text40 | None = None
    cut_off_at: AwareDatetime | None = None
    priority: Annotated[int, Field(ge=0, le=9)] = 0
    strategy: Strategy = "fefo"
    min_remaining_days: Days | None = None
    lines: Annotated[list[OrderLineBody], Field(min_length=1, max_length=10_000)]


class OrderRecord(BaseModel):
    id: UUID
    site: str
    owner_id: UUID
    reference: str
    customer: str
    carrier: str | None
    route: str | None
    cut_off_at: datetime | None
    priority: int
    strategy: Strategy
    state: OrderState
    wave_id: UUID | None
    load_id: UUID | None
    release_ref: str | None
    line_count: int
    created_at: datetime
    released_at: datetime | None
    shipped_at: datetime | None


class OrderLineRecord(BaseModel):
    """`remainder` is what no stock has been found for yet."""

    line_no: int
    item_id: UUID
    sku: str
    lot_no: str | None
    customs_status: str
    min_remaining_days: int
    quantity: Quantity
    cancelled: Quantity
    reserved: Quantity
    picked: Quantity
    packed: Quantity
    shipped: Quantity
    remainder: Quantity


class OrderChanged(BaseModel):
    id: UUID
    state: OrderState


class LineQuantity(BaseModel):
    line_no: Annotated[int, Field(ge=1, le=10_000)]
    quantity: PositiveQuantity

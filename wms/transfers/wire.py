"""How transfers travel."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from wms.stock.wire import PositiveQuantity, Quantity

Text60 = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]+$")]
SiteCode = Annotated[str, Field(min_length=1, max_length=8)]
LineNo = Annotated[int, Field(ge=1, le=10_000)]
Money = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=2, allow_inf_nan=False)]
CustomsStatus = Literal["duty_unpaid", "free", "export_released", "foreign"]
TransferState = Literal["new", "reserved", "in_transit", "claimed", "closed", "cancelled"]
ClaimKind = Literal["short", "over", "damaged"]
Outcome = Literal["found", "lost", "carrier_pays", "accepted", "returned"]
MAX_LINES = 10_000


class TransferLineBody(BaseModel):
    """An item by its id or the owner's article number. Without `customs_status`: what the sending site's regime keeps."""

    item_id: UUID | None = None
    sku: Text60 | None = None
    quantity: PositiveQuantity
    lot_no: Text60 | None = None
    customs_status: CustomsStatus | None = None

    @model_validator(mode="after")
    def _names_one_item(self) -> "TransferLineBody":
        if (self.item_id is None) == (self.sku is None):
            raise ValueError("either item_id or sku")
        return self


class CreateTransfer(BaseModel):
    """`reference` is unique per owner: the same transfer sent again answers with the one that is there."""

    from_site: SiteCode
    to_site: SiteCode
    owner_id: UUID
    reference: Text60
    expected_at: AwareDatetime | None = None
    lines: Annotated[list[TransferLineBody], Field(min_length=1, max_length=MAX_LINES)]


class TransferChanged(BaseModel):
    id: UUID
    state: TransferState


class TransferRecord(BaseModel):
    id: UUID
    from_site: str
    to_site: str
    owner_id: UUID
    reference: str
    state: TransferState
    expected_at: datetime | None
    customs_ref: str | None
    arrival_status: str | None
    line_count: int
    created_at: datetime
    shipped_at: datetime | None
    closed_at: datetime | None


class TransferLineRecord(BaseModel):
    """`in_transit` has left and is neither received nor given up."""

    line_no: int
    item_id: UUID
    sku: str
    lot_no: str | None
    customs_status: str
    quantity: Quantity
    reserved: Quantity
    shipped: Quantity
    received: Quantity
    damaged: Quantity
    lost: Quantity
    in_transit: Quantity


class TransferGoodsRecord(BaseModel):
    """What is still promised or on the way, by the unit it lies in, its lot and serial."""

    id: UUID
    line_no: int
    sku: str
    lot_no: str | None
    serial_no: str | None
    unit: str | None
    location: str
    quantity: Quantity


class ClaimRecord(BaseModel):
    id: UUID
    transfer_id: UUID
    reference: str
    from_site: str
    to_site: str
    line_no: int
    sku: str
    kind: ClaimKind
    quantity: Quantity
    settled: Quantity
    opened_at: datetime


class SettlementRecord(BaseModel):
    outcome: Outcome
    quantity: Quantity
    posting_id: UUID | None
    note: str
    carrier_ref: str | None
    amount: Decimal | None
    currency: str | None
    settled_at: datetime

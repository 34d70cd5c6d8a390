"""How agreements, receipts and reports travel. Money and prices are exact decimals as strings."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, PlainSerializer, model_validator

from wms.kit.names import Line
from wms.stock.wire import PositiveQuantity, Quantity, quantity_text

_AsText = PlainSerializer(quantity_text, return_type=str, when_used="json")
Money = Annotated[Decimal, Field(ge=0, max_digits=16, decimal_places=2, allow_inf_nan=False), _AsText]
Price = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4, allow_inf_nan=False), _AsText]
Ratio = Annotated[Decimal, Field(ge=1, le=100, max_digits=7, decimal_places=4, allow_inf_nan=False), _AsText]
Worth = Annotated[Decimal, _AsText]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217")]
Text60 = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]+$")]
SiteCode = Annotated[str, Field(min_length=1, max_length=8)]
LineNo = Annotated[int, Field(ge=1, le=10_000)]
Kind = Literal["consignment", "vmi"]
Alert = Literal["none", "warning", "call"]
ReceiptState = Literal["open", "pledged", "split", "closed"]
ReleaseState = Literal["requested", "approved", "refused"]


class ConsignmentLineBody(BaseModel):
    item_id: UUID
    min_quantity: Quantity = Decimal(0)
    max_quantity: Quantity | None = None
    price: Price

    @model_validator(mode="after")
    def _ordered(self) -> "ConsignmentLineBody":
        if self.max_quantity is not None and self.max_quantity < self.min_quantity:
            raise ValueError("max_quantity below min_quantity")
        return self


class CreateConsignment(BaseModel):
    """Articles that several owners keep: after the pull they are the buyer's under the same number."""

    site: SiteCode
    kind: Kind
    reference: Text60
    supplier_id: UUID
    buyer_id: UUID
    currency: Currency
    lines: Annotated[list[ConsignmentLineBody], Field(min_length=1, max_length=10_000)]


class ConsignmentRecord(BaseModel):
    id: UUID
    site: str
    kind: Kind
    reference: str
    supplier_id: UUID
    buyer_id: UUID
    currency: str
    created_at: datetime
    ended_at: datetime | None


class ConsignmentState(BaseModel):
    """A line with what is there of it: good supplier-owned stock at the site, and what is called off but has not come."""

    consignment_id: UUID
    line_no: int
    item_id: UUID
    sku: str
    min_quantity: Quantity
    max_quantity: Quantity | None
    price: Price
    on_hand: Quantity
    called_off: Quantity
    breach: Literal["below_min", "above_max"] | None


class PullLine(BaseModel):
    item_id: UUID
    quantity: PositiveQuantity


class PullBody(BaseModel):
    """`reference` is the buyer's number of the pull, given once."""

    reference: Text60
    lines: Annotated[list[PullLine], Field(min_length=1, max_length=10_000)]


class Pull(PullBody):
    id: UUID


class Pulled(BaseModel):
    id: UUID
    posting_id: UUID
    amount: Money
    currency: str
    lines: int


class SettlementLine(BaseModel):
    line_no: int
    item_id: UUID
    sku: str
    lot: str | None
    quantity: Quantity
    price: Price
    amount: Money


class PullRecord(BaseModel):
    id: UUID
    consignment_id: UUID
    reference: str
    posting_id: UUID
    amount: Money
    currency: str
    pulled_at: datetime
    pulled_by: str


class CalledOff(BaseModel):
    """`id` is null when nothing was below its minimum."""

    id: UUID | None
    lines: int


class ReceiptLineBody(BaseModel):
    stock_id: UUID
    quantity: PositiveQuantity


class IssueReceipt(BaseModel):
    """Over stock rows of one owner at one site."""

    site: SiteCode
    owner_id: UUID
    lines: Annotated[list[ReceiptLineBody], Field(min_length=1, max_length=10_000)]


class ReceiptIssued(BaseModel):
    id: UUID
    number: str
    state: ReceiptState


class ReceiptRecord(BaseModel):
    """`value`, `ratio` (value over loan) and `alert` are of the last time prices were watched; null without a pledge."""

    id: UUID
    number: str
    site: str
    owner_id: UUID
    state: ReceiptState
    parent_id: UUID | None
    issued_at: datetime
    issued_by: str
    bank_id: UUID | None
    bank_reference: str | None
    loan: Money | None
    currency: str | None
    warning_ratio: Ratio | None
    call_ratio: Ratio | None
    value: Worth | None
    ratio: Worth | None = None
    alert: Alert | None
    pledged_at: datetime | None


class ReceiptLineRecord(BaseModel):
    line_no: int
    stock_id: UUID
    item_id: UUID
    sku: str
    lot: str | None
    location: str
    issued: Quantity
    quantity: Quantity


class LineQuantity(BaseModel):
    line_no: LineNo
    quantity: PositiveQuantity


LineQuantities = Annotated[list[LineQuantity], Field(min_length=1, max_length=10_000)]


class SplitBody(BaseModel):
    """One new receipt for each part, and one more for what no part names."""

    parts: Annotated[list[LineQuantities], Field(min_length=1, max_length=100)]


class SplitReceipt(SplitBody):
    id: UUID


class ReceiptSplit(BaseModel):
    receipts: list[ReceiptIssued]


class TransferBody(BaseModel):
    new_owner_id: UUID
    reference: Text60


class TransferReceipt(TransferBody):
    id: UUID


class SurrenderBody(BaseModel):
    """Without lines: all of it."""

    lines: LineQuantities | None = None


class SurrenderReceipt(SurrenderBody):
    id: UUID


class MoveBody(BaseModel):
    line_no: LineNo
    to_place_id: UUID


class MoveReceipted(MoveBody):
    id: UUID


class PledgeBody(BaseModel):
    """Ratios are value over loan, and a warning comes before the call."""

    bank_id: UUID
    bank_reference: Text60
    loan: Annotated[Money, Field(gt=0)]
    currency: Currency
    warning_ratio: Ratio
    call_ratio: Ratio

    @model_validator(mode="after")
    def _ordered(self) -> "PledgeBody":
        if self.warning_ratio < self.call_ratio:
            raise ValueError("warning_ratio below call_ratio")
        return self


class PledgeReceipt(PledgeBody):
    id: UUID


class Pledged(BaseModel):
    id: UUID
    state: ReceiptState
    value: Worth
    ratio: Worth | None
    alert: Alert | None


class ReleaseBody(BaseModel):
    """Without lines: all of it. `loan` is what is still owed afterwards, as the bank's letter says."""

    bank_reference: Text60
    loan: Money
    lines: LineQuantities | None = None


class RequestRelease(ReleaseBody):
    id: UUID


class DecideRelease(BaseModel):
    id: UUID
    approve: bool


class DecisionBody(BaseModel):
    approve: bool


class ReleaseRecord(BaseModel):
    id: UUID
    receipt_id: UUID
    bank_reference: str
    loan: Money
    state: ReleaseState
    requested_at: datetime
    requested_by: str
    decided_at: datetime | None
    decided_by: str | None


class ItemPrice(BaseModel):
    item_id: UUID
    price: Price


class SetPrices(BaseModel):
    currency: Currency
    source: Line
    prices: Annotated[list[ItemPrice], Field(min_length=1, max_length=10_000)]


class PricesSet(BaseModel):
    prices: int
    receipts_watched: int
    alerts: int

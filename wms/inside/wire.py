"""How work inside the house travels."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from wms.stock.wire import PositiveQuantity

SiteCode = Annotated[str, Field(min_length=1, max_length=8)]
Text60 = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]+$")]
Note = Annotated[str, Field(min_length=1, max_length=200)]
UnitKind = Literal["bag", "case", "tote", "cart", "pallet", "container"]


class GoodsLine(BaseModel):
    """Goods in a place: by stock row, or by article number with lot and serial as far as they have them."""

    stock_id: UUID | None = None
    sku: Text60 | None = None
    lot: Text60 | None = None
    serial: Text60 | None = None
    quantity: PositiveQuantity

    @model_validator(mode="after")
    def _names_goods(self) -> "GoodsLine":
        if (self.stock_id is None) == (self.sku is None):
            raise ValueError("either stock_id or sku")
        return self


class NewUnitBody(BaseModel):
    """Without `label` an SSCC is minted."""

    kind: UnitKind = "pallet"
    label: Text60 | None = None

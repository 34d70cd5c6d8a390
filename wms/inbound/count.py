"""A count at the dock, after it was found out what was counted."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from wms.inbound.item_facts import ItemFacts


@dataclass(frozen=True, slots=True)
class Count:
    """One kind of goods that came for one line. `root_id`: the outermost unit they are in, None when they are loose."""

    line_id: UUID
    line_no: int
    item: ItemFacts
    quantity: Decimal
    place_id: UUID
    condition: str = "good"
    lot_id: UUID | None = None
    serial_id: UUID | None = None
    account_line_id: UUID | None = None
    weight_g: int = 0
    root_id: UUID | None = None
    blind: bool = False

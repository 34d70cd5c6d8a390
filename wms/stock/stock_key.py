"""The dimensions by which stock is told apart, and the id that follows from them. Pure."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Self
from uuid import UUID


def goods_text(*dimensions: str) -> str:
    """Item, owner, customs status, condition, lot, serial, account line; an empty text for what does not apply."""
    return "|".join(dimensions)


def row_id(place_id: str, goods: str) -> str:
    """The id of the row of these goods in a place, as 32 hexadecimal digits."""
    return hashlib.sha256(f"{place_id}|{goods}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class StockKey:
    """Two goods with equal keys are the same stock; any difference keeps them apart in one bin, for ever."""

    place_id: UUID
    item_id: UUID
    owner_id: UUID
    customs_status: str
    condition: str = "good"
    lot_id: UUID | None = None
    serial_id: UUID | None = None
    account_line_id: UUID | None = None

    @property
    def id(self) -> UUID:
        """The first 16 bytes of SHA-256 over the dimensions: everyone computes the same row without asking.

        `stock_id` in functions.sql is the same computation, and `kouan prove` compares the two.
        """
        goods = goods_text(
            *(str(self.item_id), str(self.owner_id), self.customs_status, self.condition),
            *(str(id) if id is not None else "" for id in (self.lot_id, self.serial_id, self.account_line_id)),
        )
        return UUID(hex=row_id(str(self.place_id), goods))

    def at(self, place_id: UUID) -> Self:
        """The same goods in another place."""
        return replace(self, place_id=place_id)

    def become(self, **dimensions: Any) -> Self:
        """The same goods with other dimensions: released by customs, sold to another owner, found damaged."""
        return replace(self, **dimensions)

"""Lots and serials of what was counted: found or made, and demanded where the article is tracked."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from wms.inbound.item_facts import ItemFacts
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.stock.ensure_lots import LotSeen, ensure_lots, ensure_serials


class Labelled(Protocol):
    """What a label, or a notice, says of the goods."""

    @property
    def quantity(self) -> Decimal | None: ...
    @property
    def lot(self) -> str | None: ...
    @property
    def produced_on(self) -> date | None: ...
    @property
    def best_before_on(self) -> date | None: ...
    @property
    def expires_on(self) -> date | None: ...
    @property
    def serials(self) -> list[str]: ...
    @property
    def weight_g(self) -> int: ...


async def identify(tx: Tx, read: Sequence[tuple[ItemFacts, Labelled]]) -> list[tuple[UUID | None, list[UUID]]]:
    """Lot and serials for each. Refuses `lot_missing`, `serial_missing`, `weight_missing`, `lot_conflict`, `serial_exists`."""
    for item, one in read:
        _check(item, one)
    lots = await ensure_lots(
        tx,
        [
            LotSeen(item.id, one.lot, one.produced_on, one.best_before_on, one.expires_on)
            for item, one in read
            if one.lot is not None
        ],
    )
    serials = await ensure_serials(tx, [(item.id, number) for item, one in read for number in one.serials])
    return [
        (
            lots[item.id, one.lot] if one.lot is not None else None,
            [serials[item.id, number] for number in one.serials],
        )
        for item, one in read
    ]


def _check(item: ItemFacts, one: Labelled) -> None:
    if item.tracking == "lot" and one.lot is None:
        raise Refusal("lot_missing", sku=item.sku, field="lot")
    if (item.tracking == "serial" or one.serials) and one.quantity != len(one.serials):
        raise Refusal(
            "serial_missing", sku=item.sku, wanted=f"{one.quantity:f}", given=len(one.serials), field="serials"
        )
    if item.catch_weight and one.weight_g <= 0:
        raise Refusal("weight_missing", sku=item.sku, field="weight_g")

"""Kits: components go into the workshop and kits come out, or the other way, in one posting.

The kit order is the document of all its entries; by it a lot of a component leads to the kits, and a kit to its lots.
"""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.catalog.tables import trade_item
from wms.inside.find_unit import need_place
from wms.inside.goods import Goods, Take, among, read_goods
from wms.inside.rules import Pile, draw
from wms.inside.set_faces import find_named_goods
from wms.inside.tables import bill_line, kit_order
from wms.inside.wire import SiteCode, Text60
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.stock.ensure_lots import LotSeen, ensure_lots, ensure_serials
from wms.stock.post import Entry, post
from wms.stock.stock_key import StockKey
from wms.stock.tables import stock
from wms.stock.virtual import virtual_location
from wms.stock.wire import PositiveQuantity, quantity_text


class ReturnedLot(BaseModel):
    """Of which lot a component comes back that is kept by lot."""

    sku: Text60
    lot: Text60


class KitWork(BaseModel):
    """`source` holds what is used up, `target` gets what comes out; both are locations or units."""

    site: SiteCode
    owner: Text60
    sku: Text60
    quantity: PositiveQuantity
    source: Text60
    target: Text60
    lot: Text60 | None = None
    serials: Annotated[list[Text60], Field(max_length=1_000)] = []


class MakeKits(KitWork):
    """`lot` and `serials` are those of the new kits."""


class BreakKits(KitWork):
    """`lot` is that of the kits that are taken apart."""

    lots: Annotated[list[ReturnedLot], Field(max_length=500)] = []


class KitsMade(BaseModel):
    id: UUID
    kind: Literal["make", "break"]
    posting_id: UUID


async def make_kits(tx: Tx, command: MakeKits) -> KitsMade:
    """Refuses `bill_missing`, `insufficient_stock`, `bonded_goods`, `mixed_customs`, `lot_missing`, `serial_missing`."""
    tx.actor.need("kit.do", command.site)
    owner_id, item_id, parts, skus = await _bill(tx, command)
    source = await need_place(tx, command.site, command.source, field="source")
    target = await need_place(tx, command.site, command.target, field="target")
    rows = await read_goods(
        tx.conn,
        among(stock.c.item_id, parts),
        *(stock.c.place_id == source, stock.c.owner_id == owner_id, stock.c.condition == "good"),
    )
    takes: list[Take] = []
    for component, each in parts.items():
        takes += _take(rows, component, each * command.quantity, skus[component], command.source)
    status = _one_status(takes)
    made = await _new_keys(tx, command, StockKey(target, item_id, owner_id, status))
    return await _post(tx, command, "make", owner_id, item_id, takes, made)


async def break_kits(tx: Tx, command: BreakKits) -> KitsMade:
    """Components come back as the bill says. Refuses as `make_kits` does."""
    tx.actor.need("kit.do", command.site)
    owner_id, item_id, parts, skus = await _bill(tx, command)
    source = await need_place(tx, command.site, command.source, field="source")
    target = await need_place(tx, command.site, command.target, field="target")
    rows = await read_goods(
        tx.conn,
        *(stock.c.item_id == item_id, stock.c.place_id == source),
        *(stock.c.owner_id == owner_id, stock.c.condition == "good"),
    )
    kits = [row for row in rows if row.lot == command.lot and (not command.serials or row.serial in command.serials)]
    takes = _take(kits, item_id, command.quantity, command.sku, command.source)
    status = _one_status(takes)
    lots = await _lots_back(tx, command, parts, skus)
    back = [
        (StockKey(target, id, owner_id, status, lot_id=lots.get(id)), each * command.quantity)
        for id, each in parts.items()
    ]
    return await _post(tx, command, "break", owner_id, item_id, takes, back)


async def _bill(tx: Tx, command: KitWork) -> tuple[UUID, UUID, dict[UUID, Decimal], dict[UUID, str]]:
    """Owner, kit, components with their quantity for one kit, and their article numbers."""
    if tx.actor.owners is not None:
        raise Refusal("not_found")
    found = await find_named_goods(tx, [(command.owner, command.sku)])
    owner_id, item_id = found[command.owner, command.sku]
    rows = (
        await tx.conn.execute(
            sa.select(bill_line.c.component_id, bill_line.c.quantity, trade_item.c.sku)
            .join(trade_item, trade_item.c.id == bill_line.c.component_id)
            .where(bill_line.c.item_id == item_id)
            .order_by(bill_line.c.component_id)
        )
    ).all()
    if not rows:
        raise Refusal("bill_missing", sku=command.sku)
    parts = {row.component_id: row.quantity for row in rows}
    return owner_id, item_id, parts, {row.component_id: row.sku for row in rows}


def _take(rows: list[Goods], item_id: UUID, wanted: Decimal, sku: str, place: str) -> list[Take]:
    """First expired first. Goods of a bonded account are not touched: processing them is customs' affair."""
    mine = [row for row in rows if row.key.item_id == item_id]
    bonded = [row for row in mine if row.key.account_line_id is not None]
    piles = [Pile(row, row.available, row.expires_on, row.first_at) for row in mine if row not in bonded]
    takes, missing = draw(piles, wanted)
    if missing > 0:
        if bonded:
            raise Refusal("bonded_goods", sku=sku)
        raise Refusal(
            "insufficient_stock",
            sku=sku,
            place=place,
            wanted=quantity_text(wanted),
            available=quantity_text(wanted - missing),
            reserved=quantity_text(sum((row.quantity - row.available for row in mine), Decimal(0))),
            held="0",
        )
    return takes


def _one_status(takes: list[Take]) -> str:
    statuses = sorted({row.key.customs_status for row, _ in takes})
    if len(statuses) != 1:
        raise Refusal("mixed_customs", statuses=", ".join(statuses))
    return statuses[0]


async def _new_keys(tx: Tx, command: MakeKits, key: StockKey) -> list[tuple[StockKey, Decimal]]:
    tracking = await tx.conn.scalar(sa.select(trade_item.c.tracking).where(trade_item.c.id == key.item_id))
    if tracking == "lot" and command.lot is None:
        raise Refusal("lot_missing", sku=command.sku, field="lot")
    if (tracking == "serial" or command.serials) and len(command.serials) != command.quantity:
        raise Refusal("serial_missing", sku=command.sku, field="serials")
    if command.lot is not None:
        lots = await ensure_lots(tx, [LotSeen(key.item_id, command.lot)])
        key = key.become(lot_id=lots[key.item_id, command.lot])
    if not command.serials:
        return [(key, command.quantity)]
    serials = await ensure_serials(tx, [(key.item_id, one) for one in command.serials])
    return [(key.become(serial_id=id), Decimal(1)) for id in serials.values()]


async def _lots_back(tx: Tx, command: BreakKits, parts: dict[UUID, Decimal], skus: dict[UUID, str]) -> dict[UUID, UUID]:
    """Lots of components that are kept by lot; each has to be said, since no one can see it from the kit."""
    rows = await tx.conn.execute(sa.select(trade_item.c.id, trade_item.c.tracking).where(among(trade_item.c.id, parts)))
    tracked = {row.id: row.tracking for row in rows}
    said = {one.sku: one.lot for one in command.lots}
    for id, tracking in tracked.items():
        if tracking == "serial":
            raise Refusal("serial_missing", sku=skus[id])
        if tracking == "lot" and skus[id] not in said:
            raise Refusal("lot_missing", sku=skus[id], field="lots")
    wanted = [LotSeen(id, said[skus[id]]) for id in parts if tracked[id] == "lot"]
    return {item_id: lot_id for (item_id, _), lot_id in (await ensure_lots(tx, wanted)).items()}


async def _post(
    tx: Tx,
    command: KitWork,
    kind: Literal["make", "break"],
    owner_id: UUID,
    item_id: UUID,
    takes: list[Take],
    made: list[tuple[StockKey, Decimal]],
) -> KitsMade:
    id = tx.new_id()
    workshop = await virtual_location(tx, command.site, "workshop")
    used: dict[UUID, Take] = {}
    for row, quantity in takes:
        used[row.key.id] = row, quantity + (used[row.key.id][1] if row.key.id in used else 0)
    entries = [
        Entry(row.key, workshop, quantity, document_id=id, weight_g=row.grams(quantity))
        for row, quantity in used.values()
    ]
    entries += [Entry(workshop, key, quantity, document_id=id) for key, quantity in made]
    posting_id = await post(tx, entries, cause="kit" if kind == "make" else "kit_break", site=command.site)
    values = {"kind": kind, "item_id": item_id, "owner_id": owner_id, "quantity": command.quantity}
    await tx.conn.execute(
        kit_order.insert().values(
            id=id, site=command.site, posting_id=posting_id, made_at=tx.now, made_by=tx.actor.id, **values
        )
    )
    told = {"sku": command.sku, "quantity": quantity_text(command.quantity)}
    await tell(tx, "kit.made" if kind == "make" else "kit.broken", id, site=command.site, owner_id=owner_id, **told)
    return KitsMade(id=id, kind=kind, posting_id=posting_id)

"""Pulling supplier-owned goods: where they lie they become the buyer's, and what is owed for them is written beside it.

What expires first is pulled first, then what came first. All of a pull happens or nothing.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.access.audit import audit
from wms.catalog.tables import trade_item
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.ownership.find_consignments import record_of
from wms.ownership.rules import Offer, amount_of, choose, share_of_weight
from wms.ownership.tables import consignment, consignment_line, pull, settlement_line
from wms.ownership.wire import ConsignmentRecord, Pull, Pulled
from wms.stock.find import PICKABLE_KINDS, available
from wms.stock.post import Entry, post
from wms.stock.stock_key import StockKey
from wms.stock.tables import location, lot, stock, unit

_OF_KEY = (
    *(stock.c.place_id, stock.c.item_id, stock.c.owner_id, stock.c.customs_status, stock.c.condition),
    *(stock.c.lot_id, stock.c.serial_id, stock.c.account_line_id),
)


async def pull_consigned(tx: Tx, command: Pull) -> Pulled:
    """Refuses `not_found`, `consignment_ended`, `not_consigned`, `repeated_line`, `insufficient_stock`, `reference_reused`."""
    # Two pulls of one agreement queue here, not on the goods; a third may end it only between them.
    await tx.conn.execute(sa.select(consignment.c.id).where(consignment.c.id == command.id).with_for_update())
    agreement = await record_of(tx.conn, tx.actor, command.id)
    tx.actor.need("consignment.pull", agreement.site)
    tx.actor.need_owner(agreement.buyer_id)
    if agreement.ended_at is not None:
        raise Refusal("consignment_ended", reference=agreement.reference)
    wants = {line.item_id: line.quantity for line in command.lines}
    if len(wants) < len(command.lines):
        raise Refusal("repeated_line", field="lines")
    prices = await _prices(tx, agreement, list(wants))
    rows = await _offered(tx, agreement, list(wants))
    chosen, short = choose(wants, [Offer(id, row.item_id, row.available) for id, row in rows.items()])
    if short is not None:
        there = sum((row.available for row in rows.values() if row.item_id == short), Decimal(0))
        raise await _too_little(tx, agreement, short, wants[short], there)
    return await _settle(tx, command, agreement, [(rows[id], part) for id, part in chosen], prices)


async def _settle(
    tx: Tx,
    command: Pull,
    agreement: ConsignmentRecord,
    chosen: list[tuple[Any, Decimal]],
    prices: dict[UUID, Decimal],
) -> Pulled:
    id, posting_id = tx.new_id(), tx.new_id()
    entries, totals = [], dict[tuple[UUID, UUID | None], Decimal]()
    for row, part in chosen:
        key = StockKey(*row[:8])
        grams = share_of_weight(row.weight_g, row.quantity, part)
        bought = key.become(owner_id=agreement.buyer_id)
        entries.append(Entry(key, bought, part, guard=True, document_id=id, weight_g=grams))
        totals[row.item_id, row.lot_id] = totals.get((row.item_id, row.lot_id), Decimal(0)) + part
    lines = [
        _line(id, number, item_id, lot_id, quantity, prices[item_id])
        for number, ((item_id, lot_id), quantity) in enumerate(totals.items(), start=1)
    ]
    amount = sum((line["amount"] for line in lines), Decimal(0))
    await tx.conn.execute(
        pull.insert().values(
            id=id,
            consignment_id=agreement.id,
            reference=command.reference,
            posting_id=posting_id,
            amount=amount,
            currency=agreement.currency,
            pulled_at=tx.now,
            pulled_by=tx.actor.name,
        )
    )
    await tx.conn.execute(settlement_line.insert(), lines)
    await post(tx, entries, cause="consignment", site=agreement.site, posting_id=posting_id)
    told = {"consignment_id": str(agreement.id), "amount": str(amount), "currency": agreement.currency}
    for owner_id in (agreement.supplier_id, agreement.buyer_id):
        await tell(tx, "consignment.pulled", id, site=agreement.site, owner_id=owner_id, **told)
    await audit(tx, "consignment.pull", str(id), reference=command.reference, **told)
    return Pulled(id=id, posting_id=posting_id, amount=amount, currency=agreement.currency, lines=len(lines))


def _line(
    pull_id: UUID, number: int, item_id: UUID, lot_id: UUID | None, quantity: Decimal, price: Decimal
) -> dict[str, Any]:
    whose = {"pull_id": pull_id, "line_no": number, "item_id": item_id, "lot_id": lot_id}
    return whose | {"quantity": quantity, "price": price, "amount": amount_of(quantity, price)}


async def _prices(tx: Tx, agreement: ConsignmentRecord, item_ids: list[UUID]) -> dict[UUID, Decimal]:
    wanted = consignment_line.c.item_id == sa.any_(sa.literal(item_ids, ARRAY(sa.Uuid)))
    query = sa.select(consignment_line.c.item_id, consignment_line.c.price)
    rows = await tx.conn.execute(query.where(consignment_line.c.consignment_id == agreement.id, wanted))
    prices = {row.item_id: row.price for row in rows}
    for item_id in item_ids:
        if item_id not in prices:
            raise Refusal("not_consigned", field="lines", item=str(item_id), reference=agreement.reference)
    return prices


async def _offered(tx: Tx, agreement: ConsignmentRecord, item_ids: list[UUID]) -> dict[UUID, Any]:
    """The supplier's rows that may be taken, as they should be taken."""
    holder = unit.alias("holder")
    query = (
        sa.select(*_OF_KEY, stock.c.id, stock.c.quantity, stock.c.weight_g, available.label("available"))
        .outerjoin(holder, holder.c.id == stock.c.place_id)
        .join(location, location.c.id == sa.func.coalesce(holder.c.location_id, stock.c.place_id))
        .outerjoin(lot, lot.c.id == stock.c.lot_id)
        .where(
            stock.c.item_id == sa.any_(sa.literal(item_ids, ARRAY(sa.Uuid))),
            stock.c.owner_id == agreement.supplier_id,
            stock.c.condition == "good",
            stock.c.quantity > 0,
            location.c.site == agreement.site,
            location.c.kind.in_(PICKABLE_KINDS),
        )
        .order_by(lot.c.expires_on.asc().nulls_last(), stock.c.first_at, stock.c.id)
    )
    return {row.id: row for row in await tx.conn.execute(query)}


async def _too_little(tx: Tx, agreement: ConsignmentRecord, item_id: UUID, wanted: Decimal, there: Decimal) -> Refusal:
    sku = await tx.conn.scalar(sa.select(trade_item.c.sku).where(trade_item.c.id == item_id))
    told = {"wanted": str(wanted), "available": str(there), "reserved": "0", "held": "0"}
    return Refusal("insufficient_stock", sku=sku or "", place=agreement.site, **told)

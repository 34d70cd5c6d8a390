"""Creating orders. An owner's reference names one order for ever: sending it again changes nothing."""

import hashlib
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from wms.catalog.tables import trade_item
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.outbound.sql import among
from wms.outbound.tables import order, order_line
from wms.outbound.wire import CreateOrder, OrderChanged, OrderLineBody
from wms.parties.tables import party
from wms.sites.tables import site
from wms.stock.names import REGIME_STATUS
from wms.stock.tables import lot


async def create_order(tx: Tx, command: CreateOrder) -> OrderChanged:
    """Write an order with all its lines, or give the one that its reference already names.

    Refuses `unknown_site`, `unknown_item` and `unknown_lot` with the line, and `reference_reused` when the reference names
    another order.
    """
    tx.actor.need("order.write", command.site)
    tx.actor.need_owner(command.owner_id)
    kind = await tx.conn.scalar(sa.select(site.c.kind).where(site.c.code == command.site))
    if kind is None:
        raise Refusal("unknown_site", site=command.site, field="site")
    if await tx.conn.scalar(sa.select(party.c.id).where(party.c.id == command.owner_id)) is None:
        raise Refusal("not_found", field="owner_id")
    digest = hashlib.sha256(command.model_dump_json().encode()).hexdigest()
    id = tx.new_id()
    made = await tx.conn.scalar(_insert(tx, id, digest, command))
    if made is None:
        return await _the_one_there(tx, command, digest)
    await _insert_lines(tx, id, command, REGIME_STATUS.get(kind, "free"))
    await tell(tx, "order.created", id, site=command.site, owner_id=command.owner_id, reference=command.reference)
    return OrderChanged(id=id, state="new")


def _insert(tx: Tx, id: UUID, digest: str, command: CreateOrder) -> Any:
    values = command.model_dump(exclude={"lines", "min_remaining_days"})
    values |= {"id": id, "digest": digest, "state": "new", "line_count": len(command.lines), "created_at": tx.now}
    statement = insert(order).values(values).on_conflict_do_nothing(index_elements=["owner_id", "reference"])
    return statement.returning(order.c.id)


async def _the_one_there(tx: Tx, command: CreateOrder, digest: str) -> OrderChanged:
    query = sa.select(order.c.id, order.c.state, order.c.digest, order.c.site)
    row = (
        await tx.conn.execute(query.where(order.c.owner_id == command.owner_id, order.c.reference == command.reference))
    ).one()
    if row.digest != digest:
        raise Refusal("reference_reused", field="reference", reference=command.reference)
    return OrderChanged(id=row.id, state=row.state)


async def _insert_lines(tx: Tx, order_id: UUID, command: CreateOrder, status: str) -> None:
    items = await _find_items(tx, command)
    lots = await _find_lots(tx, command, items)
    rows = []
    for number, line in enumerate(command.lines, 1):
        item = items[line.item_id or line.sku]
        days = max(command.min_remaining_days or 0, line.min_remaining_days or 0, item.min_remaining_days or 0)
        rows.append(
            {
                "id": tx.new_id(),
                "order_id": order_id,
                "line_no": number,
                "item_id": item.id,
                "lot_id": lots[item.id, line.lot_no] if line.lot_no else None,
                "customs_status": line.customs_status or status,
                "min_remaining_days": days,
                "quantity": line.quantity,
                **dict.fromkeys(("cancelled", "reserved", "picked", "packed", "shipped"), 0),
            }
        )
    await tx.conn.execute(order_line.insert(), rows)


async def _find_items(tx: Tx, command: CreateOrder) -> dict[UUID | str | None, sa.Row[Any]]:
    """Items by id and by article number. Where owner and house use one number, the owner's article is meant."""
    ids = {line.item_id for line in command.lines if line.item_id is not None}
    skus = sorted({line.sku for line in command.lines if line.sku is not None})
    found = await tx.conn.execute(
        sa.select(trade_item.c.id, trade_item.c.sku, trade_item.c.min_remaining_days)
        .where(
            trade_item.c.active,
            sa.or_(trade_item.c.owner_id.is_(None), trade_item.c.owner_id == command.owner_id),
            sa.or_(among(trade_item.c.id, ids), trade_item.c.sku == sa.any_(sa.cast(skus, ARRAY(sa.String)))),
        )
        .order_by(trade_item.c.owner_id.nulls_first())
    )
    items: dict[UUID | str | None, sa.Row[Any]] = {}
    for row in found:
        items[row.id] = row
        items[row.sku] = row
    for number, line in enumerate(command.lines, 1):
        if (line.item_id or line.sku) not in items:
            named = line.sku or str(line.item_id)
            raise Refusal("unknown_item", field=f"lines.{number - 1}", sku=named)
    return items


async def _find_lots(
    tx: Tx, command: CreateOrder, items: dict[UUID | str | None, sa.Row[Any]]
) -> dict[tuple[UUID, str], UUID]:
    def wanted(line: OrderLineBody) -> tuple[UUID, str | None]:
        return items[line.item_id or line.sku].id, line.lot_no

    ids = {wanted(line)[0] for line in command.lines if line.lot_no}
    if not ids:
        return {}
    found = await tx.conn.execute(sa.select(lot.c.id, lot.c.item_id, lot.c.lot_no).where(among(lot.c.item_id, ids)))
    lots = {(row.item_id, row.lot_no): row.id for row in found}
    for number, line in enumerate(command.lines, 1):
        if line.lot_no and wanted(line) not in lots:
            raise Refusal("unknown_lot", field=f"lines.{number - 1}", lot=line.lot_no)
    return lots

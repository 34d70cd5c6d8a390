"""Watching what pledged goods are worth against what is owed: every new price list is held against every pledge it touches.

An alert is told when it changes, not with every list: `pledge.warned`, `pledge.called`, `pledge.recovered`.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert

from wms.access.audit import audit
from wms.catalog.tables import trade_item
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.ownership.rules import Alert, alert_of, ratio_of, value_of
from wms.ownership.tables import collateral_price, warehouse_receipt, warehouse_receipt_line
from wms.ownership.wire import PricesSet, SetPrices

_FACTS: dict[Alert, str] = {"warning": "pledge.warned", "call": "pledge.called", "none": "pledge.recovered"}


async def set_prices(tx: Tx, command: SetPrices) -> PricesSet:
    """Add prices, from now on, and watch every pledge of these articles. Refuses `unknown_item`, `repeated_line`."""
    tx.actor.need("pledge.price")
    items = [one.item_id for one in command.prices]
    if len(set(items)) < len(items):
        raise Refusal("repeated_line", field="prices")
    known = set(await tx.conn.scalars(sa.select(trade_item.c.id).where(_among(trade_item.c.id, items))))
    for item_id in items:
        if item_id not in known:
            raise Refusal("unknown_item", field="prices", sku=str(item_id))
    rows = [
        {"item_id": one.item_id, "price": one.price, "currency": command.currency, "source": command.source}
        | {"priced_at": tx.now, "priced_by": tx.actor.name}
        for one in command.prices
    ]
    await tx.conn.execute(insert(collateral_price).on_conflict_do_nothing(), rows)
    pledges = await _touched(tx, items, command.currency)
    alerts = await watch(tx, pledges)
    await audit(tx, "pledge.price", str(tx.new_id()), source=command.source, prices=len(rows), alerts=alerts)
    return PricesSet(prices=len(rows), receipts_watched=len(pledges), alerts=alerts)


async def _touched(tx: Tx, items: list[UUID], currency: str) -> list[sa.Row[Any]]:
    line = warehouse_receipt_line
    of_items = sa.select(line.c.receipt_id).where(_among(line.c.item_id, items), line.c.quantity > 0)
    query = (
        sa.select(warehouse_receipt)
        .where(
            warehouse_receipt.c.id.in_(of_items),
            warehouse_receipt.c.state == "pledged",
            warehouse_receipt.c.currency == currency,
        )
        .order_by(warehouse_receipt.c.id)
        .with_for_update()
    )
    return list(await tx.conn.execute(query))


async def watch(tx: Tx, pledges: Iterable[sa.Row[Any]]) -> int:
    """Value pledges anew, keep value and alert, tell what changed; how many alerts changed. The rows are locked."""
    pledges = list(pledges)
    values = await values_of(tx, {row.id: row.currency for row in pledges})
    kept: list[dict[str, Any]] = []
    changed = 0
    for row in pledges:
        value = values[row.id]
        alert = alert_of(value, row.loan, row.warning_ratio, row.call_ratio)
        kept.append({"of": row.id, "value": value, "alert": alert})
        if alert != row.alert:
            changed += 1
            told = {"number": row.number, "bank_id": str(row.bank_id), "value": str(value), "loan": str(row.loan)}
            told |= {"currency": row.currency, "ratio": str(ratio_of(value, row.loan))}
            await tell(tx, _FACTS[alert], row.id, site=row.site, owner_id=row.owner_id, **told)
    if kept:
        one = warehouse_receipt.update().where(warehouse_receipt.c.id == sa.bindparam("of"))
        await tx.conn.execute(one.values(value=sa.bindparam("value"), alert=sa.bindparam("alert")), kept)
    return changed


async def values_of(tx: Tx, currencies: dict[UUID, str]) -> dict[UUID, Decimal]:
    """What the goods of receipts are worth by the last prices in their currency."""
    line = warehouse_receipt_line
    rows = (
        await tx.conn.execute(
            sa.select(line.c.receipt_id, line.c.item_id, sa.func.sum(line.c.quantity).label("quantity"))
            .where(_among(line.c.receipt_id, list(currencies)), line.c.quantity > 0)
            .group_by(line.c.receipt_id, line.c.item_id)
        )
    ).all()
    price = collateral_price
    last = await tx.conn.execute(
        sa.select(price.c.item_id, price.c.currency, price.c.price)
        .ext(distinct_on(price.c.item_id, price.c.currency))
        .where(_among(price.c.item_id, list({row.item_id for row in rows})))
        .order_by(price.c.item_id, price.c.currency, price.c.priced_at.desc())
    )
    by_currency: dict[str, dict[UUID, Decimal]] = {}
    for found in last:
        by_currency.setdefault(found.currency, {})[found.item_id] = found.price
    goods: dict[UUID, list[tuple[UUID, Decimal]]] = {id: [] for id in currencies}
    for row in rows:
        goods[row.receipt_id].append((row.item_id, row.quantity))
    return {id: value_of(lines, by_currency.get(currencies[id], {})) for id, lines in goods.items()}


def _among(column: sa.ColumnElement[UUID], ids: list[UUID]) -> sa.ColumnElement[bool]:
    return column == sa.any_(sa.literal(ids, ARRAY(sa.Uuid)))

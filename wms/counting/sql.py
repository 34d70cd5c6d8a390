"""What the verbs of counting read and lock: a count, what lies at a location, and what lay there at an instant.

Lock order: the count, its task, then what the ledger locks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.catalog.tables import trade_item
from wms.counting.rules import Policy
from wms.counting.tables import LIVE_STATES, count, count_policy
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.parties.tables import party
from wms.stock.stock_key import StockKey
from wms.stock.tables import location, lot, serial, stock, unit

UUIDS = ARRAY(sa.Uuid)


@dataclass(frozen=True, slots=True)
class Known:
    """Goods that the books have, or had when the count began, at the location."""

    key: StockKey
    sku: str
    names: dict[str, str]
    owner: str
    lot: str | None
    serial: str | None
    unit: str | None
    quantity: Decimal


def need_house(tx: Tx) -> None:
    """A place holds the goods of several owners: counting it is the house's, and no tenant's."""
    if tx.actor.owners is not None:
        raise Refusal("not_found")


async def need_location(tx: Tx, site: str, name: str) -> UUID:
    """Refuses `unknown_location`."""
    query = sa.select(location.c.id).where(location.c.site == site, location.c.name == name, ~location.c.virtual)
    id: UUID | None = await tx.conn.scalar(query)
    if id is None:
        raise Refusal("unknown_location", location=name, field="location")
    return id


async def lock_count(tx: Tx, id: UUID, right: str) -> sa.Row[*tuple[Any, ...]]:
    """The count with its location's name. Refuses `not_found`, also where it is foreign."""
    tx.actor.need(right)
    need_house(tx)
    query = sa.select(count, location.c.name.label("location")).join(location, location.c.id == count.c.location_id)
    row = (await tx.conn.execute(query.where(count.c.id == id).with_for_update(of=count))).one_or_none()
    if row is None:
        raise Refusal("not_found")
    tx.actor.need(right, row.site)
    return row


async def live_count(tx: Tx, location_id: UUID) -> UUID | None:
    live = sa.and_(count.c.location_id == location_id, count.c.state.in_(LIVE_STATES))
    id: UUID | None = await tx.conn.scalar(sa.select(count.c.id).where(live))
    return id


async def policy_of(tx: Tx, site: str) -> Policy:
    columns = [column for column in count_policy.c if column.name != "site"]
    row = (await tx.conn.execute(sa.select(*columns).where(count_policy.c.site == site))).one_or_none()
    return Policy(*row) if row is not None else Policy()


async def read_known(tx: Tx, location_id: UUID, also: list[UUID]) -> tuple[list[Known], int]:
    """What lies at the location, in units too, and the rows `also`; and the journal's last entry, seen in one look."""
    # By index in three steps: one condition with OR over them reads all stock.
    there = sa.union(
        sa.select(stock.c.id).where(stock.c.place_id == location_id, stock.c.quantity > 0),
        sa.select(stock.c.id)
        .join(unit, unit.c.id == stock.c.place_id)
        .where(unit.c.location_id == location_id, stock.c.quantity > 0),
        sa.select(sa.func.unnest(sa.cast(also, UUIDS))),
    ).subquery()
    query = (
        sa.select(
            *(stock.c.place_id, stock.c.item_id, stock.c.owner_id, stock.c.customs_status, stock.c.condition),
            *(stock.c.lot_id, stock.c.serial_id, stock.c.account_line_id),
            *(trade_item.c.sku, trade_item.c.names, party.c.code, lot.c.lot_no, serial.c.serial_no),
            *(sa.func.coalesce(unit.c.sscc, unit.c.label), stock.c.quantity),
            sa.text("(SELECT coalesce(max(id), 0) FROM stock_entry) AS last_entry"),
        )
        .outerjoin(unit, unit.c.id == stock.c.place_id)
        .join(trade_item, trade_item.c.id == stock.c.item_id)
        .join(party, party.c.id == stock.c.owner_id)
        .outerjoin(lot, lot.c.id == stock.c.lot_id)
        .outerjoin(serial, serial.c.id == stock.c.serial_id)
        .where(stock.c.id.in_(sa.select(there.c.id)))
        .order_by(stock.c.id)
    )
    rows = (await tx.conn.execute(query)).all()
    if not rows:
        return [], int(await tx.conn.scalar(sa.text("SELECT coalesce(max(id), 0) FROM stock_entry")) or 0)
    return [Known(StockKey(*row[:8]), *row[8:15]) for row in rows], int(rows[0].last_entry)


_EXPECTED = sa.text(
    """
    SELECT s.id, CASE WHEN location_at(s.place_id, w.at, true) = :location_id
                      THEN s.quantity - coalesce(since.q, 0) ELSE 0 END AS expected
    FROM unnest(:ids, :ats) AS w(id, at) JOIN stock s ON s.id = w.id
    LEFT JOIN LATERAL (
        SELECT sum(CASE WHEN e.to_stock_id = s.id THEN e.quantity ELSE 0 END
                   - CASE WHEN e.from_stock_id = s.id THEN e.quantity ELSE 0 END) AS q
        FROM stock_entry e
        WHERE (e.to_stock_id = s.id OR e.from_stock_id = s.id) AND e.happened_at > w.at AND e.recorded_at >= w.at
    ) since ON true
    """
).bindparams(sa.bindparam("ids", type_=UUIDS), sa.bindparam("ats", type_=ARRAY(sa.DateTime(timezone=True))))


async def expected_at(tx: Tx, location_id: UUID, instants: Mapping[UUID, datetime]) -> dict[UUID, Decimal]:
    """What lay at the location at an instant, by row: the journal replayed by when things happened.

    An entry that is posted late counts from when it was done; what happened after the instant does not count. A unit that
    stood elsewhere then has nothing here. One statement, so balance and journal are seen at one moment.
    """
    found = await tx.conn.execute(
        _EXPECTED, {"ids": list(instants), "ats": list(instants.values()), "location_id": location_id}
    )
    expected = {row.id: row.expected for row in found}
    return {id: expected.get(id, Decimal(0)) for id in instants}

"""Statements that several verbs share: locking orders, changing lines by the thousand, and the stock that may be picked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.outbound.rules import Candidate, Sums, order_state
from wms.outbound.tables import order, order_line, package
from wms.sites.tables import site
from wms.stock.stock_key import StockKey
from wms.stock.tables import stock

UUIDS = ARRAY(sa.Uuid)
_MOST_LINES = 20_000  # that one command allocates
REMAINDER = order_line.c.quantity - order_line.c.cancelled - order_line.c.reserved - order_line.c.picked


def among(column: sa.ColumnElement[UUID], ids: Iterable[UUID]) -> sa.ColumnElement[bool]:
    """`column` is one of `ids`, as one parameter: the statement is the same for one id and for ten thousand."""
    return column == sa.any_(sa.cast(sorted(ids), UUIDS))


async def lock_orders(tx: Tx, ids: Iterable[UUID], right: str) -> dict[UUID, sa.Row[Any]]:
    """The orders, locked in id order. Refuses `not_allowed`, and as `not_found` what is absent, foreign or another tenant's."""
    wanted = set(ids)
    rows = await tx.conn.execute(
        sa.select(order).where(among(order.c.id, wanted)).order_by(order.c.id).with_for_update()
    )
    found = {row.id: row for row in rows}
    for row in found.values():
        tx.actor.need(right, row.site)
        tx.actor.need_owner(row.owner_id)
    tx.actor.need(right)
    if len(found) != len(wanted):
        raise Refusal("not_found")
    return found


async def lock_order(tx: Tx, id: UUID, right: str) -> sa.Row[Any]:
    return (await lock_orders(tx, [id], right))[id]


def need_house(tx: Tx) -> None:
    """Waves, pick lists and loads mix the goods of several owners: they are the house's, and no tenant's."""
    if tx.actor.owners is not None:
        raise Refusal("not_found")


async def site_today(tx: Tx, code: str) -> date:
    """The date on the calendar of a site: goods expire at midnight there."""
    zone = await tx.conn.scalar(sa.select(site.c.time_zone).where(site.c.code == code))
    return tx.now.astimezone(ZoneInfo(zone or "UTC")).date()


def within_lines(counts: Iterable[tuple[UUID, int]]) -> list[UUID]:
    """The first orders of a sequence of (order, lines) that are one command's work; at least one."""
    taken: list[UUID] = []
    lines = 0
    for id, count in counts:
        if taken and lines + count > _MOST_LINES:
            break
        taken.append(id)
        lines += count
    return taken


_STEPS = ("cancelled", "reserved", "picked", "packed", "shipped")
_CHANGE = sa.text(
    f"""
    UPDATE outbound_line l SET {", ".join(f"{step} = l.{step} + n.{step}" for step in _STEPS)}
    FROM unnest(:ids, {", ".join(f":{step}" for step in _STEPS)}) AS n(id, {", ".join(_STEPS)}) WHERE l.id = n.id
    """  # noqa: S608 - column names of this module
).bindparams(
    sa.bindparam("ids", type_=UUIDS),
    *(sa.bindparam(step, type_=ARRAY(sa.Numeric(18, 6))) for step in _STEPS),
)


class LineChanges:
    """What a verb adds to the quantities of lines, written in one statement."""

    def __init__(self) -> None:
        self._by_line: dict[UUID, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(_STEPS, Decimal(0)))

    def add(self, line_id: UUID, **steps: Decimal) -> None:
        for step, quantity in steps.items():
            self._by_line[line_id][step] += quantity

    async def save(self, tx: Tx) -> None:
        if not self._by_line:
            return
        ids = sorted(self._by_line)
        columns = {step: [self._by_line[id][step] for id in ids] for step in _STEPS}
        await tx.conn.execute(_CHANGE, {"ids": ids, **columns})


async def refresh_states(tx: Tx, order_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Write the states that the quantities of these orders say. The orders are locked by the caller."""
    ids = sorted(set(order_ids))
    columns = [sa.func.sum(order_line.c[step]).label(step) for step in ("reserved", "picked", "packed", "shipped")]
    wanted = sa.func.sum(order_line.c.quantity - order_line.c.cancelled).label("wanted")
    waiting = sa.exists().where(package.c.order_id == order_line.c.order_id, package.c.state.in_(("open", "labelled")))
    found = await tx.conn.execute(
        sa.select(order_line.c.order_id, wanted, waiting.label("waiting"), *columns)
        .where(among(order_line.c.order_id, ids))
        .group_by(order_line.c.order_id)
    )
    states = {}
    for row in found:
        sums = Sums(row.wanted, row.reserved, row.picked, row.packed, row.shipped)
        states[row.order_id] = order_state(sums, all_loaded=not row.waiting)
    by_state: dict[str, list[UUID]] = defaultdict(list)
    for id, state in states.items():
        by_state[state].append(id)
    for state, many in sorted(by_state.items()):
        values: dict[str, Any] = {"state": state} | ({"shipped_at": tx.now} if state == "shipped" else {})
        await tx.conn.execute(order.update().where(among(order.c.id, many)).values(values))
    return states


# holds_on is the law; the first EXISTS only spares it most rows, since a call a row costs seconds at ten thousand rows.
_CANDIDATES = sa.text(
    """
    SELECT s.id AS stock_id, s.item_id, s.owner_id, s.customs_status, s.lot_id,
           coalesce(t.expires_on, t.best_before_on) AS good_until, s.first_at, l.id AS location_id,
           l.kind = 'pick' AS is_pick_face, l.path_order, s.quantity - s.reserved - s.held AS available
    FROM stock s
    LEFT JOIN unit u ON u.id = s.place_id
    JOIN location l ON l.id = coalesce(u.location_id, s.place_id)
    LEFT JOIN lot t ON t.id = s.lot_id
    WHERE s.item_id = ANY (:items) AND s.owner_id = ANY (:owners) AND s.quantity > s.reserved + s.held
      AND s.condition = 'good' AND l.site = :site AND l.enabled AND l.kind IN ('storage', 'pick')
      AND NOT (
          EXISTS (SELECT FROM stock_hold h WHERE h.released_at IS NULL
                  AND (h.item_id IS NULL OR h.item_id = s.item_id) AND (h.owner_id IS NULL OR h.owner_id = s.owner_id)
                  AND (h.location_id IS NULL OR h.location_id = l.id) AND (h.lot_id IS NULL OR h.lot_id = s.lot_id)
                  AND (h.unit_id IS NULL OR u.id IS NOT NULL))
          AND EXISTS (SELECT FROM holds_on(s.id)))
      AND NOT EXISTS (
          SELECT FROM pick p JOIN task k ON k.kind = 'count' AND k.subject_id = p.location_id
          WHERE p.stock_id = s.id AND p.state = 'short' AND k.state IN ('open', 'leased'))
    """
).bindparams(sa.bindparam("items", type_=UUIDS), sa.bindparam("owners", type_=UUIDS))


async def find_candidates(tx: Tx, site_code: str, items: Iterable[UUID], owners: Iterable[UUID]) -> list[Candidate]:
    """Every stock row of these items that may be picked, in one query.

    Stock that a picker found missing is left alone until its location is counted.
    """
    params = {"site": site_code, "items": sorted(set(items)), "owners": sorted(set(owners))}
    return [Candidate(**row) for row in (await tx.conn.execute(_CANDIDATES, params)).mappings()]


def key_of(row: sa.Row[Any] | Mapping[str, Any]) -> StockKey:
    """The key of a stock row as it was read."""
    at = row if isinstance(row, Mapping) else row._mapping
    return StockKey(
        place_id=at["place_id"],
        item_id=at["item_id"],
        owner_id=at["owner_id"],
        customs_status=at["customs_status"],
        condition=at["condition"],
        lot_id=at["lot_id"],
        serial_id=at["serial_id"],
        account_line_id=at["account_line_id"],
    )


async def read_stock(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, sa.Row[Any]]:
    found = await tx.conn.execute(sa.select(stock).where(among(stock.c.id, set(ids))))
    return {row.id: row for row in found}


async def find_unit(tx: Tx, site_code: str, code: str, *, field: str) -> sa.Row[Any] | None:
    """The unit of this SSCC, or of this label at the site. Refuses `ambiguous_code` when a label is on two."""
    found = await tx.conn.execute(
        sa.text(
            """
            SELECT u.id, u.kind, u.place_id, u.location_id, u.sscc, u.label, l.kind AS location_kind FROM unit u
            JOIN location l ON l.id = u.location_id
            WHERE l.site = :site AND (u.sscc = :code OR u.label = :code) AND NOT l.virtual LIMIT 2
            """
        ),
        {"site": site_code, "code": read_sscc(code)},
    )
    rows: Sequence[sa.Row[Any]] = found.all()
    if len(rows) > 1:
        raise Refusal("ambiguous_code", field=field, code=code)
    return rows[0] if rows else None


def read_sscc(code: str) -> str:
    """An SSCC without its application identifier 00, as scanners send it; any other code as it is."""
    return code[2:] if len(code) == 20 and code.isdigit() and code.startswith("00") else code

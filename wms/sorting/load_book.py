"""Loading a `LineBook`: every row a batch of reports touches, locked in one order (line, items, parcels, bags)."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from devices.contract.sort_table import SortPlan
from wms.equipment.lock_line import lock_line
from wms.equipment.tables import chute
from wms.kit.db import Tx
from wms.parcels.tables import bag, parcel
from wms.sorting.follow_line import LineBook, Report
from wms.sorting.model import Bag, Chute, Item, Line, Parcel
from wms.sorting.tables import item, sort_plan
from wms.stock.tables import unit

_ITEM_FIELDS = [field.name for field in fields(Item)]


async def load_book(tx: Tx, line_path: str, reports: Sequence[Report]) -> LineBook | None:
    """The book of a line for these reports, or None when the line is not known here."""
    row = await lock_line(tx, line_path)
    if row is None:
        return None
    at = Line(row.path, row.site, row.outside_id, row.belt_id, row.lost_id)
    items = await _load_items(tx, at, reports)
    codes = {code for known in items for code in known.codes} | set(_codes_in(reports))
    parcels = await _load_parcels(tx, at.site, codes, [known.parcel_id for known in items if known.parcel_id])
    return LineBook(
        at,
        await _load_chutes(tx, line_path, row.plan_version),
        items,
        parcels,
        await _load_open_bags(tx, line_path),
        await _load_busy(tx, line_path, [known.id for known in parcels]),
        tx.new_id,
    )


def _codes_in(reports: Iterable[Report]) -> Iterable[str]:
    for report in reports:
        for code in getattr(report.body, "codes", ()):
            yield code.text
        text = getattr(report.body, "code", None)
        if isinstance(text, str):
            yield text


async def _load_items(tx: Tx, at: Line, reports: Sequence[Report]) -> list[Item]:
    """Items these reports name, and items still on the belt with a parcel these reports name."""
    first_seen: dict[str, datetime] = {}
    for report in reports:
        tid = getattr(report.body, "tid", None)
        if tid is not None:
            first_seen.setdefault(tid, report.happened_at)
    if not first_seen:
        return []
    # Stubs first, so that two lanes which meet on a new item wait for each other instead of both inserting it.
    empty = {"codes": [], "scans": 0, "passes": 0, "result": "on_line", "repeats": 0}
    await tx.conn.execute(
        insert(item).on_conflict_do_nothing(),
        [{"line": at.path, "tid": tid, "first_seen_at": first_seen[tid], **empty} for tid in sorted(first_seen)],
    )
    same_parcels = await tx.conn.scalars(
        sa.select(item.c.tid)
        .join(parcel, parcel.c.id == item.c.parcel_id)
        .where(parcel.c.site == at.site, parcel.c.waybill_no.in_(set(_codes_in(reports))))
        .where(item.c.line == at.path, item.c.finished_at.is_(None))
    )
    rows = await tx.conn.execute(
        sa.select(*(item.c[name] for name in _ITEM_FIELDS))
        .where(item.c.line == at.path, item.c.tid.in_(first_seen.keys() | set(same_parcels)))
        .order_by(item.c.tid)
        .with_for_update()
    )
    return [Item(**row._mapping) for row in rows]


async def _load_parcels(tx: Tx, site: str, codes: set[str], ids: list[UUID]) -> list[Parcel]:
    if not codes and not ids:
        return []
    rows = await tx.conn.execute(
        sa.select(parcel)
        .where(sa.or_(sa.and_(parcel.c.site == site, parcel.c.waybill_no.in_(codes)), parcel.c.id.in_(ids)))
        .order_by(parcel.c.id)
        .with_for_update()
    )
    found = rows.all()
    where = await tx.conn.execute(
        sa.select(unit.c.id, bag.c.id.label("bag_id"))
        .outerjoin(bag, bag.c.id == unit.c.place_id)
        .where(unit.c.id.in_([row.id for row in found]))
    )
    bag_of = {row.id: row.bag_id for row in where}
    return [
        Parcel(
            row.id,
            row.waybill_no,
            row.destination,
            row.state,
            row.reason,
            row.declared_weight_g,
            row.measured_weight_g,
            in_bag=bag_of.get(row.id),
            on_ledger=row.id in bag_of,
            hold=row.hold or row.blocked_by is not None,
            state_at=row.state_at,
        )
        for row in found
    ]


async def _load_busy(tx: Tx, line_path: str, parcel_ids: list[UUID]) -> dict[UUID, str]:
    """Parcel -> tid. Another line's tid carries its path: two controllers may count alike."""
    if not parcel_ids:
        return {}
    rows = await tx.conn.execute(
        sa.select(item.c.parcel_id, item.c.line, item.c.tid).where(
            item.c.parcel_id.in_(parcel_ids), item.c.finished_at.is_(None)
        )
    )
    return {
        row.parcel_id: row.tid if row.line == line_path else f"{row.line}/{row.tid}"
        for row in rows
        if row.parcel_id is not None
    }


async def _load_open_bags(tx: Tx, line_path: str) -> list[Bag]:
    rows = await tx.conn.execute(
        sa.select(bag).where(bag.c.line == line_path, bag.c.closed_at.is_(None)).order_by(bag.c.id).with_for_update()
    )
    return [Bag(row.id, row.chute, row.destination, row.parcels, row.weight_g, row.opened_at) for row in rows]


async def _load_chutes(tx: Tx, line_path: str, plan_version: int) -> list[Chute]:
    document = await tx.conn.scalar(
        sa.select(sort_plan.c.document).where(sort_plan.c.line == line_path, sort_plan.c.version == plan_version)
    )
    special = set(SortPlan.model_validate(document).roles.model_dump().values()) if document else set()
    rows = await tx.conn.execute(sa.select(chute).where(chute.c.line == line_path))
    return [
        Chute(row.name, row.location_id, row.state, row.bag_max_parcels, row.bag_max_weight_g, row.name in special)
        for row in rows
    ]

"""Saving a `LineBook`: what changed, in few statements, in the lock order in which it was loaded."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from devices.contract.sort_table import bucket_of
from wms.equipment.raise_alarm import raise_alarm
from wms.equipment.tables import chute
from wms.kit.db import Tx
from wms.parcels.tables import bag, parcel
from wms.sorting.follow_line import LineBook
from wms.sorting.mark_directory import mark_directory
from wms.sorting.model import Bag
from wms.sorting.seal_bags import seal_bags
from wms.sorting.tables import item
from wms.stock.mint_sscc import mint_ssccs
from wms.stock.move import NewUnit, create_units, move_units
from wms.stock.tables import unit


async def save_book(tx: Tx, book: LineBook, company_prefix: str) -> None:
    await _insert_parcels(tx, book)
    await _save_items(tx, book)
    await _save_parcels(tx, book)
    await _create_units(tx, book)
    await _save_bags(tx, book, company_prefix)
    await move_units(tx, book.moves)
    await _change_directory(tx, book)
    await _save_chutes(tx, book)
    await _save_alarms(tx, book)


async def _insert_parcels(tx: Tx, book: LineBook) -> None:
    fresh = [known for known in book.parcels.values() if known.new]
    if not fresh:
        return
    rows = [
        {
            "id": known.id,
            "site": book.line.site,
            "waybill_no": known.waybill_no,
            "bucket": bucket_of(known.waybill_no) if known.waybill_no else None,
            "pieces": 1,
            "goods": "",
            "hold": False,
            "state": known.state,
            "state_at": known.state_at,
        }
        for known in fresh
    ]
    await tx.conn.execute(parcel.insert(), rows)


async def _save_items(tx: Tx, book: LineBook) -> None:
    for tid, old_name in book.renamed:
        old = sa.and_(item.c.line == book.line.path, item.c.tid == tid)
        await tx.conn.execute(item.update().where(old).values(tid=old_name))
        await tx.conn.execute(item.insert().values(line=book.line.path, **asdict(book.items[tid])))
    rows = [asdict(book.items[tid]) for tid in sorted(book.changed_items)]
    if not rows:
        return
    names = [name for name in rows[0] if name != "tid"]
    statement = (
        item.update()
        .where(item.c.line == book.line.path, item.c.tid == sa.bindparam("b_tid"))
        .values({name: sa.bindparam(f"b_{name}") for name in names})
    )
    await tx.conn.execute(statement, [{f"b_{name}": value for name, value in row.items()} for row in rows])


async def _save_parcels(tx: Tx, book: LineBook) -> None:
    changed = [book.parcels[id] for id in sorted(book.changed_parcels)]
    if not changed:
        return
    names = ("state", "reason", "state_at", "measured_weight_g")
    statement = (
        parcel.update()
        .where(parcel.c.id == sa.bindparam("b_id"))
        .values({name: sa.bindparam(f"b_{name}") for name in names})
    )
    await tx.conn.execute(
        statement,
        [{"b_id": known.id, **{f"b_{name}": getattr(known, name) for name in names}} for known in changed],
    )


async def _create_units(tx: Tx, book: LineBook) -> None:
    moved = {move.unit_id for move in book.moves}
    arriving = [known for known in book.parcels.values() if not known.on_ledger and known.id in moved]
    outside = book.line.outside_id
    await create_units(
        tx,
        [NewUnit(known.id, "parcel", outside) for known in arriving]
        + [NewUnit(known.id, "bag", outside) for known in book.bags.values() if known.new],
    )


async def _save_bags(tx: Tx, book: LineBook, company_prefix: str) -> None:
    """Known bags first, then new ones: a chute's old bag has to be closed before its successor is open."""
    changed = [book.bags[id] for id in sorted(book.changed_bags)]
    closed = [known for known in changed if known.closed_at is not None]
    codes = dict(zip((known.id for known in closed), await mint_ssccs(tx, company_prefix, len(closed)), strict=True))
    for known in changed:
        if not known.new:
            await tx.conn.execute(bag.update().where(bag.c.id == known.id).values(**_bag_values(known, codes)))
    fresh = [known for known in changed if known.new]
    if fresh:
        fixed = {"site": book.line.site, "line": book.line.path}
        rows = [
            {"id": known.id, "chute": known.chute, "opened_at": known.opened_at} | fixed | _bag_values(known, codes)
            for known in fresh
        ]
        await tx.conn.execute(bag.insert(), rows)
    for id, sscc in codes.items():
        await tx.conn.execute(unit.update().where(unit.c.id == id).values(sscc=sscc))
    for id, (parcels, weight_g) in sorted(book.left_bags.items()):
        left = {"parcels": bag.c.parcels - parcels, "weight_g": bag.c.weight_g - weight_g}
        await tx.conn.execute(bag.update().where(bag.c.id == id).values(left))


def _bag_values(known: Bag, codes: dict[UUID, str]) -> dict[str, Any]:
    return {
        "destination": known.destination,
        "parcels": known.parcels,
        "weight_g": known.weight_g,
        "closed_at": known.closed_at,
        "close_reason": known.close_reason,
        "sscc": codes.get(known.id),
    }


async def _change_directory(tx: Tx, book: LineBook) -> None:
    """Parcels in bags that closed leave the directory, those that came out of one return to it. One call: one lock order."""
    closed = sorted(id for id in book.changed_bags if book.bags[id].closed_at is not None)
    buckets = await seal_bags(tx, closed) if closed else []
    await mark_directory(tx, book.line.site, [*buckets, *(bucket_of(code) for code in book.unsealed)])


async def _save_chutes(tx: Tx, book: LineBook) -> None:
    for name, (state, at) in sorted(book.chute_changes.items()):
        await tx.conn.execute(
            chute.update().where(chute.c.line == book.line.path, chute.c.name == name).values(state=state, state_at=at)
        )


async def _save_alarms(tx: Tx, book: LineBook) -> None:
    for raised in book.alarms:
        await raise_alarm(tx, book.line.path, raised.code, raised.params, raised.at)

"""Corrections: an entry is never changed; its reverse is posted, once."""

from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.stock.post import Entry, post
from wms.stock.read_entries import of_posting
from wms.stock.site_of_place import site_of_place, sites_of_places
from wms.stock.stock_key import StockKey
from wms.stock.tables import stock, stock_entry

# What documents own is undone by their own verbs, which take the document back as well.
REVERSIBLE_CAUSES = frozenset({"move", "status", "opening"})


class ReversePosting(BaseModel):
    posting_id: UUID
    reason: str = Field(min_length=1, max_length=200)


class Reversed(BaseModel):
    posting_id: UUID
    entries: int


async def reverse_posting(tx: Tx, command: ReversePosting) -> Reversed:
    """Post the reverse of every entry of a posting that is not reversed yet.

    Refuses `not_found`, `not_reversible` when all are reversed already, a document owns them or a unit of theirs is at
    another site by now, `not_allowed` to undo what customs said without `customs.release`, and what `post` refuses: goods that
    went on from where they were cannot be put back from there.
    """
    rows = (await tx.conn.execute(sa.select(stock_entry).where(*of_posting(command.posting_id)))).all()
    if not rows:
        raise Refusal("not_found")
    site = await site_of_place(tx, rows[0].to_place_id if rows[0].to_stock_id else rows[0].from_place_id)
    tx.actor.need("stock.correct", site)
    for row in rows:
        tx.actor.need_owner(row.owner_id)
    if rows[0].cause not in REVERSIBLE_CAUSES:
        raise Refusal("not_reversible")
    if await sites_of_places(tx, [place for row in rows for place in (row.from_place_id, row.to_place_id)]) != {site}:
        raise Refusal("not_reversible")
    entries = await reverse_entries(tx, [row.id for row in rows])
    if not entries:
        raise Refusal("not_reversible")
    if any(_changes_customs(entry) for entry in entries):
        tx.actor.need("customs.release", site)
    posting_id = await post(tx, entries, cause="reversal", site=site)
    await tell(tx, "stock.reversed", posting_id, site=site, owner_id=rows[0].owner_id, reversed=str(command.posting_id))
    return Reversed(posting_id=posting_id, entries=len(entries))


def _changes_customs(entry: Entry) -> bool:
    ends = [end for end in (entry.source, entry.target) if isinstance(end, StockKey)]
    return len({end.customs_status for end in ends}) > 1


async def reverse_entries(tx: Tx, entry_ids: list[int]) -> list[Entry]:
    """The entries that undo these, without those undone already. The journal's unique index lets nobody undo twice."""
    again = sa.alias(stock_entry)
    rows = await tx.conn.execute(
        sa.select(stock_entry).where(
            stock_entry.c.id.in_(entry_ids),
            stock_entry.c.reverses_id.is_(None),
            ~sa.exists(sa.select(again.c.id).where(again.c.reverses_id == stock_entry.c.id)),
        )
    )
    found = rows.all()
    keys = await _keys(tx, {id for row in found for id in (row.from_stock_id, row.to_stock_id) if id is not None})
    return [
        Entry(
            source=keys[row.to_stock_id] if row.to_stock_id else row.to_place_id,
            target=keys[row.from_stock_id] if row.from_stock_id else row.from_place_id,
            quantity=row.quantity,
            weight_g=row.weight_g,
            document_id=row.document_id,
            reverses_id=row.id,
            despite_holds=True,
        )
        for row in found
    ]


async def _keys(tx: Tx, ids: set[UUID]) -> dict[UUID, StockKey]:
    rows = await tx.conn.execute(
        sa.select(
            *(stock.c.place_id, stock.c.item_id, stock.c.owner_id, stock.c.customs_status, stock.c.condition),
            *(stock.c.lot_id, stock.c.serial_id, stock.c.account_line_id, stock.c.id),
        ).where(stock.c.id.in_(ids))
    )
    return {row.id: StockKey(*row[:8]) for row in rows}

"""Posting quantities: the one way in which stock changes, for one entry or ten thousand.

All of a posting happens or nothing. Who posts from several people at once need not think of locks: functions.sql takes them
in one order, and checks balance, holds, reservations, account lines and the limits of places under them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.stock.stock_key import StockKey


@dataclass(frozen=True, slots=True)
class Entry:
    """A quantity that goes from one stock to another.

    Either end may be a UUID instead of a key: a virtual location, outside of which the goods come or into which they leave.
    `guard` refuses it while a hold covers what it takes; what leaves to a virtual location is always guarded, unless
    `despite_holds` says that an authority, a count or a return of the same goods asks for it.
    """

    source: StockKey | UUID
    target: StockKey | UUID
    quantity: Decimal
    reservation_id: UUID | None = None
    guard: bool = False
    despite_holds: bool = False
    document_id: UUID | None = None
    weight_g: int = 0
    happened_at: datetime | None = None
    reverses_id: int | None = None


_POST = sa.text("SELECT post_stock(:entries, :posting_id, :cause, :actor_id, :now)").bindparams(
    sa.bindparam("entries", type_=JSONB),
    sa.bindparam("posting_id", type_=sa.Uuid),
    sa.bindparam("actor_id", type_=sa.Uuid),
)


async def post(
    tx: Tx,
    entries: Sequence[Entry],
    *,
    cause: str,
    site: str,
    posting_id: UUID | None = None,
) -> UUID:
    """Post entries as one; gives the posting's id, by which its entries are found (`read_entries.of_posting`).

    A `posting_id` of one's own comes from `tx.new_id()` of this transaction: the journal is searched by the time in it.

    Refuses `insufficient_stock` (neither reserved nor held is taken without its reservation), `on_hold`, `reservation_gone`,
    and for limited places `wrong_temperature`, `wrong_customs_zone`, `dangerous_goods_refused`, `segregation`,
    `mixing_forbidden`, `location_full`, `location_overweight`, `unit_too_high`. Tells `stock.posted` once an owner.
    """
    posting_id = posting_id or tx.new_id()
    if not entries:
        return posting_id
    await tx.conn.execute(
        _POST,
        {
            "entries": [as_row(entry) for entry in entries],
            "posting_id": posting_id,
            "cause": cause,
            "actor_id": tx.actor.id,
            "now": tx.now,
        },
    )
    for owner_id in sorted(_owners(entries)):
        await tell(tx, "stock.posted", posting_id, site=site, owner_id=owner_id, cause=cause, entries=len(entries))
    return posting_id


def as_row(entry: Entry) -> dict[str, Any]:
    """An entry as functions.sql reads it."""
    source, target = entry.source, entry.target
    key = target if isinstance(target, StockKey) else source
    if not isinstance(key, StockKey):
        raise ValueError("an entry touches stock with at least one end")
    if entry.quantity <= 0:
        raise ValueError("a quantity that moves is positive; a correction goes the other way")
    row: dict[str, Any] = {
        "fp": str(source.place_id if isinstance(source, StockKey) else source),
        "tp": str(target.place_id if isinstance(target, StockKey) else target),
        "i": str(key.item_id),
        "o": str(key.owner_id),
        "c": key.customs_status,
        "k": key.condition,
        "q": str(entry.quantity),
    }
    if isinstance(source, StockKey):
        row["f"] = str(source.id)
        if source.owner_id != key.owner_id:
            row["fo"] = str(source.owner_id)
        if source.account_line_id is not None:
            row["fa"] = str(source.account_line_id)
        if (entry.guard or not isinstance(target, StockKey)) and not entry.despite_holds:
            row["g"] = True
    if isinstance(target, StockKey):
        row["t"] = str(target.id)
    optional = {
        "l": key.lot_id,
        "s": key.serial_id,
        "a": key.account_line_id,
        "r": entry.reservation_id,
        "d": entry.document_id,
        "h": entry.happened_at.isoformat() if entry.happened_at else None,
    }
    row |= {name: str(value) for name, value in optional.items() if value is not None}
    if entry.weight_g:
        row["w"] = entry.weight_g
    if entry.reverses_id is not None:
        row["x"] = entry.reverses_id
    return row


def _owners(entries: Iterable[Entry]) -> set[UUID]:
    ends = (end for entry in entries for end in (entry.source, entry.target))
    return {end.owner_id for end in ends if isinstance(end, StockKey)}

"""Discrepancy documents: every difference between what was announced and what came has one, until somebody settles it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from wms.inbound.tables import discrepancy
from wms.kit.db import Tx
from wms.kit.facts import tell


@dataclass(frozen=True, slots=True)
class Found:
    """A difference of one line, or of an announced unit that did not come."""

    kind: str
    quantity: Decimal
    line_id: UUID | None = None
    item_id: UUID | None = None
    sscc: str | None = None


async def note_discrepancies(tx: Tx, wanted: sa.Row[Any], found: Sequence[Found]) -> int:
    """Open documents for differences of a notice; how many. More of a kind on the same line adds to the open document."""
    if not found:
        return 0
    rows = [
        {
            "id": tx.new_id(),
            "site": wanted.site,
            "owner_id": wanted.owner_id,
            "notice_id": wanted.id,
            "notice_line_id": one.line_id,
            "sscc": one.sscc,
            "kind": one.kind,
            "item_id": one.item_id,
            "quantity": one.quantity,
            "found_at": tx.now,
        }
        for one in found
    ]
    row = insert(discrepancy)
    await tx.conn.execute(
        row.on_conflict_do_update(
            index_elements=["notice_line_id", "kind"],
            index_where=sa.text("settled_at IS NULL AND notice_line_id IS NOT NULL"),
            set_={"quantity": discrepancy.c.quantity + row.excluded.quantity, "found_at": row.excluded.found_at},
        ),
        rows,
    )
    kinds = Counter(one.kind for one in found)
    told = {"notice_no": wanted.notice_no, "kinds": dict(sorted(kinds.items()))}
    await tell(tx, "discrepancy.found", wanted.id, site=wanted.site, owner_id=wanted.owner_id, **told)
    return len(found)


async def withdraw_discrepancies(tx: Tx, found: Sequence[Found]) -> None:
    """Take back differences of a receipt that is undone. A document that says nothing any more is closed as `undone`."""
    for one in found:
        mine = sa.and_(
            discrepancy.c.notice_line_id == one.line_id,
            discrepancy.c.kind == one.kind,
            discrepancy.c.settled_at.is_(None),
        )
        left = discrepancy.c.quantity - one.quantity
        closed = {"settled_at": tx.now, "settled_by": tx.actor.name, "reason": "undone"}
        await tx.conn.execute(discrepancy.update().where(mine, left <= 0).values(quantity=0, **closed))
        await tx.conn.execute(discrepancy.update().where(mine, left > 0).values(quantity=left))

"""The life of a notice beside its receipts: its truck arrives, it is closed with what is missing, it is cancelled."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from wms.inbound.find_discrepancies import Found, note_discrepancies
from wms.inbound.post_receipt import lock_notice
from wms.inbound.tables import notice, notice_line, notice_unit
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal


class NoticeId(BaseModel):
    id: UUID


class NoticeChanged(BaseModel):
    """`discrepancies`: how many documents closing has opened."""

    id: UUID
    state: str
    discrepancies: int = 0


async def arrive_notice(tx: Tx, command: NoticeId) -> NoticeChanged:
    """The truck is at the gate. Once goods are received it changes nothing."""
    row = await lock_notice(tx, command.id, "receipt.post")
    if row.state != "announced":
        return NoticeChanged(id=row.id, state=row.state)
    await _save(tx, row, "notice.arrived", state="arriving")
    return NoticeChanged(id=row.id, state="arriving")


async def cancel_notice(tx: Tx, command: NoticeId) -> NoticeChanged:
    """Cancel what has not begun to come. Refuses `notice_begun`."""
    row = await lock_notice(tx, command.id, "notice.announce")
    if row.state == "receiving":
        raise Refusal("notice_begun", notice=row.notice_no)
    await _save(tx, row, "notice.cancelled", state="cancelled", closed_at=tx.now, closed_by=tx.actor.name)
    return NoticeChanged(id=row.id, state="cancelled")


async def close_notice(tx: Tx, command: NoticeId) -> NoticeChanged:
    """Close a notice: what is short, over or missing gets its document, and nothing more is received."""
    row = await lock_notice(tx, command.id, "notice.close")
    found = await _differences(tx, row.id)
    opened = await note_discrepancies(tx, row, found)
    closed = {"state": "closed", "closed_at": tx.now, "closed_by": tx.actor.name}
    await _save(tx, row, "notice.closed", discrepancies=opened, **closed)
    return NoticeChanged(id=row.id, state="closed", discrepancies=opened)


async def _differences(tx: Tx, notice_id: UUID) -> list[Found]:
    found = []
    lines = sa.select(notice_line).where(
        notice_line.c.notice_id == notice_id,
        notice_line.c.expected > 0,
        notice_line.c.received != notice_line.c.expected,
    )
    for line in await tx.conn.execute(lines.order_by(notice_line.c.line_no)):
        kind = "short" if line.received < line.expected else "over"
        found.append(Found(kind, abs(line.expected - line.received), line.id, line.item_id))
    missing = sa.select(notice_unit.c.sscc).where(
        notice_unit.c.notice_id == notice_id, notice_unit.c.received_at.is_(None)
    )
    found += [Found("unit_missing", Decimal(1), sscc=sscc) for sscc in await tx.conn.scalars(missing)]
    return found


async def _save(tx: Tx, row: sa.Row[Any], fact: str, *, discrepancies: int | None = None, **values: Any) -> None:
    await tx.conn.execute(notice.update().where(notice.c.id == row.id).values(values))
    told = {"notice_no": row.notice_no} | ({} if discrepancies is None else {"discrepancies": discrepancies})
    await tell(tx, fact, row.id, site=row.site, owner_id=row.owner_id, **told)

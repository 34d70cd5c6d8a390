"""Four eyes: what one asks for, another agrees to. Never the same person, and not for ever."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from wms.access.audit import audit
from wms.access.tables import approval, person
from wms.kit.db import Tx
from wms.kit.refusal import Refusal

_OPEN_FOR = timedelta(days=3)
Effects = Mapping[str, Callable[[Tx, dict[str, Any]], Awaitable[None]]]


class ApprovalRow(BaseModel):
    id: UUID
    action: str
    payload: dict[str, Any]
    asked_by_name: str
    asked_at: datetime
    expires_at: datetime
    state: Literal["open", "approved", "refused"]
    decided_by_name: str | None
    decided_at: datetime | None


async def others_could_agree(tx: Tx) -> bool:
    """Whether there is another administrator of the whole house."""
    whole = sa.and_(person.c.sites.is_(None), person.c.owners.is_(None))
    others = sa.select(person.c.id).where(person.c.role == "administrator", person.c.active, whole)
    return await tx.conn.scalar(others.where(person.c.id != tx.actor.id).limit(1)) is not None


async def ask_approval(tx: Tx, action: str, payload: dict[str, Any]) -> UUID:
    id = tx.new_id()
    await tx.conn.execute(
        approval.insert().values(
            id=id,
            action=action,
            payload=payload,
            asked_by=tx.actor.id,
            asked_by_name=tx.actor.name,
            asked_at=tx.now,
            expires_at=tx.now + _OPEN_FOR,
            state="open",
        )
    )
    return id


async def decide_approval(tx: Tx, id: UUID, agreed: bool, effects: Effects) -> ApprovalRow:
    """Refuses `not_found`, `four_eyes` to the one who asked, `approval_over` when it is decided or too old."""
    row = (await tx.conn.execute(sa.select(approval).where(approval.c.id == id).with_for_update())).one_or_none()
    if row is None:
        raise Refusal("not_found")
    if row.asked_by == tx.actor.id:
        raise Refusal("four_eyes")
    if row.state != "open" or row.expires_at <= tx.now:
        raise Refusal("approval_over")
    decided = {
        "state": "approved" if agreed else "refused", "decided_by_name": tx.actor.name, "decided_at": tx.now
    }  # fmt: skip
    await tx.conn.execute(approval.update().where(approval.c.id == id).values(**decided))
    if agreed:
        await effects[row.action](tx, row.payload)
    await audit(
        tx, f"approval.{decided['state']}", str(id), action=row.action, asked_by=row.asked_by_name, **row.payload
    )
    return ApprovalRow.model_validate({**row._mapping, **decided})

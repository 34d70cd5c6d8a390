"""The audit trail: who did what to what, when, chained by digests so that an altered row names itself.

Only human and administrative acts are written here; the stock journal has a chain of its own for each unit.
"""

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.access.tables import audit_entry
from wms.kit.db import Tx

_CHAIN_LOCK = 0x6B6F75616E01  # any constant: it serializes writers of the chain
GENESIS = "0" * 64


def entry_digest(
    previous: str,
    at: datetime,
    actor_id: UUID,
    action: str,
    subject: str,
    params: dict[str, Any],
    device: str | None = None,
    why: str | None = None,
) -> str:
    """SHA-256 over the previous digest and the entry's canonical JSON. Entries without device and reason are as they were
    before these were kept, so that an old trail still verifies."""
    told: list[Any] = [previous, at.isoformat(), str(actor_id), action, subject, params]
    if device is not None or why is not None:
        told += [device, why]
    body = json.dumps(told, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()


async def audit(tx: Tx, action: str, subject: str, /, *, why: str | None = None, **params: Any) -> None:
    """Append an entry by the transaction's actor, with the device they work on. Call it last: the chain's lock is held until
    the commit."""
    device = tx.actor.device
    await tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_CHAIN_LOCK)))
    previous = (
        await tx.conn.scalar(sa.select(audit_entry.c.digest).order_by(audit_entry.c.id.desc()).limit(1)) or GENESIS
    )
    await tx.conn.execute(
        audit_entry.insert().values(
            at=tx.now,
            actor_id=tx.actor.id,
            actor_name=tx.actor.name,
            action=action,
            subject=subject,
            params=params,
            device=device,
            why=why,
            previous=previous,
            digest=entry_digest(previous, tx.now, tx.actor.id, action, subject, params, device, why),
        )
    )


async def find_broken_entries(conn: AsyncConnection) -> list[int]:
    """Ids of entries whose digest or link does not hold."""
    broken: list[int] = []
    previous = GENESIS
    query = sa.select(audit_entry).order_by(audit_entry.c.id).execution_options(yield_per=2000)
    async for row in await conn.stream(query):
        expected = entry_digest(
            *(previous, row.at, row.actor_id, row.action, row.subject, row.params, row.device, row.why)
        )
        if row.previous != previous or row.digest != expected:
            broken.append(row.id)
        previous = row.digest
    return broken

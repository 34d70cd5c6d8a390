"""The outbox: every effect that leaves the database is a row first, written in the transaction that causes it.

`relay` publishes rows in id order and marks them; a crash between publish and mark repeats a message, never loses one, so
every receiver has to be idempotent (commands by cmd_id, acknowledgements by their nature).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import TypedColumns
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.kit.db import Tx
from wms.kit.schema import Instant, metadata

OUTBOX_CHANNEL = "kouan_outbox"


class _OutboxColumns(TypedColumns):
    id = sa.Column(sa.BigInteger, sa.Identity(), primary_key=True)
    topic = sa.Column(sa.Text, nullable=False)
    payload = sa.Column(sa.LargeBinary, nullable=False)
    retain = sa.Column(sa.Boolean, nullable=False)
    created_at = sa.Column(Instant, nullable=False)
    expires_at = sa.Column(Instant, nullable=True)
    sent_at = sa.Column(Instant, nullable=True)


outbox = sa.Table(
    "outbox",
    metadata,
    _OutboxColumns,
    sa.Index("ix_outbox_unsent", "id", postgresql_where=sa.text("sent_at IS NULL")),
)


async def emit(tx: Tx, topic: str, payload: bytes, *, retain: bool = False, expires_at: datetime | None = None) -> None:
    """Queue an MQTT message for after the commit."""
    await tx.conn.execute(
        outbox.insert().values(topic=topic, payload=payload, retain=retain, created_at=tx.now, expires_at=expires_at)
    )
    tx.notify.add(OUTBOX_CHANNEL)


async def take_unsent(conn: AsyncConnection, limit: int) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """The oldest unsent rows, locked so that two relays never publish the same one at once."""
    query = (
        sa.select(outbox.c.id, outbox.c.topic, outbox.c.payload, outbox.c.retain, outbox.c.expires_at)
        .where(outbox.c.sent_at.is_(None))
        .order_by(outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await conn.execute(query)).all()


async def mark_sent(conn: AsyncConnection, ids: list[int], at: datetime) -> None:
    await conn.execute(outbox.update().where(outbox.c.id.in_(ids)).values(sent_at=at))

"""Facts: what happened, in past tense, written in the transaction that made it true.

Facts are the one stream from which webhooks, boards and other slices learn news. A fact belongs to at most one site and one
owner, so that a subscriber of one tenant never sees another's. Names are `subject.past_tense`: `order.shipped`, `stock.held`.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import TypedColumns

from wms.kit.db import Tx
from wms.kit.schema import Instant, Json, metadata


class _FactColumns(TypedColumns):
    id = sa.Column(sa.BigInteger, sa.Identity(), primary_key=True)
    kind = sa.Column(sa.String(60), nullable=False)
    subject = sa.Column(sa.String(120), nullable=False)  # what it is about; facts of one subject are delivered in order
    site = sa.Column(sa.String(8), nullable=True)
    owner_id = sa.Column(sa.Uuid, nullable=True)
    actor_id = sa.Column(sa.Uuid, nullable=False)
    recorded_at = sa.Column(Instant, nullable=False)
    data = sa.Column(Json, nullable=False)
    # The writing transaction. Ids are drawn before the commit, so only facts of transactions older than every running one
    # are known to be complete; the feed goes by this (wms.webhooks.feed_facts).
    txid = sa.Column(sa.BigInteger, nullable=False, server_default=sa.text("(pg_current_xact_id()::text)::bigint"))


fact = sa.Table(
    "fact",
    metadata,
    _FactColumns,
    sa.Index(
        "ix_fact_txid", "txid", postgresql_using="brin", postgresql_with={"pages_per_range": 16, "autosummarize": True}
    ),
)


async def tell(
    tx: Tx, kind: str, subject: object, *, site: str | None = None, owner_id: UUID | None = None, **data: Any
) -> None:
    """Write a fact. `data` is JSON: ids and quantities as strings, no personal data."""
    await tx.conn.execute(
        fact.insert().values(
            kind=kind,
            subject=str(subject),
            site=site,
            owner_id=owner_id,
            actor_id=tx.actor.id,
            recorded_at=tx.now,
            data=data,
        )
    )

"""Delivering facts to webhooks: at least once, in order for each subject, around consumers that are away.

The feed is written out as one delivery a webhook and fact; of those of one subject only the first that waits is tried, so a
consumer that was down for an hour gets everything in order afterwards, and one subject it chokes on does not hold the others.
"""

import asyncio
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.kit.facts import fact
from wms.kit.seal import Seal
from wms.webhooks.backoff import GIVEN_UP_AFTER, pause_after
from wms.webhooks.feed_facts import feed_facts
from wms.webhooks.read_feed import fact_of, visible, with_entries
from wms.webhooks.send import Sent, send
from wms.webhooks.sign import headers
from wms.webhooks.tables import delivery, feed, webhook

_WINDOW = 1_000  # facts written out for a webhook in one transaction
_AT_ONCE = 20
_LEASE = timedelta(seconds=30)  # longer than a request may take: a worker that died is replaced after it


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery in our hands."""

    id: int
    attempts: int
    first_at: datetime
    url: str
    body: bytes
    headers: dict[str, str]


async def write_out(tx: Tx, _: None) -> int:
    """Write the next part of the feed out as deliveries; how many facts were looked at."""
    looked_at = 0
    hooks = sa.select(webhook).where(webhook.c.removed_at.is_(None)).order_by(webhook.c.id).with_for_update()
    for hook in (await tx.conn.execute(hooks)).all():
        window = sa.select(feed.c.seq).where(feed.c.seq > hook.through_seq).order_by(feed.c.seq).limit(_WINDOW)
        seqs = list(await tx.conn.scalars(window))
        if not seqs:
            continue
        wanted = (
            sa.select(
                *(sa.literal(hook.id, sa.Uuid), fact.c.id, fact.c.subject, sa.literal(0)),
                sa.literal(tx.now, sa.DateTime(timezone=True)),
            )
            .join(feed, feed.c.fact_id == fact.c.id)
            .where(feed.c.seq > hook.through_seq, feed.c.seq <= seqs[-1], *scope_of(hook))
            .order_by(feed.c.seq)
        )
        columns = ["webhook_id", "fact_id", "subject", "attempts", "next_at"]
        await tx.conn.execute(delivery.insert().from_select(columns, wanted))
        await tx.conn.execute(webhook.update().where(webhook.c.id == hook.id).values(through_seq=seqs[-1]))
        looked_at += len(seqs)
    return looked_at


def scope_of(hook: Any) -> list[Any]:
    return visible(hook.sites, hook.owners, hook.kinds)


class Deliverer:
    """Takes what is due, sends it, writes down what came of it."""

    def __init__(self, db: Database, seal: Seal, *, allow_private: bool, rng: random.Random | None = None) -> None:
        self._db = db
        self._seal = seal
        self._allow_private = allow_private
        self._rng = rng or random.Random()

    async def drain(self) -> int:
        """One round; how many deliveries were tried."""
        due: list[Due] = await self._db.run(self._take, None, actor=SYSTEM)
        results = await asyncio.gather(
            *(send(one.url, one.body, one.headers, allow_private=self._allow_private) for one in due)
        )
        if due:
            await self._db.run(self._write_down, list(zip(due, results, strict=True)), actor=SYSTEM)
        return len(due)

    async def _take(self, tx: Tx, _: None) -> list[Due]:
        rows = (await tx.conn.execute(_first_waiting(tx.now))).all()
        ids = [row.delivery_id for row in rows]
        lease = delivery.update().where(delivery.c.id.in_(ids))
        await tx.conn.execute(
            lease.values(next_at=tx.now + _LEASE, first_at=sa.func.coalesce(delivery.c.first_at, tx.now))
        )
        return [await self._due(tx, row) for row in rows]

    async def _due(self, tx: Tx, row: Any) -> Due:
        told = await with_entries(tx.conn, fact_of(row))
        body = json.dumps(told.model_dump(mode="json", exclude={"seq"}), ensure_ascii=False).encode()
        known = [self._seal.open(row.secret)]
        if row.old_secret_until is not None and row.old_secret_until > tx.now:
            known.append(self._seal.open(row.old_secret))
        signed = headers([one for one in known if one], f"{row.id}.{row.webhook_id}", tx.now, body)
        return Due(row.delivery_id, row.attempts, row.first_at or tx.now, row.url, body, signed)

    async def _write_down(self, tx: Tx, outcomes: Sequence[tuple[Due, Sent]]) -> None:
        for due, sent in outcomes:
            values: dict[str, Any] = {
                "attempts": due.attempts + 1,
                "last_status": sent.status,
                "last_error": sent.error,
            }
            if sent.accepted:
                values["delivered_at"] = tx.now
            elif tx.now - due.first_at > GIVEN_UP_AFTER:
                values["dead_at"] = tx.now
            else:
                values["next_at"] = tx.now + pause_after(due.attempts + 1, self._rng)
            await tx.conn.execute(delivery.update().where(delivery.c.id == due.id).values(**values))


def _first_waiting(now: datetime) -> sa.Select[Any]:
    """Of every webhook and subject the first delivery that waits, when its time has come; locked against another worker."""
    waiting = sa.and_(delivery.c.delivered_at.is_(None), delivery.c.dead_at.is_(None))
    first = (
        sa.select(delivery.c.id)
        .where(waiting)
        .ext(distinct_on(delivery.c.webhook_id, delivery.c.subject))
        .order_by(delivery.c.webhook_id, delivery.c.subject, delivery.c.id)
        .subquery()
    )
    return (
        sa.select(
            *(delivery.c.id.label("delivery_id"), delivery.c.attempts, delivery.c.first_at, delivery.c.webhook_id),
            *(webhook.c.url, webhook.c.secret, webhook.c.old_secret, webhook.c.old_secret_until),
            *(sa.literal(0).label("seq"), fact),
        )
        .join(webhook, webhook.c.id == delivery.c.webhook_id)
        .join(fact, fact.c.id == delivery.c.fact_id)
        .where(
            delivery.c.id.in_(sa.select(first.c.id)),
            waiting,
            delivery.c.next_at <= now,
            ~webhook.c.paused,
            webhook.c.removed_at.is_(None),
        )
        .order_by(delivery.c.id)
        .limit(_AT_ONCE)
        .with_for_update(of=delivery, skip_locked=True)
    )


async def run_round(deliverer: Deliverer, db: Database) -> int:
    """Feed, write out and deliver once; how much there was to do."""
    fed = await db.run(feed_facts, None, actor=SYSTEM)
    written = await db.run(write_out, None, actor=SYSTEM)
    return fed + written + await deliverer.drain()

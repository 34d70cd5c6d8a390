"""Adding, changing and replaying webhooks. A webhook sees what the person who made it sees, for ever after."""

import secrets
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, Field

from wms.access.audit import audit
from wms.kit.db import Tx
from wms.kit.facts import fact
from wms.kit.refusal import Refusal
from wms.kit.seal import Seal
from wms.webhooks.read_feed import visible
from wms.webhooks.send import url_problem
from wms.webhooks.tables import delivery, feed, webhook

OVERLAP = timedelta(hours=24)
_MOST_REPLAYED = 100_000
Kind = Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]*$", max_length=60)]


class WebhookBody(BaseModel):
    """`kinds` are prefixes: `order.` or `order.shipped`; none means every kind. Facts from now on are delivered."""

    url: str = Field(min_length=8, max_length=500)
    kinds: list[Kind] = Field(default=[], max_length=50)


class WebhookMade(BaseModel):
    """The secret is told once, here."""

    id: UUID
    secret: str


class ReplayBody(BaseModel):
    """From a fact of the feed, or from an instant, whichever is given."""

    from_seq: int | None = Field(default=None, ge=0, le=2**62)
    since: AwareDatetime | None = None


class Replayed(BaseModel):
    facts: int


class WebhookDoor:
    """The verbs, with what they need besides the transaction."""

    def __init__(self, seal: Seal, allow_private: bool) -> None:
        self._seal = seal
        self._allow_private = allow_private

    async def make(self, tx: Tx, body: WebhookBody) -> WebhookMade:
        """Refuses `webhook_refused` for an address that is not https or not readable."""
        if (problem := url_problem(body.url, self._allow_private)) is not None:
            raise Refusal("webhook_refused", field="url", why=problem)
        id, secret = tx.new_id(), secrets.token_urlsafe(32)
        last = await tx.conn.scalar(sa.select(sa.func.max(feed.c.seq)))
        await tx.conn.execute(
            webhook.insert().values(
                id=id,
                url=body.url,
                kinds=body.kinds,
                sites=sorted(tx.actor.sites) if tx.actor.sites is not None else None,
                owners=sorted(map(str, tx.actor.owners)) if tx.actor.owners is not None else None,
                secret=self._seal.close(secret),
                through_seq=last or 0,
                paused=False,
                created_at=tx.now,
                created_by=tx.actor.name,
            )
        )
        await audit(tx, "webhook.add", str(id), url=body.url, kinds=body.kinds)
        return WebhookMade(id=id, secret=secret)

    async def renew(self, tx: Tx, id: UUID) -> WebhookMade:
        """A new secret; the old one signs beside it for a day."""
        hook = await find_webhook(tx, id)
        secret = secrets.token_urlsafe(32)
        await tx.conn.execute(
            webhook.update()
            .where(webhook.c.id == id)
            .values(secret=self._seal.close(secret), old_secret=hook.secret, old_secret_until=tx.now + OVERLAP)
        )
        await audit(tx, "webhook.renew", str(id))
        return WebhookMade(id=id, secret=secret)


class WebhookSwitch(BaseModel):
    id: UUID
    paused: bool


async def switch_webhook(tx: Tx, command: WebhookSwitch) -> WebhookSwitch:
    """Pause or go on; what waits stays in order."""
    await find_webhook(tx, command.id)
    await tx.conn.execute(webhook.update().where(webhook.c.id == command.id).values(paused=command.paused))
    await audit(tx, "webhook.pause" if command.paused else "webhook.resume", str(command.id))
    return command


async def remove_webhook(tx: Tx, id: UUID) -> None:
    await find_webhook(tx, id)
    await tx.conn.execute(webhook.update().where(webhook.c.id == id).values(removed_at=tx.now))
    await audit(tx, "webhook.remove", str(id))


async def replay(tx: Tx, command: tuple[UUID, ReplayBody]) -> Replayed:
    """Deliver facts of the past once more, behind what waits. At most a hundred thousand at a time."""
    id, body = command
    hook = await find_webhook(tx, id)
    if body.from_seq is None and body.since is None:
        raise Refusal("invalid_request", field="from_seq")
    wanted = (
        sa.select(
            *(sa.literal(id, sa.Uuid), fact.c.id, fact.c.subject, sa.literal(0)),
            sa.literal(tx.now, sa.DateTime(timezone=True)),
        )
        .join(feed, feed.c.fact_id == fact.c.id)
        .where(feed.c.seq <= hook.through_seq, *visible(hook.sites, hook.owners, hook.kinds), *_from(body))
        .order_by(feed.c.seq)
        .limit(_MOST_REPLAYED)
    )
    columns = ["webhook_id", "fact_id", "subject", "attempts", "next_at"]
    found = await tx.conn.execute(delivery.insert().from_select(columns, wanted))
    await audit(tx, "webhook.replay", str(id), facts=found.rowcount)
    return Replayed(facts=found.rowcount)


def _from(body: ReplayBody) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if body.from_seq is not None:
        conditions.append(feed.c.seq >= body.from_seq)
    if body.since is not None:
        conditions.append(fact.c.recorded_at >= body.since)
    return conditions


async def find_webhook(tx: Tx, id: UUID) -> sa.Row[*tuple[object, ...]]:
    """The webhook, locked, if it is the asker's: one of another's sites or owners is not there."""
    row = (
        await tx.conn.execute(
            sa.select(webhook).where(webhook.c.id == id, webhook.c.removed_at.is_(None)).with_for_update()
        )
    ).one_or_none()
    if row is None or not is_mine(tx, row.sites, row.owners):
        raise Refusal("not_found")
    return row


def is_mine(tx: Tx, sites: list[str] | None, owners: list[str] | None) -> bool:
    mine = tx.actor
    sites_fit = mine.sites is None or (sites is not None and mine.sites.issuperset(sites))
    owners_fit = mine.owners is None or (owners is not None and mine.owners.issuperset(map(UUID, owners)))
    return sites_fit and owners_fit


class WebhookRow(BaseModel):
    id: UUID
    url: str
    kinds: list[str]
    sites: list[str] | None
    paused: bool
    waiting: int
    dead: int
    created_at: datetime
    created_by: str

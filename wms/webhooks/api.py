"""Webhooks and the feed of facts over HTTP."""

from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from wms.access.api import Who
from wms.kit.actor import Actor
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page, page_of, read_id
from wms.kit.refusal import Refusal
from wms.webhooks.read_feed import Fact, read_facts, visible, with_entries
from wms.webhooks.subscribe import (
    ReplayBody,
    Replayed,
    WebhookBody,
    WebhookDoor,
    WebhookMade,
    WebhookRow,
    WebhookSwitch,
    remove_webhook,
    replay,
    switch_webhook,
)
from wms.webhooks.tables import delivery, webhook

router = APIRouter(prefix="/api/v1", tags=["webhooks"], responses=ERRORS)
Kinds = Annotated[list[str] | None, Query(max_length=50, description="prefixes of types: `order.`")]


class Switch(BaseModel):
    paused: bool


async def door_of(request: Request, held: Held) -> WebhookDoor:
    return WebhookDoor(held.seal, request.app.state.webhooks_to_private)


Door = Annotated[WebhookDoor, Depends(door_of)]


@router.get("/facts")
async def get_facts(
    held: Held,
    who: Who,
    kind: Kinds = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[Fact]:
    """What happened, in one order, to be pulled: `next` is where to go on, also when there is nothing more yet."""
    who.need("fact.read")
    start = read_number(after)
    async with held.db.read() as conn:
        found = await read_facts(conn, _visible(who, kind or []), after=start, limit=limit)
        found = [await with_entries(conn, told) for told in found]
    return Page(items=found, next=str(found[-1].seq if found else start))


def read_number(after: str | None) -> int:
    if after is None:
        return 0
    if not (after.isascii() and after.isdigit() and len(after) <= 18):
        raise Refusal("invalid_request", field="after")
    return int(after)


def _visible(who: Actor, kinds: list[str]) -> list[sa.ColumnElement[bool]]:
    if any(len(kind) > 60 or "\x00" in kind for kind in kinds):
        raise Refusal("invalid_request", field="kind")
    sites = sorted(who.sites) if who.sites is not None else None
    return visible(sites, sorted(who.owners) if who.owners is not None else None, kinds)


@router.post("/webhooks", status_code=201)
async def post_webhook(body: WebhookBody, held: Held, door: Door, who: Who) -> WebhookMade:
    """Facts from now on are sent there. No idempotency key: the secret of the answer is kept nowhere."""
    who.need("webhook.write")
    return await held.db.run(door.make, body, actor=who)


@router.get("/webhooks")
async def get_webhooks(held: Held, who: Who, after: After = None, limit: Limit = 100) -> Page[WebhookRow]:
    who.need("webhook.write")
    mine = delivery.c.webhook_id == webhook.c.id
    count = sa.select(sa.func.count()).where(mine).correlate(webhook)
    waiting = count.where(delivery.c.delivered_at.is_(None), delivery.c.dead_at.is_(None)).scalar_subquery()
    dead = count.where(delivery.c.dead_at.is_not(None)).scalar_subquery()
    query = sa.select(webhook, waiting.label("waiting"), dead.label("dead")).where(webhook.c.removed_at.is_(None))
    if who.sites is not None:
        query = query.where(webhook.c.sites.is_not(None), webhook.c.sites.contained_by(sorted(who.sites)))
    if who.owners is not None:
        query = query.where(webhook.c.owners.is_not(None), webhook.c.owners.contained_by(sorted(map(str, who.owners))))
    if after is not None:
        query = query.where(webhook.c.id > read_id(after))
    async with held.db.read() as conn:
        rows = await conn.execute(query.order_by(webhook.c.id).limit(limit + 1))
        found = [WebhookRow.model_validate(dict(row._mapping)) for row in rows]
    return page_of(found, limit, lambda row: str(row.id))


@router.post("/webhooks/{id}/renew-secret")
async def post_renew(id: UUID, held: Held, door: Door, who: Who) -> WebhookMade:
    """A new secret; for a day requests are signed with both."""
    who.need("webhook.write")
    return await held.db.run(door.renew, id, actor=who)


@router.post("/webhooks/{id}/pause")
async def post_pause(id: UUID, body: Switch, held: Held, who: Who, key: IdempotencyKey = None) -> WebhookSwitch:
    who.need("webhook.write")
    return await held.db.run(switch_webhook, WebhookSwitch(id=id, paused=body.paused), actor=who, key=key)


@router.post("/webhooks/{id}/replay")
async def post_replay(id: UUID, body: ReplayBody, held: Held, who: Who, key: IdempotencyKey = None) -> Replayed:
    """Send facts of the past once more."""
    who.need("webhook.write")
    return await held.db.run(replay, (id, body), actor=who, key=key)


@router.delete("/webhooks/{id}", status_code=204)
async def delete_webhook(id: UUID, held: Held, who: Who) -> None:
    who.need("webhook.write")
    await held.db.run(remove_webhook, id, actor=who)

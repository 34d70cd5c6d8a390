"""Signing in and out, oneself, people, shared handhelds, and what waits for a second person."""

from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from wms.access.add_person import AddPerson, PersonAdded, add_person
from wms.access.approvals import ApprovalRow, decide_approval
from wms.access.change_person import (
    MAKE_ADMINISTRATOR,
    ChangePerson,
    PersonChange,
    PersonChanged,
    change_person,
    is_mine,
    make_administrator,
)
from wms.access.handhelds import (
    BadgeCode,
    BadgeSet,
    BadgeSignIn,
    EnrolHandheld,
    HandheldEnrolled,
    Pin,
    SetBadge,
    enrol_handheld,
    revoke_handheld,
    set_badge,
    sign_in_by_badge,
)
from wms.access.remember_actors import ActorMemory
from wms.access.sign_in import Session, SignIn, sign_in, sign_out, token_digest
from wms.access.tables import approval, handheld, person
from wms.kit.actor import Actor
from wms.kit.db import Tx
from wms.kit.http import ERRORS, Held, IdempotencyKey, Services, bearer_token
from wms.kit.page import After, Limit, Page, page_of, read_id
from wms.kit.refusal import Refusal

router = APIRouter(prefix="/api/v1", tags=["access"], responses=ERRORS)
EFFECTS = {MAKE_ADMINISTRATOR: make_administrator}


async def current_actor(request: Request) -> Actor:
    """The signed-in person behind this request, or Refusal `not_signed_in`."""
    memory: ActorMemory = request.app.state.actors
    held: Services = request.app.state.services
    return await memory.find(held.db, bearer_token(request), request.headers.get("x-handheld-token"))


Who = Annotated[Actor, Depends(current_actor)]


class Me(BaseModel):
    name: str
    role: str
    rights: list[str]
    sites: list[str] | None
    owners: list[UUID] | None
    device: str | None


class PersonRow(BaseModel):
    name: str
    role: str
    sites: list[str] | None
    owners: list[UUID] | None
    locale: str
    active: bool
    badge: bool


class HandheldRow(BaseModel):
    id: UUID
    site: str
    name: str
    enrolled_by: str
    revoked: bool


class BadgeBody(BaseModel):
    badge: BadgeCode | None
    pin: Pin | None = None


class Decision(BaseModel):
    agreed: bool


@router.post("/sessions", status_code=201)
async def post_session(command: SignIn, request: Request, held: Held) -> Session:
    return await sign_in(held.db, command, held.token_hours, request.client.host if request.client else "")


@router.post("/sessions/badge", status_code=201)
async def post_badge_session(command: BadgeSignIn, held: Held) -> Session:
    """Sign in on a shared handheld. Its token goes with every request, as `X-Handheld-Token`."""
    return await sign_in_by_badge(held.db, command)


@router.delete("/sessions/current", status_code=204)
async def delete_session(request: Request, held: Held, who: Who) -> None:
    await held.db.run(sign_out, token_digest(bearer_token(request)), actor=who)
    request.app.state.actors.forget()


@router.get("/me")
async def get_me(who: Who) -> Me:
    return Me(
        name=who.name,
        role=who.role,
        rights=sorted(who.rights),
        sites=sorted(who.sites) if who.sites is not None else None,
        owners=sorted(who.owners) if who.owners is not None else None,
        device=who.device,
    )


@router.get("/people")
async def get_people(held: Held, who: Who) -> list[PersonRow]:
    who.need("user.write")
    columns = (person.c.name, person.c.role, person.c.sites, person.c.owners, person.c.locale, person.c.active)
    query = sa.select(*columns, person.c.badge_digest.is_not(None).label("badge")).order_by(person.c.name)
    async with held.db.read() as conn:
        rows = (await conn.execute(query)).all()
    return [PersonRow.model_validate(row._mapping) for row in rows if is_mine(who, row.sites, row.owners)]


@router.post("/people", status_code=201)
async def post_person(command: AddPerson, held: Held, who: Who, key: IdempotencyKey = None) -> PersonAdded:
    who.need("user.write")
    return await held.db.run(add_person, command, actor=who, key=key)


@router.patch("/people/{name}")
async def patch_person(name: str, body: PersonChange, request: Request, held: Held, who: Who) -> PersonChanged:
    """Change a person; whatever they had open ends."""
    who.need("user.write")
    command = ChangePerson(name=name[:60], **{field: getattr(body, field) for field in body.model_fields_set})
    changed = await held.db.run(change_person, command, actor=who)
    request.app.state.actors.forget()
    return changed


@router.put("/people/{name}/badge")
async def put_badge(name: str, body: BadgeBody, held: Held, who: Who) -> BadgeSet:
    """Give a person a badge and a PIN of 4 to 8 digits, or take them away."""
    who.need("user.write")
    return await held.db.run(set_badge, SetBadge(name=name[:60], badge=body.badge, pin=body.pin), actor=who)


@router.post("/handhelds", status_code=201)
async def post_handheld(command: EnrolHandheld, held: Held, who: Who) -> HandheldEnrolled:
    """Enrol a shared handheld. No idempotency key: the token of the answer is kept nowhere."""
    who.need("handheld.write")
    return await held.db.run(enrol_handheld, command, actor=who)


@router.get("/handhelds")
async def get_handhelds(held: Held, who: Who, after: After = None, limit: Limit = 100) -> Page[HandheldRow]:
    who.need("handheld.write")
    query = sa.select(
        *(handheld.c.id, handheld.c.site, handheld.c.name, handheld.c.enrolled_by),
        handheld.c.revoked_at.is_not(None).label("revoked"),
    ).order_by(handheld.c.id)
    if who.sites is not None:
        query = query.where(handheld.c.site.in_(who.sites))
    if after is not None:
        query = query.where(handheld.c.id > read_id(after))
    async with held.db.read() as conn:
        found = [HandheldRow.model_validate(row._mapping) for row in await conn.execute(query.limit(limit + 1))]
    return page_of(found, limit, lambda row: str(row.id))


@router.delete("/handhelds/{id}", status_code=204)
async def delete_handheld(id: UUID, request: Request, held: Held, who: Who) -> None:
    """A lost handheld: it and every session on it end now."""
    who.need("handheld.write")
    await held.db.run(revoke_handheld, id, actor=who)
    request.app.state.actors.forget()


@router.get("/approvals")
async def get_approvals(held: Held, who: Who, after: After = None, limit: Limit = 100) -> Page[ApprovalRow]:
    """What waits for a second person, the newest first."""
    _need_approver(who)
    query = sa.select(approval).order_by(approval.c.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(approval.c.id < read_id(after))
    async with held.db.read() as conn:
        found = [ApprovalRow.model_validate(row._mapping) for row in await conn.execute(query)]
    return page_of(found, limit, lambda row: str(row.id))


@router.post("/approvals/{id}")
async def post_decision(
    id: UUID, body: Decision, request: Request, held: Held, who: Who, key: IdempotencyKey = None
) -> ApprovalRow:
    """Agree or refuse. Nobody decides what they asked for themselves."""
    _need_approver(who)

    async def decide(tx: Tx, wanted: tuple[UUID, bool]) -> ApprovalRow:
        return await decide_approval(tx, *wanted, EFFECTS)

    decided = await held.db.run(decide, (id, body.agreed), actor=who, key=key)
    request.app.state.actors.forget()
    return decided


def _need_approver(who: Actor) -> None:
    """Approvals are of the whole house: who is bound to sites or owners finds none."""
    who.need("user.write")
    if who.sites is not None or who.owners is not None:
        raise Refusal("not_allowed", right="user.write", scope="every_site")

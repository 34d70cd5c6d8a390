"""Signing in and out, oneself, and people."""

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from wms.access.add_person import AddPerson, PersonAdded, add_person
from wms.access.remember_actors import ActorMemory
from wms.access.sign_in import Session, SignIn, sign_in, sign_out, token_digest
from wms.access.tables import person
from wms.kit.actor import Actor
from wms.kit.http import ERRORS, Held, IdempotencyKey, bearer_token

router = APIRouter(prefix="/api/v1", tags=["access"], responses=ERRORS)


async def current_actor(request: Request, held: Held) -> Actor:
    """The signed-in person behind this request, or Refusal `not_signed_in`."""
    memory: ActorMemory = request.app.state.actors
    return await memory.find(held.db, bearer_token(request))


Who = Annotated[Actor, Depends(current_actor)]


class Me(BaseModel):
    name: str
    role: str
    rights: list[str]
    sites: list[str] | None


class PersonRow(BaseModel):
    name: str
    role: str
    sites: list[str] | None
    locale: str
    active: bool


@router.post("/sessions", status_code=201)
async def post_session(command: SignIn, held: Held) -> Session:
    return await sign_in(held.db, command, held.token_hours)


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
    )


@router.get("/people")
async def get_people(held: Held, who: Who) -> list[PersonRow]:
    who.need("user.write")
    async with held.db.read() as conn:
        rows = await conn.execute(
            sa.select(person.c.name, person.c.role, person.c.sites, person.c.locale, person.c.active).order_by(
                person.c.name
            )
        )
        return [PersonRow.model_validate(row._mapping) for row in rows if _is_mine(who, row.sites)]


def _is_mine(who: Actor, sites: list[str] | None) -> bool:
    return who.sites is None or (sites is not None and who.sites.issuperset(sites))


@router.post("/people", status_code=201)
async def post_person(command: AddPerson, held: Held, who: Who, key: IdempotencyKey = None) -> PersonAdded:
    who.need("user.write")
    return await held.db.run(add_person, command, actor=who, key=key)

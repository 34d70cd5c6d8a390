"""Parties over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from wms.access.api import Who
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page
from wms.kit.refusal import Refusal
from wms.parties.add_party import add_party
from wms.parties.change_party import ChangeParty, change_party
from wms.parties.find_parties import find_parties, find_party
from wms.parties.schemas import AddParty, PartyChange, PartyRow, Role

router = APIRouter(prefix="/api/v1", tags=["parties"], responses=ERRORS)


@router.get("/parties")
async def get_parties(
    held: Held, who: Who, role: Annotated[Role | None, Query()] = None, after: After = None, limit: Limit = 100
) -> Page[PartyRow]:
    """Parties by code. A tenant sees himself, and of suppliers, customers, carriers and banks the code."""
    who.need("party.read")
    async with held.db.read() as conn:
        return await find_parties(conn, who, role=role, after=after, limit=limit)


@router.get("/parties/{id}")
async def get_party(id: UUID, held: Held, who: Who) -> PartyRow:
    who.need("party.read")
    async with held.db.read() as conn:
        return await find_party(conn, who, id)


@router.post("/parties", status_code=201)
async def post_party(command: AddParty, held: Held, who: Who, key: IdempotencyKey = None) -> PartyRow:
    who.need("party.write")
    if who.owners is not None:  # who sees one owner's goods makes no new owners
        raise Refusal("not_allowed", right="party.write")
    return await held.db.run(add_party, command, actor=who, key=key)


@router.patch("/parties/{id}")
async def patch_party(id: UUID, change: PartyChange, held: Held, who: Who, key: IdempotencyKey = None) -> PartyRow:
    who.need("party.write")
    who.need_owner(id)
    command = ChangeParty(party_id=id, **change.model_dump(exclude_unset=True))
    return await held.db.run(change_party, command, actor=who, key=key)

"""Units and relocations over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from wms.access.api import Who
from wms.inside.find_unit import look_for_unit
from wms.inside.make_unit import MakeUnit, MakeUnitBody, UnitMade, make_unit
from wms.inside.move_unit import MoveUnit, UnitMoved, move_unit
from wms.inside.rebuild_units import (
    MergeUnits,
    Rebuilt,
    RepackBody,
    RepackUnits,
    SplitBody,
    SplitUnit,
    merge_units,
    repack_units,
    split_unit,
)
from wms.inside.relabel import Relabel, RelabelBody, UnitRelabelled, relabel
from wms.inside.relocate import (
    AskRelocation,
    ConfirmRelocation,
    Relocated,
    RelocationAsked,
    ask_relocation,
    confirm_relocation,
)
from wms.inside.unit_content import UnitTree, read_tree
from wms.inside.unit_history import UnitEvent, cursor_of, read_history
from wms.inside.wire import Text60
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page, page_of

router = APIRouter(prefix="/api/v1", tags=["inside"], responses=ERRORS)
UnitCode = Annotated[str, Path(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]+$")]
Site = Annotated[str | None, Query(max_length=8)]


class ConfirmBody(BaseModel):
    to: Text60


@router.post("/units", status_code=201)
async def post_unit(body: MakeUnitBody, held: Held, who: Who, key: IdempotencyKey = None) -> UnitMade:
    """Make an empty unit."""
    command = MakeUnit(company_prefix=held.company_prefix, **body.model_dump())
    return await held.db.run(make_unit, command, actor=who, key=key)


@router.post("/units/move")
async def post_unit_move(command: MoveUnit, held: Held, who: Who, key: IdempotencyKey = None) -> UnitMoved:
    """Move a unit with everything in it."""
    return await held.db.run(move_unit, command, actor=who, key=key)


@router.post("/units/split", status_code=201)
async def post_split(body: SplitBody, held: Held, who: Who, key: IdempotencyKey = None) -> Rebuilt:
    command = SplitUnit(company_prefix=held.company_prefix, **body.model_dump())
    return await held.db.run(split_unit, command, actor=who, key=key)


@router.post("/units/merge")
async def post_merge(command: MergeUnits, held: Held, who: Who, key: IdempotencyKey = None) -> Rebuilt:
    return await held.db.run(merge_units, command, actor=who, key=key)


@router.post("/units/repack")
async def post_repack(body: RepackBody, held: Held, who: Who, key: IdempotencyKey = None) -> Rebuilt:
    command = RepackUnits(company_prefix=held.company_prefix, **body.model_dump())
    return await held.db.run(repack_units, command, actor=who, key=key)


@router.post("/units/relabel")
async def post_relabel(body: RelabelBody, held: Held, who: Who, key: IdempotencyKey = None) -> UnitRelabelled:
    command = Relabel(company_prefix=held.company_prefix, **body.model_dump())
    return await held.db.run(relabel, command, actor=who, key=key)


@router.get("/units/{code}")
async def get_unit(code: UnitCode, held: Held, who: Who, site: Site = None) -> UnitTree:
    """A unit and everything in it, by a code it has or had."""
    who.need("stock.read", site)
    async with held.db.read() as conn:
        return await read_tree(conn, who, await look_for_unit(conn, who, code, site))


@router.get("/units/{code}/history")
async def get_unit_history(
    code: UnitCode, held: Held, who: Who, site: Site = None, after: After = None, limit: Limit = 100
) -> Page[UnitEvent]:
    who.need("stock.read", site)
    async with held.db.read() as conn:
        found = await look_for_unit(conn, who, code, site)
        events = await read_history(conn, who, found.id, before=after, limit=limit + 1)
    return page_of(events, limit, cursor_of)


@router.post("/relocations", status_code=201)
async def post_relocation(command: AskRelocation, held: Held, who: Who, key: IdempotencyKey = None) -> RelocationAsked:
    """Ask for a unit or goods to be carried elsewhere; makes a task."""
    return await held.db.run(ask_relocation, command, actor=who, key=key)


@router.post("/relocations/{task_id}/confirm")
async def post_relocation_confirm(
    task_id: UUID, body: ConfirmBody, held: Held, who: Who, key: IdempotencyKey = None
) -> Relocated:
    who.need("unit.work")
    command = ConfirmRelocation(task_id=task_id, to=body.to)
    return await held.db.run(confirm_relocation, command, actor=who, key=key)

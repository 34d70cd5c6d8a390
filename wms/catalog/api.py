"""Trade items over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from wms.access.api import Who
from wms.catalog.add_item import add_item
from wms.catalog.change_item import ChangeItem, SetItemActive, change_item, set_item_active
from wms.catalog.find_items import find_item_view, find_items
from wms.catalog.schemas import AddItem, ItemChange, ItemRow, ItemView
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page

router = APIRouter(prefix="/api/v1", tags=["catalog"], responses=ERRORS)


@router.get("/items")
async def get_items(
    held: Held,
    who: Who,
    owner_id: UUID | None = None,
    text: Annotated[str | None, Query(max_length=60, description="beginning of a number, part of a name")] = None,
    active: bool | None = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[ItemRow]:
    who.need("item.read")
    async with held.db.read() as conn:
        return await find_items(conn, who, owner_id=owner_id, text=text, active=active, after=after, limit=limit)


@router.get("/items/{id}")
async def get_item(id: UUID, held: Held, who: Who) -> ItemView:
    who.need("item.read")
    async with held.db.read() as conn:
        return await find_item_view(conn, who, id)


@router.post("/items", status_code=201)
async def post_item(command: AddItem, held: Held, who: Who, key: IdempotencyKey = None) -> ItemView:
    who.need("item.write")
    who.need_owner(command.owner_id)
    return await held.db.run(add_item, command, actor=who, key=key)


@router.patch("/items/{id}")
async def patch_item(id: UUID, change: ItemChange, held: Held, who: Who, key: IdempotencyKey = None) -> ItemView:
    who.need("item.write")
    return await held.db.run(change_item, ChangeItem(item_id=id, change=change), actor=who, key=key)


@router.post("/items/{id}/deactivate")
async def post_deactivate_item(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> ItemView:
    who.need("item.write")
    return await held.db.run(set_item_active, SetItemActive(item_id=id, active=False), actor=who, key=key)


@router.post("/items/{id}/activate")
async def post_activate_item(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> ItemView:
    who.need("item.write")
    return await held.db.run(set_item_active, SetItemActive(item_id=id, active=True), actor=who, key=key)

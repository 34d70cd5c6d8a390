"""Adding a trade item with its packaging levels and aliases."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from wms.catalog.find_items import find_item_view
from wms.catalog.schemas import AddItem, ItemView, Packaging
from wms.catalog.tables import item_alias, packaging, trade_item
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.parties.tables import party


async def add_item(tx: Tx, command: AddItem) -> ItemView:
    """Refuses `code_exists` when the owner has an article with this number; `not_found` for an unknown owner.

    Aliases need not be unique: a code that calls several articles makes the person choose.
    """
    await _need_owner(tx, command.owner_id)
    id = tx.new_id()
    values = command.model_dump(exclude={"packaging", "aliases"})
    row = insert(trade_item).values(id=id, active=True, created_at=tx.now, **values).on_conflict_do_nothing()
    if (await tx.conn.execute(row)).rowcount == 0:
        raise Refusal("code_exists", field="sku", code=command.sku)
    await save_packaging(tx, id, command.packaging)
    await save_aliases(tx, id, command.aliases)
    await tell(tx, "item.added", id, owner_id=command.owner_id, sku=command.sku)
    return await find_item_view(tx.conn, tx.actor, id)


async def save_packaging(tx: Tx, item_id: UUID, levels: list[Packaging]) -> None:
    rows: list[dict[str, Any]] = [{"item_id": item_id, **level.model_dump()} for level in levels]
    if rows:
        await tx.conn.execute(packaging.insert(), rows)


async def save_aliases(tx: Tx, item_id: UUID, codes: list[str]) -> None:
    if codes:
        await tx.conn.execute(item_alias.insert(), [{"code": code, "item_id": item_id} for code in codes])


async def _need_owner(tx: Tx, owner_id: UUID | None) -> None:
    if owner_id is None:
        return
    owns = party.c.roles.contains(["owner"])
    if not await tx.conn.scalar(sa.select(party.c.id).where(party.c.id == owner_id, owns)):
        raise Refusal("not_found", field="owner_id")

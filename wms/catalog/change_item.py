"""Changing a trade item, and taking it out of use."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from wms.catalog.add_item import save_aliases, save_packaging
from wms.catalog.find_items import find_item_view
from wms.catalog.schemas import ItemChange, ItemView
from wms.catalog.tables import item_alias, packaging, trade_item
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal


class ChangeItem(BaseModel):
    """`change` as it came: its set fields are what changes."""

    item_id: UUID
    change: ItemChange


class SetItemActive(BaseModel):
    item_id: UUID
    active: bool


async def change_item(tx: Tx, command: ChangeItem) -> ItemView:
    """Refuses `not_found`. Owner and number never change: stock, labels and files carry them."""
    owner_id = await _lock(tx, command.item_id)
    given = command.change.model_fields_set
    values: dict[str, Any] = command.change.model_dump(include=given - {"packaging", "aliases"})
    if values:
        await tx.conn.execute(trade_item.update().where(trade_item.c.id == command.item_id).values(values))
    if command.change.packaging is not None:
        await tx.conn.execute(packaging.delete().where(packaging.c.item_id == command.item_id))
        await save_packaging(tx, command.item_id, command.change.packaging)
    if command.change.aliases is not None:
        await tx.conn.execute(item_alias.delete().where(item_alias.c.item_id == command.item_id))
        await save_aliases(tx, command.item_id, command.change.aliases)
    await tell(tx, "item.changed", command.item_id, owner_id=owner_id, changed=sorted(given))
    return await find_item_view(tx.conn, tx.actor, command.item_id)


async def set_item_active(tx: Tx, command: SetItemActive) -> ItemView:
    """An article out of use is not announced or ordered any more; what lies in stock of it can still be moved and shipped."""
    owner_id = await _lock(tx, command.item_id)
    await tx.conn.execute(trade_item.update().where(trade_item.c.id == command.item_id).values(active=command.active))
    kind = "item.activated" if command.active else "item.deactivated"
    await tell(tx, kind, command.item_id, owner_id=owner_id)
    return await find_item_view(tx.conn, tx.actor, command.item_id)


async def _lock(tx: Tx, item_id: UUID) -> UUID | None:
    query = sa.select(trade_item.c.owner_id).where(trade_item.c.id == item_id).with_for_update(key_share=True)
    row = (await tx.conn.execute(query)).one_or_none()
    # A tenant changes only what is his; an article that several owners keep belongs to none of them.
    if row is None or not tx.actor.owns(row.owner_id):
        raise Refusal("not_found")
    owner_id: UUID | None = row.owner_id
    return owner_id

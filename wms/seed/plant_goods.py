"""Owners and their goods, places for them, and which dangerous goods may not lie together. No stock: work makes that.

Firms are invented and obviously so; GTINs are of GS1's prefix for demonstrations (952). The segregation pairs come with a
source and are not verified.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from wms.catalog.schemas import AddItem
from wms.catalog.tables import item_alias, packaging, trade_item
from wms.kit.db import Tx
from wms.parties.tables import party
from wms.stock.generate_locations import make_locations
from wms.stock.location_schemas import LocationPlan
from wms.stock.tables import segregation


async def plant_goods(tx: Tx, seed: dict[str, Any]) -> None:
    """What is there already stays as it is."""
    owners = await _plant_parties(tx, seed["parties"])
    await _plant_items(tx, seed["items"], owners)
    for plan in seed["locations"]:
        await make_locations(tx, LocationPlan.model_validate(plan))
    pairs = [
        dict(zip(("one_class", "other_class"), sorted(pair), strict=True)) for pair in seed["segregation"]["pairs"]
    ]
    await tx.conn.execute(insert(segregation).on_conflict_do_nothing(), pairs)


async def _plant_parties(tx: Tx, rows: list[dict[str, Any]]) -> dict[str, UUID]:
    values = [{"id": tx.new_id(), "created_at": tx.now, "gln": None, **row} for row in rows]
    await tx.conn.execute(insert(party).on_conflict_do_nothing(), values)
    found = await tx.conn.execute(sa.select(party.c.code, party.c.id))
    return {row.code: row.id for row in found}


async def _plant_items(tx: Tx, rows: list[dict[str, Any]], owners: dict[str, UUID]) -> None:
    commands = [AddItem.model_validate({**row, "owner_id": owners[row["owner"]]}) for row in rows]
    known = {
        (row.owner_id, row.sku)
        for row in await tx.conn.execute(
            sa.select(trade_item.c.owner_id, trade_item.c.sku).where(trade_item.c.owner_id.in_(owners.values()))
        )
    }
    items, levels, aliases = [], [], []
    for command in commands:
        if (command.owner_id, command.sku) in known:
            continue
        id = tx.new_id()
        facts = command.model_dump(exclude={"packaging", "aliases"})
        items.append({"id": id, "active": True, "created_at": tx.now, **facts})
        levels += [{"item_id": id, **level.model_dump()} for level in command.packaging]
        aliases += [{"item_id": id, "code": code} for code in command.aliases]
    for table, values in ((trade_item, items), (packaging, levels), (item_alias, aliases)):
        if values:
            await tx.conn.execute(table.insert(), values)

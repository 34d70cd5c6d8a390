"""What pick faces shall hold, and what of an article a site shall always have."""

from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field, model_validator
from sqlalchemy.dialects.postgresql import ARRAY, insert

from wms.catalog.tables import trade_item
from wms.inside.tables import pick_face, safety_stock
from wms.inside.wire import SiteCode, Text60
from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.parties.tables import party
from wms.sites.tables import site
from wms.stock.tables import location
from wms.stock.wire import PositiveQuantity, Quantity


class Face(BaseModel):
    location: Text60
    sku: Text60
    owner: Text60
    min_quantity: Quantity
    max_quantity: PositiveQuantity

    @model_validator(mode="after")
    def _is_a_range(self) -> "Face":
        if self.min_quantity > self.max_quantity:
            raise ValueError("min_quantity above max_quantity")
        return self


class SetFaces(BaseModel):
    """Faces that are not named stay as they are."""

    site: SiteCode
    faces: Annotated[list[Face], Field(min_length=1, max_length=10_000)]


class Safety(BaseModel):
    """`quantity` 0 takes the watch away."""

    sku: Text60
    owner: Text60
    quantity: Quantity


class SetSafetyStock(BaseModel):
    site: SiteCode
    items: Annotated[list[Safety], Field(min_length=1, max_length=10_000)]


class Kept(BaseModel):
    kept: int


async def set_faces(tx: Tx, command: SetFaces) -> Kept:
    """Refuses `unknown_location`, `unknown_party`, `unknown_item`."""
    tx.actor.need("replenish.plan", command.site)
    goods = await find_named_goods(tx, [(one.owner, one.sku) for one in command.faces])
    names = sorted({one.location for one in command.faces})
    rows = await tx.conn.execute(
        sa.select(location.c.name, location.c.id).where(
            location.c.site == command.site,
            location.c.name == sa.any_(sa.cast(names, ARRAY(sa.String))),
            location.c.kind.in_(("pick", "storage")),
        )
    )
    places = {row.name: row.id for row in rows}
    values = {}
    for one in command.faces:
        if one.location not in places:
            raise Refusal("unknown_location", location=one.location, field="faces")
        owner_id, item_id = goods[one.owner, one.sku]
        key = {"location_id": places[one.location], "item_id": item_id, "owner_id": owner_id}
        values[tuple(key.values())] = key | {"min_quantity": one.min_quantity, "max_quantity": one.max_quantity}
    row = insert(pick_face)
    changed = {name: row.excluded[name] for name in ("min_quantity", "max_quantity")}
    keys = ["location_id", "item_id", "owner_id"]
    await tx.conn.execute(row.on_conflict_do_update(index_elements=keys, set_=changed), list(values.values()))
    return Kept(kept=len(values))


async def set_safety_stock(tx: Tx, command: SetSafetyStock) -> Kept:
    """Refuses `unknown_site`, `unknown_party`, `unknown_item`."""
    tx.actor.need("replenish.plan", command.site)
    if await tx.conn.scalar(sa.select(site.c.code).where(site.c.code == command.site)) is None:
        raise Refusal("unknown_site", site=command.site, field="site")
    goods = await find_named_goods(tx, [(one.owner, one.sku) for one in command.items])
    values = {}
    for one in command.items:
        owner_id, item_id = goods[one.owner, one.sku]
        values[owner_id, item_id] = {
            "site": command.site,
            "item_id": item_id,
            "owner_id": owner_id,
            "quantity": one.quantity,
        }
    off = [key for key, one in values.items() if one["quantity"] == 0]
    if off:
        pair = sa.tuple_(safety_stock.c.owner_id, safety_stock.c.item_id)
        await tx.conn.execute(safety_stock.delete().where(safety_stock.c.site == command.site, pair.in_(off)))
    kept = [one for one in values.values() if one["quantity"] != 0]
    if kept:
        row = insert(safety_stock)
        keys = ["site", "item_id", "owner_id"]
        changed = {"quantity": row.excluded["quantity"]}
        await tx.conn.execute(row.on_conflict_do_update(index_elements=keys, set_=changed), kept)
    return Kept(kept=len(kept))


async def find_named_goods(tx: Tx, names: list[tuple[str, str]]) -> dict[tuple[str, str], tuple[UUID, UUID]]:
    """(owner, article) ids by (owner's code, article number): the owner's own article before a shared one.

    Refuses `unknown_party`, also another tenant's, and `unknown_item`.
    """
    owners, skus = sorted({one[0] for one in names}), sorted({one[1] for one in names})
    rows = await tx.conn.execute(
        sa.select(party.c.code, party.c.id).where(party.c.code == sa.any_(sa.cast(owners, ARRAY(sa.String))))
    )
    parties = {row.code: row.id for row in rows}
    items = await tx.conn.execute(
        sa.select(trade_item.c.sku, trade_item.c.owner_id, trade_item.c.id).where(
            trade_item.c.sku == sa.any_(sa.cast(skus, ARRAY(sa.String)))
        )
    )
    ids = {(row.owner_id, row.sku): row.id for row in items}
    found = {}
    for owner, sku in names:
        if owner not in parties or not tx.actor.owns(parties[owner]):
            raise Refusal("unknown_party", party=owner)
        item_id = ids.get((parties[owner], sku)) or ids.get((None, sku))
        if item_id is None:
            raise Refusal("unknown_item", sku=sku)
        found[owner, sku] = parties[owner], item_id
    return found

"""What stands on the label of a thing: its fields by name, for as many things as are asked, as far as the reader sees them."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.find_items import seen_items
from wms.catalog.tables import trade_item
from wms.kit.actor import Actor
from wms.kit.refusal import Refusal
from wms.parcels.tables import parcel
from wms.parties.tables import party
from wms.stock.find_locations import seen_locations
from wms.stock.look_up_code import units_of_owners
from wms.stock.tables import location, lot, stock, unit
from wms.stock.wire import quantity_text

_LANGUAGES = ("zh", "en", "ru")


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing that gets a label. `called` is what a person calls it."""

    id: UUID
    called: str
    site: str | None
    owner_id: UUID | None
    data: dict[str, str]


async def find_subjects(conn: AsyncConnection, who: Actor, purpose: str, ids: Sequence[UUID]) -> list[Subject]:
    """In the order of `ids`. Refuses `not_found` when the reader may not see one of them."""
    found = {one.id: one for one in await _FINDERS[purpose](conn, who, ids)}
    if any(id not in found for id in ids):
        raise Refusal("not_found", field="subjects")
    return [found[id] for id in ids]


async def _locations(conn: AsyncConnection, who: Actor, ids: Sequence[UUID]) -> list[Subject]:
    rows = (await conn.execute(sa.select(location).where(location.c.id.in_(ids), seen_locations(who)))).mappings()
    names = ("name", "site", "zone", "aisle", "bay", "level", "position", "kind")
    return [Subject(row["id"], row["name"], row["site"], None, {one: row[one] or "" for one in names}) for row in rows]


async def _items(conn: AsyncConnection, who: Actor, ids: Sequence[UUID]) -> list[Subject]:
    query = (
        sa.select(trade_item, party.c.code.label("owner"))
        .outerjoin(party, party.c.id == trade_item.c.owner_id)
        .where(trade_item.c.id.in_(ids), seen_items(who))
    )
    return [
        Subject(row["id"], row["sku"], None, row["owner_id"], _of_item(row) | {"base_unit": row["base_unit"]})
        for row in (await conn.execute(query)).mappings()
    ]


async def _parcels(conn: AsyncConnection, who: Actor, ids: Sequence[UUID]) -> list[Subject]:
    if who.owners is not None:  # parcels of the line belong to carriers, not to owners of goods
        return []
    query = sa.select(parcel).where(parcel.c.id.in_(ids))
    if who.sites is not None:
        query = query.where(parcel.c.site.in_(who.sites))
    names = ("waybill_no", "destination", "service", "carrier", "site", "goods")
    return [
        Subject(
            row["id"],
            row["waybill_no"] or str(row["id"]),
            row["site"],
            None,
            {one: row[one] or "" for one in names}
            | {"pieces": str(row["pieces"]), "weight_kg": _kilograms(row["declared_weight_g"])},
        )
        for row in (await conn.execute(query)).mappings()
    ]


async def _units(conn: AsyncConnection, who: Actor, ids: Sequence[UUID]) -> list[Subject]:
    query = (
        sa.select(unit, location.c.site, location.c.name.label("location"))
        .outerjoin(location, location.c.id == unit.c.location_id)
        .where(unit.c.id.in_(ids))
    )
    if who.sites is not None:
        query = query.where(location.c.site.in_(who.sites))
    rows = list((await conn.execute(query)).mappings())
    if who.owners is not None:
        own = await units_of_owners(conn, [row["id"] for row in rows], who.owners)
        rows = [row for row in rows if row["id"] in own]
    contents = await _contents(conn, [row["id"] for row in rows])
    return [_unit(row, contents.get(row["id"], [])) for row in rows]


def _unit(row: sa.RowMapping, contents: Sequence[sa.RowMapping]) -> Subject:
    """Article, lot and dates only when all of the unit is of one: a mixed pallet's label must not name one of many."""
    names = ("sscc", "label", "kind", "site", "location")
    data = {one: row[one] or "" for one in names} | {"weight_kg": _kilograms(row["weight_g"])}
    owners = {one["owner_id"] for one in contents}
    if len({one["item_id"] for one in contents}) == 1:
        total = sum(one["quantity"] for one in contents)
        data |= _of_item(contents[0]) | {"quantity": quantity_text(total)}
        data["count"] = data["quantity"] if data["quantity"].isdigit() else ""
        if len({one["lot_id"] for one in contents}) == 1:
            data |= _of_lot(contents[0])
    owner_id = owners.pop() if len(owners) == 1 else None
    return Subject(row["id"], row["sscc"] or row["label"] or str(row["id"]), row["site"], owner_id, data)


async def _contents(conn: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[sa.RowMapping]]:
    """What lies in units, however deep, summed by article, lot and owner."""
    root = sa.select(unit.c.id, unit.c.id.label("root")).where(unit.c.id.in_(ids)).cte("inside", recursive=True)
    inside = root.union_all(sa.select(unit.c.id, root.c.root).join(root, unit.c.place_id == root.c.id))
    item = trade_item.c
    shown = (item.sku, item.gtin, item.names, party.c.code, lot.c.lot_no, lot.c.best_before_on, lot.c.expires_on)
    query = (
        sa.select(
            *(inside.c.root, stock.c.item_id, stock.c.owner_id, stock.c.lot_id, item.sku, item.gtin, item.names),
            *(party.c.code.label("owner"), lot.c.lot_no, lot.c.best_before_on, lot.c.expires_on),
            sa.func.sum(stock.c.quantity).label("quantity"),
        )
        .join(stock, sa.and_(stock.c.place_id == inside.c.id, stock.c.quantity > 0))
        .join(trade_item, item.id == stock.c.item_id)
        .join(party, party.c.id == stock.c.owner_id)
        .outerjoin(lot, lot.c.id == stock.c.lot_id)
        .group_by(inside.c.root, stock.c.item_id, stock.c.owner_id, stock.c.lot_id, *shown)
    )
    found: dict[UUID, list[sa.RowMapping]] = {}
    for row in (await conn.execute(query)).mappings():
        found.setdefault(row["root"], []).append(row)
    return found


def _of_item(row: sa.RowMapping) -> dict[str, str]:
    names = {f"name_{one}": row["names"].get(one, "") for one in _LANGUAGES}
    return {"sku": row["sku"], "gtin": row["gtin"] or "", "owner": row["owner"] or "", **names}


def _of_lot(row: sa.RowMapping) -> dict[str, str]:
    data = {"lot": row["lot_no"] or ""}
    for name, day in (("best_before", row["best_before_on"]), ("expires", row["expires_on"])):
        day_on: date | None = day
        data[name] = day_on.isoformat() if day_on else ""
        data[f"{name}_yymmdd"] = day_on.strftime("%y%m%d") if day_on else ""
    return data


def _kilograms(grams: int | None) -> str:
    return f"{grams / 1000:.3f}".rstrip("0").rstrip(".") if grams else ""


_FINDERS: dict[str, Callable[[AsyncConnection, Actor, Sequence[UUID]], Coroutine[Any, Any, list[Subject]]]] = {
    "location": _locations,
    "unit": _units,
    "parcel": _parcels,
    "item": _items,
}

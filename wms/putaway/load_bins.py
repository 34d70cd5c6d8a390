"""The bins of a site and the goods to be put away, as the rules see them: three statements, however many bins there are."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.catalog.tables import trade_item
from wms.kit.refusal import Refusal
from wms.putaway.rules import Bin, Content, Goods, Segregation
from wms.putaway.tables import fixed_place
from wms.stock.find import Known, available
from wms.stock.stock_key import StockKey
from wms.stock.tables import location, segregation, stock, unit
from wms.tasks.tables import task

BIN_KINDS = ("storage", "pick", "quality")


@dataclass(frozen=True, slots=True)
class Subject:
    """What lies where before it is put away. `rows` are all stock rows, of a unit with everything nested in it."""

    id: UUID
    is_unit: bool
    location_id: UUID
    site: str
    owner_id: UUID | None  # None when goods of several owners are in one unit
    path_order: int | None
    goods: Goods
    rows: tuple[Known, ...]


_TREE = (
    sa.text(
        """
    WITH RECURSIVE tree AS (
        SELECT id FROM unit WHERE id = :id
        UNION ALL SELECT u.id FROM unit u JOIN tree ON u.place_id = tree.id
    ) SELECT id FROM tree LIMIT 10000
    """
    )
    .bindparams(sa.bindparam("id", type_=sa.Uuid))
    .columns(id=sa.Uuid)
)


async def load_subject(conn: AsyncConnection, id: UUID) -> Subject:
    """A unit or a stock row by its id. Refuses `not_found` when there is none, or nothing in it."""
    box = (await conn.execute(sa.select(unit).where(unit.c.id == id))).one_or_none()
    if box is not None:
        places = list(await conn.scalars(_TREE, {"id": id}))
        rows = (await conn.execute(_rows(stock.c.place_id == sa.any_(sa.cast(places, ARRAY(sa.Uuid)))))).all()
        at = box.location_id
    else:
        rows = (await conn.execute(_rows(stock.c.id == id))).all()
        at = rows[0].place_id if rows else None
    where = (await conn.execute(sa.select(location).where(location.c.id == at))).one_or_none() if at else None
    if not rows or where is None or where.virtual:
        raise Refusal("not_found")
    owners = {row.owner_id for row in rows}
    return Subject(
        id=id,
        is_unit=box is not None,
        location_id=where.id,
        site=where.site,
        owner_id=owners.pop() if len(owners) == 1 else None,
        path_order=where.path_order,
        goods=_goods(rows, box),
        rows=tuple(Known(StockKey(*row[:8]), row.quantity, row.reserved, row.available, row.weight_g) for row in rows),
    )


def _rows(condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return (
        sa.select(
            *(stock.c.place_id, stock.c.item_id, stock.c.owner_id, stock.c.customs_status, stock.c.condition),
            *(stock.c.lot_id, stock.c.serial_id, stock.c.account_line_id, stock.c.quantity, stock.c.reserved),
            *(available.label("available"), stock.c.weight_g, trade_item.c.temperature, trade_item.c.dangerous_class),
            *(trade_item.c.abc, _weight().label("grams"), _volume().label("volume")),
        )
        .join(trade_item, trade_item.c.id == stock.c.item_id)
        .where(condition, stock.c.quantity > 0)
        .order_by(stock.c.id)
    )


def _weight() -> sa.ColumnElement[Decimal]:
    by_item = stock.c.quantity * sa.func.coalesce(trade_item.c.weight_g, 0)
    return sa.case((stock.c.weight_g > 0, sa.cast(stock.c.weight_g, sa.Numeric)), else_=by_item)


def _volume() -> sa.ColumnElement[Decimal]:
    measures = (trade_item.c.length_mm, trade_item.c.width_mm, trade_item.c.height_mm)
    length, width, height = (sa.func.coalesce(one, 0) for one in measures)
    return stock.c.quantity * length * width * height


def _content(row: sa.Row[Any]) -> Content:
    return Content(
        item_id=row.item_id,
        owner_id=row.owner_id,
        customs_status=row.customs_status,
        temperature=row.temperature,
        lot_id=row.lot_id,
        dangerous_class=row.dangerous_class,
    )


def _goods(rows: Any, box: sa.Row[Any] | None) -> Goods:
    return Goods(
        contents=tuple(dict.fromkeys(_content(row) for row in rows)),
        good=all(row.condition == "good" for row in rows),
        weight_g=int(sum(row.grams for row in rows)),
        volume_mm3=int(sum(row.volume for row in rows)),
        is_unit=box is not None,
        height_mm=box.height_mm if box is not None else None,
        abc=min((row.abc for row in rows if row.abc is not None), default=None),
    )


async def load_bins(conn: AsyncConnection, site: str, ids: Collection[UUID] | None = None) -> list[Bin]:
    """Bins with what lies in them and what is promised to them by proposals that are not yet carried out; all, or these."""
    fixed: dict[UUID, set[UUID]] = defaultdict(set)
    for row in await conn.execute(sa.select(fixed_place).where(fixed_place.c.site == site)):
        fixed[row.location_id].add(row.item_id)
    bins = {}
    here = sa.and_(location.c.site == site, location.c.kind.in_(BIN_KINDS), ~location.c.virtual)
    if ids is not None:
        here = sa.and_(here, location.c.id == sa.any_(sa.cast(list(ids), ARRAY(sa.Uuid))))
    for row in await conn.execute(sa.select(location).where(here)):
        bins[row.id] = _bin(row, frozenset(fixed.get(row.id, ())))
    await _fill(conn, here, bins)
    await _promised(conn, site, bins)
    return list(bins.values())


def _bin(row: sa.Row[Any], fixed_for: frozenset[UUID]) -> Bin:
    return Bin(
        id=row.id,
        name=row.name,
        kind=row.kind,
        enabled=row.enabled,
        zone=row.zone,
        abc=row.abc,
        path_order=row.path_order,
        temperature=row.temperature,
        customs_statuses=frozenset(row.customs_statuses) if row.customs_statuses is not None else None,
        dangerous_classes=frozenset(row.dangerous_classes) if row.dangerous_classes is not None else None,
        max_weight_g=row.max_weight_g,
        max_volume_mm3=row.max_volume_mm3,
        max_units=row.max_units,
        max_height_mm=row.max_height_mm,
        mixing=row.mixing,
        fixed_for=fixed_for,
    )


async def _fill(conn: AsyncConnection, here: sa.ColumnElement[bool], bins: dict[UUID, Bin]) -> None:
    columns = (stock.c.item_id, stock.c.owner_id, stock.c.customs_status, stock.c.lot_id)
    facts = (trade_item.c.temperature, trade_item.c.dangerous_class)
    sums = (sa.func.sum(_weight()).label("grams"), sa.func.sum(_volume()).label("volume"))
    parts = []
    for place, joined in (
        (stock.c.place_id, stock),
        (unit.c.location_id, stock.join(unit, unit.c.id == stock.c.place_id)),
    ):
        whole = joined.join(trade_item, trade_item.c.id == stock.c.item_id).join(location, location.c.id == place)
        parts.append(
            sa.select(place.label("bin_id"), *columns, *facts, *sums)
            .select_from(whole)
            .where(here, stock.c.quantity > 0)
            .group_by(place, *columns, *facts)
        )
    for row in await conn.execute(sa.union_all(*parts)):
        _put(bins, row.bin_id, _content(row), int(row.grams), int(row.volume))
    counts = sa.select(unit.c.place_id, sa.func.count().label("units")).join(location, location.c.id == unit.c.place_id)
    for row in await conn.execute(counts.where(here).group_by(unit.c.place_id)):
        bins[row.place_id] = replace(bins[row.place_id], units=row.units)


async def _promised(conn: AsyncConnection, site: str, bins: dict[UUID, Bin]) -> None:
    proposed = task.c.payload["proposed"]
    rows = await conn.scalars(
        sa.select(proposed).where(
            task.c.site == site,
            task.c.kind == "putaway",
            task.c.state.in_(("open", "leased")),
            proposed.is_not(None),
        )
    )
    for one in rows:
        id = UUID(one["location_id"])
        for kind in one["contents"]:
            _put(bins, id, read_content(kind), 0, 0)
        if id in bins:
            bin = bins[id]
            bins[id] = replace(
                bin,
                weight_g=bin.weight_g + one["weight_g"],
                volume_mm3=bin.volume_mm3 + one["volume_mm3"],
                units=bin.units + one["units"],
            )


def _put(bins: dict[UUID, Bin], id: UUID, content: Content, grams: int, volume: int) -> None:
    bin = bins.get(id)
    if bin is not None:
        bins[id] = replace(
            bin, contents=bin.contents | {content}, weight_g=bin.weight_g + grams, volume_mm3=bin.volume_mm3 + volume
        )


def write_content(one: Content) -> dict[str, str | None]:
    """A content as JSON, for the promise in a task."""
    return {
        "item_id": str(one.item_id),
        "owner_id": str(one.owner_id),
        "customs_status": one.customs_status,
        "temperature": one.temperature,
        "lot_id": str(one.lot_id) if one.lot_id else None,
        "dangerous_class": one.dangerous_class,
    }


def read_content(told: dict[str, Any]) -> Content:
    ids = {name: UUID(told[name]) if told[name] else None for name in ("item_id", "owner_id", "lot_id")}
    rest = {name: told[name] for name in ("customs_status", "temperature", "dangerous_class")}
    return Content(**ids, **rest)  # type: ignore[arg-type] # item and owner are never null in what write_content wrote


async def load_segregation(conn: AsyncConnection) -> Segregation:
    rows = await conn.execute(sa.select(segregation))
    return frozenset(frozenset({row.one_class, row.other_class}) for row in rows)

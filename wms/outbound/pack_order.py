"""Packing: what was picked goes from its totes into a package of the order, a unit with an SSCC of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.catalog.tables import trade_item
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.outbound.sql import LineChanges, among, key_of, lock_order, refresh_states
from wms.outbound.tables import carton_type, order_line, package, picked_goods
from wms.outbound.wire import LineQuantity, OrderState
from wms.stock.add_location import add_location
from wms.stock.mint_sscc import mint_ssccs
from wms.stock.move import Move, NewUnit, create_units, move_units
from wms.stock.post import Entry, post
from wms.stock.reserve import Want, reserve
from wms.stock.share_weights import share_weights
from wms.stock.tables import stock
from wms.stock.virtual import virtual_location


class PackBody(BaseModel):
    """Without `contents`: everything that is picked and not packed. A carton type brings its own tare."""

    kind: Literal["case", "pallet"] = "case"
    carton: Annotated[str | None, Field(max_length=20)] = None
    tare_g: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    contents: Annotated[list[LineQuantity] | None, Field(min_length=1, max_length=10_000)] = None


class PackOrder(PackBody):
    order_id: UUID
    company_prefix: str


class Packed(BaseModel):
    """`expected_weight_g` is null where the catalogue has no weight for something inside."""

    unit_id: UUID
    sscc: str
    expected_weight_g: int | None
    order_state: OrderState


@dataclass(frozen=True, slots=True)
class _Part:
    """What of one picking goes into the package; `grams` its catch weight."""

    row: sa.Row[Any]
    quantity: Decimal
    grams: int = 0


async def pack_order(tx: Tx, command: PackOrder) -> Packed:
    """Make a package. Refuses `nothing_to_pack`, `over_pack` when more is asked for than was picked, `unknown_carton`."""
    owned = await lock_order(tx, command.order_id, "pack.work")
    tare_g = await _tare(tx, command, owned.site)
    parts = _choose(command, await _in_totes(tx, owned.id))
    weights = {part.row.stock_id: (part.row.on_hand, part.row.stock_weight_g) for part in parts}
    grams = share_weights([(part.row.stock_id, part.quantity) for part in parts], weights)
    parts = [_Part(part.row, part.quantity, own) for part, own in zip(parts, grams, strict=True)]
    expected = _expected_weight(parts, tare_g)
    unit_id = tx.new_id()
    [sscc] = await mint_ssccs(tx, command.company_prefix, 1)
    await _make_unit(tx, command, owned.site, unit_id, sscc)
    await tx.conn.execute(
        package.insert().values(
            unit_id=unit_id,
            order_id=owned.id,
            state="open",
            carton=command.carton,
            tare_g=tare_g,
            expected_weight_g=expected,
            packed_by=tx.actor.id,
            packed_at=tx.now,
            load_id=owned.load_id,
        )
    )
    await _fill(tx, owned.site, unit_id, parts)
    state = (await refresh_states(tx, [owned.id]))[owned.id]
    if state == "packed":
        await tell(tx, "order.packed", owned.id, site=owned.site, owner_id=owned.owner_id)
    return Packed(unit_id=unit_id, sscc=sscc, expected_weight_g=expected, order_state=state)


async def _tare(tx: Tx, command: PackOrder, site_code: str) -> int:
    if command.carton is None:
        return command.tare_g
    tare_g = await tx.conn.scalar(
        sa.select(carton_type.c.tare_g).where(carton_type.c.site == site_code, carton_type.c.code == command.carton)
    )
    if tare_g is None:
        raise Refusal("unknown_carton", field="carton", carton=command.carton)
    return tare_g


async def _in_totes(tx: Tx, order_id: UUID) -> Sequence[sa.Row[Any]]:
    found = await tx.conn.execute(
        sa.select(
            picked_goods,
            order_line.c.line_no,
            trade_item.c.weight_g.label("item_weight_g"),
            trade_item.c.catch_weight,
            stock.c.quantity.label("on_hand"),
            stock.c.weight_g.label("stock_weight_g"),
            *(stock.c[name] for name in ("place_id", "item_id", "owner_id", "customs_status", "condition", "lot_id")),
            stock.c.serial_id,
            stock.c.account_line_id,
        )
        .join(order_line, order_line.c.id == picked_goods.c.line_id)
        .join(stock, stock.c.id == picked_goods.c.stock_id)
        .join(trade_item, trade_item.c.id == stock.c.item_id)
        .where(picked_goods.c.order_id == order_id, picked_goods.c.state == "picked")
        .order_by(order_line.c.line_no, picked_goods.c.id)
    )
    return found.all()


def _choose(command: PackOrder, rows: Sequence[sa.Row[Any]]) -> list[_Part]:
    if not rows:
        raise Refusal("nothing_to_pack")
    if command.contents is None:
        return [_Part(row, row.quantity) for row in rows]
    wanted: dict[int, Decimal] = {}
    for one in command.contents:
        wanted[one.line_no] = wanted.get(one.line_no, Decimal(0)) + one.quantity
    parts = []
    for row in rows:
        taken = min(row.quantity, wanted.get(row.line_no, Decimal(0)))
        if taken > 0:
            wanted[row.line_no] -= taken
            parts.append(_Part(row, taken))
    for line_no, left in wanted.items():
        if left > 0:
            raise Refusal("over_pack", field="contents", line_no=line_no, over=str(left.normalize()))
    return parts


def _expected_weight(parts: Sequence[_Part], tare_g: int) -> int | None:
    total = Decimal(tare_g)
    for part in parts:
        if part.row.catch_weight:
            total += part.grams
        elif part.row.item_weight_g is None:
            return None
        else:
            total += part.quantity * part.row.item_weight_g
    return round(total)


async def _make_unit(tx: Tx, command: PackOrder, site_code: str, unit_id: UUID, sscc: str) -> None:
    outside = await virtual_location(tx, site_code, "outside")
    bench = await add_location(tx, site_code, "packing", "packing")
    await create_units(tx, [NewUnit(unit_id, command.kind, outside, sscc=sscc)])
    await move_units(tx, [Move(unit_id, bench, tx.now, "pack", tx.new_id(), outside)])


async def _fill(tx: Tx, site_code: str, unit_id: UUID, parts: Sequence[_Part]) -> None:
    entries = [
        Entry(
            source=key_of(part.row),
            target=key_of(part.row).at(unit_id),
            quantity=part.quantity,
            reservation_id=part.row.reservation_id,
            guard=True,
            document_id=part.row.line_id,
            weight_g=part.grams,
        )
        for part in parts
    ]
    await post(tx, entries, cause="pack", site=site_code)
    stock_ids = [key_of(part.row).at(unit_id).id for part in parts]
    wants = [Want(id, part.row.line_id, part.quantity) for id, part in zip(stock_ids, parts, strict=True)]
    reservations = await reserve(tx, wants)
    changes = LineChanges()
    rows = []
    for part, stock_id, reservation_id in zip(parts, stock_ids, reservations, strict=True):
        changes.add(part.row.line_id, packed=part.quantity)
        rows.append(_packed_row(tx, part, unit_id, stock_id, reservation_id))
    split = [part for part in parts if part.quantity < part.row.quantity]
    whole = [part.row.id for part in parts if part.quantity == part.row.quantity]
    await tx.conn.execute(picked_goods.delete().where(among(picked_goods.c.id, whole)))
    for part in split:
        rest = part.row.quantity - part.quantity
        await tx.conn.execute(picked_goods.update().where(picked_goods.c.id == part.row.id).values(quantity=rest))
    await tx.conn.execute(picked_goods.insert(), rows)
    await changes.save(tx)


def _packed_row(tx: Tx, part: _Part, unit_id: UUID, stock_id: UUID, reservation_id: UUID) -> dict[str, Any]:
    return {
        "id": tx.new_id(),
        "order_id": part.row.order_id,
        "line_id": part.row.line_id,
        "pick_id": part.row.pick_id,
        "unit_id": unit_id,
        "stock_id": stock_id,
        "reservation_id": reservation_id,
        "quantity": part.quantity,
        "posting_id": part.row.posting_id,
        "state": "packed",
        "picked_by": part.row.picked_by,
        "picked_at": part.row.picked_at,
    }

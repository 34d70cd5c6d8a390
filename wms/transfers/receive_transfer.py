"""Receiving a transfer at the other site: units as they come, loose goods by count, as often as something comes.

More than was sent is not posted: it becomes a claim. What customs made of the goods on the way, they are from here on.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.catalog.tables import trade_item
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.putaway.cross_dock_rules import Kind
from wms.putaway.want_putaway import Arrival, want_putaway
from wms.stock.move import Move, move_units
from wms.stock.post import Entry, post
from wms.stock.reserve import release
from wms.stock.share_weights import share_weights
from wms.stock.stock_key import StockKey
from wms.stock.tables import location
from wms.stock.wire import PositiveQuantity, Quantity
from wms.transfers.open_claims import open_claims, refresh_state
from wms.transfers.rules import Coming, take_count
from wms.transfers.sql import Changes, among, arrived, key_of, load_goods, lock_transfer
from wms.transfers.tables import transfer_line
from wms.transfers.whole_units import find_units_in_transit, find_units_inside
from wms.transfers.wire import MAX_LINES, ClaimKind, LineNo, Text60, TransferState

RECEIVING_KINDS = ("dock", "quality", "staging")


class CountedLine(BaseModel):
    """A count of one line; with lot or serial only of that one."""

    line_no: LineNo
    quantity: PositiveQuantity
    condition: Literal["good", "damaged"] = "good"
    lot_no: Text60 | None = None
    serial_no: Text60 | None = None


class ReceiveBody(BaseModel):
    """`units`: SSCC or label of units that came with everything in them. `everything`: all came as it left."""

    location: Text60
    units: Annotated[list[Text60], Field(max_length=1000)] = []
    lines: Annotated[list[CountedLine], Field(max_length=MAX_LINES)] = []
    everything: bool = False


class ReceiveTransfer(ReceiveBody):
    id: UUID


class TransferReceived(BaseModel):
    id: UUID
    state: TransferState
    received: Quantity
    units: int
    claims: int


@dataclass(frozen=True, slots=True)
class Part:
    """What is received of one row of goods. `unit_id` is the unit it stays in; without one it is put down at the dock."""

    row: sa.Row[Any]
    quantity: Decimal
    unit_id: UUID | None = None
    damaged: bool = False


@dataclass(slots=True)
class Received:
    parts: list[Part] = field(default_factory=list)
    units: dict[UUID, str] = field(default_factory=dict)
    wrong: dict[tuple[UUID, ClaimKind], Decimal] = field(default_factory=lambda: defaultdict(Decimal))


async def receive_transfer(tx: Tx, command: ReceiveTransfer) -> TransferReceived:
    """Refuses `transfer_state`, `unknown_location`, `location_disabled`, `wrong_location_kind`, `unknown_unit`,
    `unknown_line_no`, `nothing_open`, and what places refuse."""
    found = await lock_transfer(tx, command.id, "transfer.receive", "to_site", "in_transit")
    dock = await find_receiving_place(tx, found.to_site, command.location)
    goods = await load_goods(tx, found.id)
    came = await _what_came(tx, found, command, goods)
    if not came.parts and not came.wrong:
        raise Refusal("nothing_open")
    targets = await _post(tx, found, dock.id, came)
    await _want_putaway(tx, found, dock.id, came, targets)
    changes = Changes()
    for part in came.parts:
        broken = part.quantity if part.damaged else Decimal(0)
        changes.add(part.row.line_id, received=part.quantity, damaged=broken)
        changes.use(part.row.id, part.quantity)
    await changes.save(tx)
    claims = await open_claims(tx, found, came.wrong)
    total = sum((part.quantity for part in came.parts), Decimal(0))
    told = {"from_site": found.from_site, "quantity": str(total), "units": len(came.units)}
    await tell(tx, "transfer.received", found.id, site=found.to_site, owner_id=found.owner_id, **told)
    state = await refresh_state(tx, found, finished=False)
    return TransferReceived(id=found.id, state=state, received=total, units=len(came.units), claims=claims)


async def find_receiving_place(tx: Tx, site: str, name: str) -> sa.Row[Any]:
    """Refuses `unknown_location`, `location_disabled`, and `wrong_location_kind` for a place where goods are not received."""
    query = sa.select(location).where(location.c.site == site, location.c.name == name, ~location.c.virtual)
    row = (await tx.conn.execute(query)).one_or_none()
    if row is None:
        raise Refusal("unknown_location", location=name, field="location")
    if not row.enabled:
        raise Refusal("location_disabled", location=name, field="location")
    if row.kind not in RECEIVING_KINDS:
        raise Refusal("wrong_location_kind", location=name, kind=row.kind, field="location")
    return row


async def _what_came(tx: Tx, found: sa.Row[Any], command: ReceiveTransfer, goods: Sequence[sa.Row[Any]]) -> Received:
    came = Received()
    if command.everything:
        came.units = await _outermost(tx, found, goods)
    else:
        came.units = await find_units_in_transit(tx, found.transit_id, command.units)
    inside = await find_units_inside(tx, list(came.units))
    if command.units and not {inside.get(row.place_id) for row in goods} >= set(inside.values()):
        foreign = min(set(inside.values()) - {inside.get(row.place_id) for row in goods})
        raise Refusal("unknown_unit", field="units", unit=came.units[foreign])
    came.parts = [Part(row, row.quantity, row.place_id) for row in goods if row.place_id in inside]
    rest = [row for row in goods if row.place_id not in inside]
    if command.everything:
        came.parts += [Part(row, row.quantity) for row in rest]
    else:
        await _count(tx, found, command, rest, came)
    return came


async def _outermost(tx: Tx, found: sa.Row[Any], goods: Sequence[sa.Row[Any]]) -> dict[UUID, str]:
    """Units that stand in transit with goods of this transfer in them."""
    holders = sorted({row.unit_id for row in goods if row.unit_id is not None})
    if not holders:
        return {}
    query = sa.text(
        """
        WITH RECURSIVE up AS (
            SELECT id, place_id, coalesce(sscc, label, '') AS code FROM unit WHERE id = ANY (:holders)
            UNION SELECT u.id, u.place_id, coalesce(u.sscc, u.label, '') FROM unit u JOIN up ON u.id = up.place_id
        ) SELECT id, code FROM up WHERE place_id = :transit_id
        """
    ).bindparams(sa.bindparam("holders", type_=sa.ARRAY(sa.Uuid)))
    rows = await tx.conn.execute(query, {"holders": holders, "transit_id": found.transit_id})
    return {row.id: row.code for row in rows}


async def _count(
    tx: Tx, found: sa.Row[Any], command: ReceiveTransfer, goods: Sequence[sa.Row[Any]], came: Received
) -> None:
    """Counts of lines against what is on the way; damaged and too many are noted."""
    by_id = {row.id: row for row in goods}
    coming: dict[int, list[Coming]] = defaultdict(list)
    for row in goods:
        one = Coming(row.id, row.line_no, row.lot_no, row.serial_no, row.unit_id is not None, row.quantity)
        coming[row.line_no].append(one)
    query = sa.select(transfer_line.c.line_no, transfer_line.c.id).where(
        transfer_line.c.transfer_id == found.id, transfer_line.c.shipped > 0
    )
    lines: dict[int, UUID] = {row.line_no: row.id for row in await tx.conn.execute(query)} if command.lines else {}
    for place, line in enumerate(command.lines):
        if line.line_no not in lines:
            raise Refusal("unknown_line_no", field=f"lines.{place}.line_no", line=line.line_no, sku="")
        damaged = line.condition == "damaged"
        named = {"lot_no": line.lot_no, "serial_no": line.serial_no}
        taken, over = take_count(coming[line.line_no], line.quantity, **named, damaged=damaged)
        came.parts += [Part(by_id[one.coming_id], one.quantity, None, damaged) for one in taken]
        if damaged:
            came.wrong[lines[line.line_no], "damaged"] += line.quantity - over
        came.wrong[lines[line.line_no], "over"] += over
    for key in [key for key, quantity in came.wrong.items() if not quantity]:
        del came.wrong[key]


async def _post(tx: Tx, found: sa.Row[Any], dock_id: UUID, came: Received) -> list[StockKey]:
    """One posting, then the units; the keys the parts have now. What stays as it is in its unit needs no entry of goods."""
    rows = {part.row.stock_id: (part.row.on_hand, part.row.weight_g) for part in came.parts}
    grams = share_weights([(part.row.stock_id, part.quantity) for part in came.parts], rows)
    entries, targets, unchanged = [], [], []
    for part, own in zip(came.parts, grams, strict=True):
        source = key_of(part.row)
        target = arrived(source, part.unit_id or dock_id, found.arrival_status, damaged=part.damaged)
        targets.append(target)
        if target == source:
            unchanged.append(part.row.reservation_id)
            continue
        one = Entry(source, target, part.quantity, part.row.reservation_id, document_id=part.row.line_id, weight_g=own)
        entries.append(one)
    # Before the units: a place that takes only goods released by customs must see what they are now.
    await post(tx, entries, cause="transfer_receive", site=found.to_site)
    await release(tx, unchanged)
    await move_units(tx, [Move(id, dock_id, tx.now, "receive", tx.new_id()) for id in sorted(came.units)])
    return targets


async def _want_putaway(tx: Tx, found: sa.Row[Any], dock_id: UUID, came: Received, targets: Sequence[StockKey]) -> None:
    skus = await _skus(tx, {key.item_id for key in targets})
    inside = await find_units_inside(tx, list(came.units))
    contents: dict[UUID, dict[Kind, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    labels: dict[UUID, str] = dict(came.units)
    for part, key in zip(came.parts, targets, strict=True):
        subject = inside[part.unit_id] if part.unit_id is not None else key.id
        labels.setdefault(subject, skus[key.item_id])
        kinds = contents[subject]
        if key.condition == "good":
            kinds[Kind(key.item_id, key.owner_id, key.customs_status)] += part.quantity
    arrivals = [
        Arrival(subject, subject in came.units, dock_id, found.owner_id, dict(kinds), labels[subject], found.id)
        for subject, kinds in contents.items()
    ]
    await want_putaway(tx, found.to_site, arrivals)


async def _skus(tx: Tx, item_ids: set[UUID]) -> Mapping[UUID, str]:
    found = await tx.conn.execute(sa.select(trade_item.c.id, trade_item.c.sku).where(among(trade_item.c.id, item_ids)))
    return {row.id: row.sku for row in found}

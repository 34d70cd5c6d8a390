"""Moving units: the only code that writes the journal, positions and balances of units, for one move or a thousand.

A unit takes everything in it along: what lies in a unit is stored by the unit, so a pallet of three levels moves by one row,
and the root locations of the units inside follow. Lock order: unit rows by id (those that move, those inside them, those they
go into), limited locations by id, unit balances by place id. Two batches that meet therefore queue, not deadlock.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.stock.tables import balance, journal, location, place, unit
from wms.stock.unit_tree import Forest, check_arrivals, lock_forest, save_roots

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit that enters the ledger. It starts at a location, mostly outside; its first move brings it in."""

    id: UUID
    kind: str
    start_place_id: UUID
    sscc: str | None = None
    label: str | None = None
    weight_g: int | None = None
    height_mm: int | None = None
    volume_mm3: int | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """`expected_from` guards against acting on an old picture; None takes the unit from wherever it is."""

    unit_id: UUID
    to_place_id: UUID
    happened_at: datetime
    cause: str
    cause_id: UUID
    expected_from: UUID | None = None


def row_digest(previous: str, unit_id: UUID, from_id: UUID, to_id: UUID, happened_at: datetime, cause_id: UUID) -> str:
    """The link of a unit's chain: SHA-256 over the previous link and what moved when."""
    body = f"{previous}|{unit_id}|{from_id}|{to_id}|{happened_at.astimezone(UTC).isoformat()}|{cause_id}"
    return hashlib.sha256(body.encode()).hexdigest()


async def create_units(tx: Tx, units: Sequence[NewUnit]) -> None:
    """Register units at their starting location."""
    if not units:
        return
    await tx.conn.execute(place.insert(), [{"id": u.id, "kind": "unit"} for u in units])
    rows = [
        {
            "id": u.id,
            "kind": u.kind,
            "place_id": u.start_place_id,
            "location_id": u.start_place_id,
            "chain": GENESIS,
            "sscc": u.sscc,
            "label": u.label,
            "weight_g": u.weight_g,
            "height_mm": u.height_mm,
            "volume_mm3": u.volume_mm3,
        }
        for u in units
    ]
    await tx.conn.execute(unit.insert(), rows)


async def move_units(tx: Tx, moves: Sequence[Move]) -> None:
    """Post moves in order. A unit may move several times in one call; a move to where the unit already is posts nothing.

    Refuses `unit_elsewhere` when a unit is not where `expected_from` says, `unit_in_itself`, `unit_not_empty` when goods are
    still in a unit that leaves to a virtual location (post them out first), and what a limited place says to its arrivals.
    """
    if not moves:
        return
    forest = await lock_forest(tx, {move.unit_id for move in moves}, {move.to_place_id for move in moves})
    rows, changes = _plan(tx, moves, forest)
    if not rows:
        return
    await tx.conn.execute(journal.insert(), rows)
    await save_roots(tx, forest)
    await _change_balances(tx, changes)
    await check_arrivals(tx, forest)


def _plan(tx: Tx, moves: Sequence[Move], forest: Forest) -> tuple[list[dict[str, object]], Counter[UUID]]:
    """Journal rows and changes of balances; the forest is left as it will be."""
    rows: list[dict[str, object]] = []
    changes = Counter[UUID]()
    for move in moves:
        node = forest.moved[move.unit_id]
        if move.expected_from is not None and move.expected_from != node.place_id:
            raise Refusal("unit_elsewhere", unit=str(move.unit_id))
        if node.place_id == move.to_place_id:
            continue
        digest = row_digest(node.chain, move.unit_id, node.place_id, move.to_place_id, move.happened_at, move.cause_id)
        rows.append(_journal_row(tx, move, node.place_id, digest))
        changes[node.place_id] -= 1
        changes[move.to_place_id] += 1
        forest.put(move.unit_id, move.to_place_id, digest)
    return rows, changes


def _journal_row(tx: Tx, move: Move, current: UUID, digest: str) -> dict[str, object]:
    return {
        "unit_id": move.unit_id,
        "from_place_id": current,
        "to_place_id": move.to_place_id,
        "happened_at": move.happened_at,
        "recorded_at": tx.now,
        "cause": move.cause,
        "cause_id": move.cause_id,
        "actor_id": tx.actor.id,
        "digest": digest,
    }


async def _change_balances(tx: Tx, changes: Counter[UUID]) -> None:
    touched = [id for id, delta in sorted(changes.items()) if delta]
    if not touched:
        return
    virtual = set(await tx.conn.scalars(sa.select(location.c.id).where(location.c.id.in_(touched), location.c.virtual)))
    for id in touched:
        if id in virtual:
            continue
        row = insert(balance).values(place_id=id, units=changes[id])
        # PostgreSQL checks the inserted row first, so a decrease goes through UPDATE and never proposes a negative row.
        if changes[id] < 0:
            await tx.conn.execute(
                balance.update().where(balance.c.place_id == id).values(units=balance.c.units + changes[id])
            )
        else:
            await tx.conn.execute(
                row.on_conflict_do_update(
                    index_elements=["place_id"], set_={"units": balance.c.units + row.excluded.units}
                )
            )

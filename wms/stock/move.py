"""Moving units: the only code that writes journal, positions and balances, for one move or a thousand.

Lock order: unit rows by id, then balance rows by place id. Two batches that meet on both therefore queue, not deadlock.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from wms.kit.db import Tx
from wms.kit.refusal import Refusal
from wms.stock.tables import balance, journal, location, place, unit

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit that enters the ledger. It starts outside; its first move brings it in."""

    id: UUID
    kind: str
    start_place_id: UUID


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
    """Register units at their (virtual) starting place."""
    if not units:
        return
    await tx.conn.execute(place.insert(), [{"id": u.id, "kind": "unit"} for u in units])
    await tx.conn.execute(
        unit.insert(),
        [{"id": u.id, "kind": u.kind, "place_id": u.start_place_id, "chain": GENESIS} for u in units],
    )


async def move_units(tx: Tx, moves: Sequence[Move]) -> None:
    """Post moves in order. Refuses `unit_elsewhere` when a unit is not where `expected_from` says.

    A unit may move several times in one call; a move to where the unit already is posts nothing.
    """
    if not moves:
        return
    where = await _lock_units(tx, {move.unit_id for move in moves})
    rows, changes = [], Counter[UUID]()
    for move in moves:
        current, chain = where[move.unit_id]
        if move.expected_from is not None and move.expected_from != current:
            raise Refusal("unit_elsewhere", unit=str(move.unit_id))
        if current == move.to_place_id:
            continue
        digest = row_digest(chain, move.unit_id, current, move.to_place_id, move.happened_at, move.cause_id)
        rows.append(_journal_row(tx, move, current, digest))
        where[move.unit_id] = (move.to_place_id, digest)
        changes[current] -= 1
        changes[move.to_place_id] += 1
    if not rows:
        return
    await tx.conn.execute(journal.insert(), rows)
    moved = {row["unit_id"] for row in rows}
    await _save_positions(tx, {id: state for id, state in where.items() if id in moved})
    await _change_balances(tx, changes)


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


async def _lock_units(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, tuple[UUID, str]]:
    rows = await tx.conn.execute(
        sa.select(unit.c.id, unit.c.place_id, unit.c.chain)
        .where(unit.c.id.in_(sorted(ids)))
        .order_by(unit.c.id)
        .with_for_update()
    )
    return {row.id: (row.place_id, row.chain) for row in rows}


async def _save_positions(tx: Tx, where: dict[UUID, tuple[UUID, str]]) -> None:
    statement = unit.update().where(unit.c.id == sa.bindparam("unit_id"))
    await tx.conn.execute(
        statement.values(place_id=sa.bindparam("to_place"), chain=sa.bindparam("to_chain")),
        [{"unit_id": id, "to_place": at, "to_chain": chain} for id, (at, chain) in sorted(where.items())],
    )


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

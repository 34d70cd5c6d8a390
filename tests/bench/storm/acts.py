"""The acts of a storm. Each draws what it does to what, whether that is possible or not: refusals are part of the weather."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from wms.kit.actor import SYSTEM, Actor
from wms.kit.db import Tx
from wms.stock.change_status import ChangeStatus, change_status
from wms.stock.correct import ReversePosting, reverse_posting
from wms.stock.move import Move, move_units
from wms.stock.place_hold import PlaceHold, ReleaseHold, place_hold, release_hold
from wms.stock.post import Entry, post
from wms.stock.reserve import Want, release, reserve
from wms.stock.stock_key import StockKey
from wms.stock.tables import hold, reservation, stock, unit

LEADER: Actor = replace(SYSTEM, rights=frozenset({"hold.write", "stock.correct", "customs.release"}))


@dataclass(slots=True)
class World:
    """Ids that every worker knows; small on purpose, so that everybody meets everybody."""

    site: str
    outside: UUID
    lost: UUID
    locations: list[UUID]
    units: list[UUID]
    items: list[UUID]
    lots: dict[UUID, list[UUID]]
    owners: list[UUID]
    lines: dict[UUID, UUID]


@dataclass(slots=True)
class Worker:
    """One person at one handheld: remembers what it did lately."""

    world: World
    rng: random.Random
    reservations: list[UUID] = field(default_factory=list)
    postings: list[UUID] = field(default_factory=list)

    def key(self) -> StockKey:
        rng, world = self.rng, self.world
        item = rng.choice(world.items)
        place = rng.choice(world.locations if rng.random() < 0.6 else world.units)
        bonded = rng.random() < 0.3
        return StockKey(
            place,
            item,
            rng.choice(world.owners),
            "duty_unpaid" if bonded else "foreign",
            rng.choice(("good", "good", "damaged")),
            rng.choice(world.lots[item]),
            None,
            world.lines[item] if bonded else None,
        )

    def quantity(self) -> Decimal:
        return Decimal(self.rng.randint(1, 12)) / self.rng.choice((1, 1, 4))

    def remember(self, posting: UUID) -> None:
        self.postings = [*self.postings[-20:], posting]


Act = Callable[[Tx, Worker], Awaitable[None]]


async def _held_key(tx: Tx, worker: Worker) -> StockKey:
    """A key that has something, most of the time; else any."""
    row = (
        await tx.conn.execute(
            sa.select(
                *(stock.c.place_id, stock.c.item_id, stock.c.owner_id, stock.c.customs_status, stock.c.condition),
                *(stock.c.lot_id, stock.c.serial_id, stock.c.account_line_id),
            )
            .where(stock.c.item_id == worker.rng.choice(worker.world.items), stock.c.quantity > 0)
            .offset(worker.rng.randrange(10))
            .limit(1)
        )
    ).one_or_none()
    return StockKey(*row) if row is not None else worker.key()


async def receive(tx: Tx, worker: Worker) -> None:
    lines = [Entry(worker.world.outside, worker.key(), worker.quantity() * 10) for _ in range(worker.rng.randint(1, 5))]
    worker.remember(await post(tx, lines, cause="receive", site=worker.world.site))


async def carry(tx: Tx, worker: Worker) -> None:
    lines = []
    for _ in range(worker.rng.randint(1, 4)):
        key = await _held_key(tx, worker)
        lines.append(Entry(key, key.at(worker.key().place_id), worker.quantity()))
    lines = [line for line in lines if line.source != line.target]
    worker.remember(await post(tx, lines, cause="move", site=worker.world.site))


async def ship(tx: Tx, worker: Worker) -> None:
    entry = Entry(await _held_key(tx, worker), worker.world.outside, worker.quantity())
    worker.remember(await post(tx, [entry], cause="ship", site=worker.world.site))


async def count(tx: Tx, worker: Worker) -> None:
    key = await _held_key(tx, worker)
    ends = (key, worker.world.lost) if worker.rng.random() < 0.5 else (worker.world.lost, key)
    worker.remember(
        await post(tx, [Entry(*ends, worker.quantity(), despite_holds=True)], cause="count", site=worker.world.site)
    )


async def promise(tx: Tx, worker: Worker) -> None:
    wants = [Want((await _held_key(tx, worker)).id, tx.new_id(), worker.quantity()) for _ in range(2)]
    worker.reservations = [*worker.reservations[-30:], *await reserve(tx, wants)]


async def give_back(tx: Tx, worker: Worker) -> None:
    await release(tx, worker.rng.sample(worker.reservations, min(2, len(worker.reservations))))


async def pick(tx: Tx, worker: Worker) -> None:
    if not worker.reservations:
        return
    id = worker.rng.choice(worker.reservations)
    found = (
        await tx.conn.execute(
            sa.select(
                *(stock.c.place_id, stock.c.item_id, stock.c.owner_id, stock.c.customs_status, stock.c.condition),
                *(stock.c.lot_id, stock.c.serial_id, stock.c.account_line_id, reservation.c.quantity),
            )
            .join(reservation, reservation.c.stock_id == stock.c.id)
            .where(reservation.c.id == id, reservation.c.quantity > 0)
        )
    ).one_or_none()
    if found is None:
        return
    key = StockKey(*found[:8])
    tote = worker.rng.choice(worker.world.units)
    if tote != key.place_id:
        entry = Entry(key, key.at(tote), min(found.quantity, worker.quantity()), id, guard=True)
        worker.remember(await post(tx, [entry], cause="pick", site=worker.world.site))


async def carry_unit(tx: Tx, worker: Worker) -> None:
    units = worker.rng.sample(worker.world.units, 2)
    target = units[1] if worker.rng.random() < 0.4 else worker.rng.choice(worker.world.locations)
    await move_units(tx, [Move(units[0], target, tx.now, "move", tx.new_id())])


async def regrade(tx: Tx, worker: Worker) -> None:
    key = await _held_key(tx, worker)
    wanted = "good" if key.condition == "damaged" else "damaged"
    await change_status(tx, ChangeStatus(stock_id=key.id, quantity=worker.quantity(), condition=wanted, reason="seen"))


async def stop(tx: Tx, worker: Worker) -> None:
    item = worker.rng.choice(worker.world.items)
    await place_hold(tx, PlaceHold(lot_id=worker.rng.choice(worker.world.lots[item]), reason="recall", note="storm"))


async def let_go(tx: Tx, worker: Worker) -> None:
    open_holds = sa.select(hold.c.id).where(hold.c.released_at.is_(None)).order_by(hold.c.placed_at)
    for id in (await tx.conn.scalars(open_holds.limit(2))).all():
        await release_hold(tx, ReleaseHold(id=id, note="storm"))


async def undo(tx: Tx, worker: Worker) -> None:
    if worker.postings:
        await reverse_posting(tx, ReversePosting(posting_id=worker.rng.choice(worker.postings), reason="storm"))


async def look(tx: Tx, worker: Worker) -> None:
    total = sa.select(sa.func.sum(stock.c.quantity), sa.func.count()).join(unit, unit.c.id == stock.c.place_id)
    await tx.conn.execute(total.where(stock.c.item_id == worker.rng.choice(worker.world.items)))


ACTS: dict[Act, int] = {
    receive: 18, carry: 30, ship: 10, count: 3, promise: 12, give_back: 4, pick: 10, carry_unit: 8, regrade: 3,
    stop: 1, let_go: 2, undo: 2, look: 1,
}  # fmt: skip

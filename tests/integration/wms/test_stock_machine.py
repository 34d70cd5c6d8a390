"""The rules of the ledger against a model of a few lines, in every order Hypothesis can think of; and a storm of everybody."""

import asyncio
from collections import defaultdict
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.bench.storm.run import blow_in_processes, prepare_world
from tests.support.goods import Goods
from wms.command.refusals import CONSTRAINTS
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.kit.refusal import Refusal
from wms.proof.prove import prove
from wms.stock.correct import reverse_entries
from wms.stock.post import Entry, post
from wms.stock.read_entries import of_posting
from wms.stock.reserve import Want, release, reserve
from wms.stock.stock_key import StockKey
from wms.stock.tables import stock_entry
from wms.stock.virtual import virtual_location

pytestmark = pytest.mark.servers
QUANTITIES = st.integers(1, 9).map(lambda n: Decimal(n) / 2)
ROWS = st.integers(0, 3)


class Ledger(RuleBasedStateMachine):
    """Four bins of one article. The model: what lies in each, and what of it is promised to whom."""

    loop: asyncio.AbstractEventLoop
    db: Database
    number = 0

    @initialize()
    def open_bins(self) -> None:
        type(self).number += 1
        goods = Goods(self.db)
        n = self.number

        async def open_() -> list[StockKey]:
            item = await goods.item(f"M-{n}")
            return [await goods.key(await goods.place(f"M-{n}-{bin}"), item) for bin in range(4)]

        self.keys = self.wait(open_())
        self.site = goods.site
        self.outside = self.wait(self.db.run(_outside, goods.site, actor=SYSTEM))
        self.there: dict[int, Decimal] = defaultdict(Decimal)
        self.promised: dict[UUID, tuple[int, Decimal]] = {}
        self.posted: list[tuple[UUID, tuple[int, int, Decimal]]] = []

    def wait(self, awaitable: Any) -> Any:
        return self.loop.run_until_complete(awaitable)

    def free(self, bin: int) -> Decimal:
        return self.there[bin] - sum(q for at, q in self.promised.values() if at == bin)

    def try_(self, verb: Any, command: Any, *, allowed: bool) -> Any:
        """The answer; the ledger refuses exactly what the model does not allow."""
        try:
            answer = self.wait(self.db.run(verb, command, actor=SYSTEM))
        except Refusal:
            if allowed:
                raise
            return None
        assert allowed
        return answer

    @rule(bin=ROWS, quantity=QUANTITIES)
    def receive(self, bin: int, quantity: Decimal) -> None:
        entry = Entry(self.outside, self.keys[bin], quantity)
        posting = self.try_(_post(self.site), [entry], allowed=True)
        self.there[bin] += quantity
        self.posted.append((posting, (-1, bin, quantity)))

    @rule(source=ROWS, goal=ROWS, quantity=QUANTITIES)
    def move(self, source: int, goal: int, quantity: Decimal) -> None:
        if source == goal:
            return
        entry = Entry(self.keys[source], self.keys[goal], quantity)
        posting = self.try_(_post(self.site), [entry], allowed=self.free(source) >= quantity)
        if posting is not None:
            self.there[source] -= quantity
            self.there[goal] += quantity
            self.posted.append((posting, (source, goal, quantity)))

    @rule(source=ROWS, quantities=st.lists(QUANTITIES, min_size=2, max_size=3))
    def ship_in_one_posting(self, source: int, quantities: list[Decimal]) -> None:
        entries = [Entry(self.keys[source], self.outside, quantity) for quantity in quantities]
        if self.try_(_post(self.site), entries, allowed=self.free(source) >= sum(quantities)):
            self.there[source] -= sum(quantities)

    @rule(bin=ROWS, quantity=QUANTITIES)
    def promise(self, bin: int, quantity: Decimal) -> None:
        found = self.try_(_reserve, Want(self.keys[bin].id, UUID(int=1), quantity), allowed=self.free(bin) >= quantity)
        if found is not None:
            self.promised[found] = (bin, quantity)

    @precondition(lambda self: self.promised)
    @rule(data=st.data(), quantity=QUANTITIES)
    def pick(self, data: st.DataObject, quantity: Decimal) -> None:
        id = data.draw(st.sampled_from(sorted(self.promised)))
        bin, promised = self.promised[id]
        entry = Entry(self.keys[bin], self.outside, quantity, reservation_id=id)
        if self.try_(_post(self.site), [entry], allowed=promised >= quantity):
            self.there[bin] -= quantity
            self.promised[id] = (bin, promised - quantity)

    @precondition(lambda self: self.promised)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(self.promised)))
        self.try_(_release, id, allowed=True)
        del self.promised[id]

    @precondition(lambda self: self.posted)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        posting, (source, target, quantity) = self.posted.pop(data.draw(st.integers(0, len(self.posted) - 1)))
        if self.try_(_undo(self.site), posting, allowed=self.free(target) >= quantity):
            self.there[target] -= quantity
            if source >= 0:
                self.there[source] += quantity

    @invariant()
    def the_ledger_says_what_the_model_says(self) -> None:
        if not hasattr(self, "keys"):
            return
        rows = self.wait(_read(self.db, [key.id for key in self.keys]))
        for bin, key in enumerate(self.keys):
            quantity, reserved = rows.get(key.id, (Decimal(0), Decimal(0)))
            assert (quantity, quantity - reserved) == (self.there[bin], self.free(bin))


async def _outside(tx: Tx, site: str) -> UUID:
    return await virtual_location(tx, site, "outside")


def _post(site: str) -> Any:
    async def verb(tx: Tx, entries: Any) -> UUID:
        return await post(tx, entries, cause="test", site=site)

    return verb


async def _reserve(tx: Tx, want: Want) -> UUID:
    return (await reserve(tx, [want]))[0]


async def _release(tx: Tx, id: UUID) -> bool:
    await release(tx, [id])
    return True


def _undo(site: str) -> Any:
    async def verb(tx: Tx, posting: UUID) -> UUID:
        ids = await tx.conn.scalars(sa.select(stock_entry.c.id).where(*of_posting(posting)))
        return await post(tx, await reverse_entries(tx, list(ids)), cause="undo", site=site)

    return verb


async def _read(db: Database, ids: list[UUID]) -> dict[UUID, tuple[Decimal, Decimal]]:
    async with db.read() as conn:
        query = sa.text("SELECT id, quantity, reserved FROM stock WHERE id = ANY (:ids)").bindparams(ids=ids)
        return {row.id: (row.quantity, row.reserved) for row in await conn.execute(query)}


async def _violations(db: Database) -> list[Any]:
    async with db.read() as conn:
        return (await prove(conn)).first


def test_the_ledger_obeys_its_rules_in_every_order(database_url: str):
    """Rows 14, 30, 31: after any sequence the ledger holds what a model holds, and refuses what it forbids."""
    loop = asyncio.new_event_loop()
    Ledger.loop, Ledger.db = loop, Database(database_url, refusals=CONSTRAINTS)
    try:
        run_state_machine_as_test(
            Ledger,
            settings=settings(
                max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
        assert loop.run_until_complete(_violations(Ledger.db)) == []
    finally:
        loop.run_until_complete(Ledger.db.close())
        loop.close()


def test_a_storm_leaves_no_violation_and_shows_nobody_a_deadlock(database_url: str):
    """Row 30: everybody does everything to the same goods at once; nobody sees an error, and the proof holds afterwards."""

    async def prepare() -> Any:
        db = Database(database_url)
        world = await prepare_world(db)
        await db.close()
        return world

    weather = blow_in_processes(database_url, asyncio.run(prepare()), 6_000, 8, 1, 2)

    async def check() -> list[Any]:
        db = Database(database_url)
        found = await _violations(db)
        await db.close()
        return found

    assert weather.errors == []
    assert weather.busy == 0
    assert weather.operations == 6_000
    assert sum(weather.done.values()) > 2_000
    assert asyncio.run(check()) == []

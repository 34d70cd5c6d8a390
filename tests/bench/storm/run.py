"""Driving a storm: processes of workers who act at once, without pause, on the same few goods."""

import asyncio
import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from uuid import UUID

from tests.bench.storm.acts import ACTS, LEADER, Worker, World
from tests.support.goods import Goods
from wms.command.refusals import CONSTRAINTS
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.kit.refusal import Refusal
from wms.stock.virtual import virtual_location


@dataclass(slots=True)
class Weather:
    """What came of it. `busy` is contention that reached a user; `errors` is anything that is no refusal."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    @property
    def operations(self) -> int:
        return sum(self.done.values()) + sum(self.refused.values()) + len(self.errors)

    @property
    def busy(self) -> int:
        return self.refused["busy"]

    def add(self, other: "Weather") -> None:
        self.done += other.done
        self.refused += other.refused
        self.errors += other.errors


async def prepare_world(db: Database) -> World:
    """Two dozen locations, some limited, twenty units in each other, six articles of two lots, two owners."""
    goods = Goods(db)
    locations = [await goods.place(f"W-{n:02}") for n in range(20)]
    locations.append(await goods.place("W-HEAVY", max_weight_g=40_000))
    locations.append(await goods.place("W-OWN", mixing="one_owner"))
    items = [await goods.item(f"STORM-{n}", tracking="lot", weight_g=100) for n in range(6)]
    units = [await goods.unit(locations[n], "pallet") for n in range(6)]
    units += [await goods.unit(units[n % 6], "tote") for n in range(14)]

    async def outside(tx: Tx, kind: str) -> UUID:
        return await virtual_location(tx, goods.site, kind)

    return World(
        site=goods.site,
        outside=await db.run(outside, "outside", actor=SYSTEM),
        lost=await db.run(outside, "lost", actor=SYSTEM),
        locations=locations,
        units=units,
        items=items,
        lots={item: [await goods.lot(item, f"S{n}-{lot}") for lot in "AB"] for n, item in enumerate(items)},
        owners=[await goods.party("FUNGI"), await goods.party("CRAB")],
        lines={item: await goods.account_line(item, line_no=n + 1) for n, item in enumerate(items)},
    )


async def _work(db: Database, world: World, operations: int, seed: int, weather: Weather) -> None:
    worker = Worker(world, random.Random(seed))
    acts, weights = list(ACTS), list(ACTS.values())
    for _ in range(operations):
        act = worker.rng.choices(acts, weights)[0]

        async def verb(tx: Tx, who: Worker, act: object = act) -> None:
            await act(tx, who)  # type: ignore[operator]

        try:
            await db.run(verb, worker, actor=LEADER)
            weather.done[act.__name__] += 1
        except Refusal as refusal:
            weather.refused[refusal.code] += 1
        except Exception as error:  # whatever it is, it reached a user
            weather.errors.append(f"{act.__name__}: {error!r}"[:500])


async def blow(url: str, world: World, operations: int, workers: int, seed: int) -> Weather:
    """`operations` acts by `workers` at once, in this process."""
    db = Database(url, pool_size=workers, refusals=CONSTRAINTS)
    weather = Weather()
    each = operations // workers
    await asyncio.gather(*(_work(db, world, each, seed * 1000 + n, weather) for n in range(workers)))
    await db.close()
    return weather


def _blow_here(arguments: tuple[str, World, int, int, int]) -> Weather:
    return asyncio.run(blow(*arguments))


def blow_in_processes(url: str, world: World, operations: int, workers: int, seed: int, processes: int) -> Weather:
    """The same from several processes."""
    weather = Weather()
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        shares = [(url, world, operations // processes, workers, seed + n) for n in range(processes)]
        for one in pool.map(_blow_here, shares):
            weather.add(one)
    return weather

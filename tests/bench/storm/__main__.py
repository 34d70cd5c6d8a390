"""`make bench-storm`: a million random operations by default. The last line is the JSON object."""

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path

from tests.bench.storm.run import Weather, blow_in_processes, prepare_world
from wms.command.open_database import embedded_postgres
from wms.kit.actor import SYSTEM
from wms.kit.db import Database
from wms.migrations.upgrade import upgrade
from wms.proof.prove import Proof, prove
from wms.seed.plant_world import plant_world
from wms.settings import Settings


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench-storm")
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=8, help="people acting at once, in each process")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="kouan-storm-") as folder,
        embedded_postgres(Settings(home=Path(folder) / "home")) as server,
    ):
        url = server.create_database("storm")
        world = asyncio.run(_prepare(url))
        started = time.perf_counter()
        weather = Weather()
        rounds = max(1, options.operations // 100_000)
        for number in range(rounds):
            weather.add(
                blow_in_processes(
                    url,
                    world,
                    options.operations // rounds,
                    options.workers,
                    options.seed + 10 * number,
                    options.processes,
                )
            )
            print(f"{weather.operations:,} operations, {len(weather.errors)} errors, {weather.busy} busy", flush=True)
        seconds = time.perf_counter() - started
        proof = asyncio.run(_prove(url))
    for error in weather.errors[:5]:
        print("error:", error)
    for violation in proof.first[:5]:
        print("violated:", violation)
    print("done", dict(weather.done), "refused", dict(weather.refused))
    print(
        json.dumps(
            {
                "operations": weather.operations,
                "per_s": round(weather.operations / seconds),
                "errors": len(weather.errors),
                "deadlocks_seen_by_users": weather.busy,
                "journal_rows": proof.journal_rows,
                "violations": proof.violations,
            }
        )
    )


async def _prepare(url: str):  # type: ignore[no-untyped-def]
    await upgrade(url)
    db = Database(url)
    await db.run(plant_world, None, actor=SYSTEM)
    world = await prepare_world(db)
    await db.close()
    return world


async def _prove(url: str) -> Proof:
    db = Database(url)
    async with db.read() as conn:
        proof = await prove(conn)
    await db.close()
    return proof


if __name__ == "__main__":
    main()

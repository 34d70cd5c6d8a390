"""`make bench-stock`. The last line is the JSON object; everything before it says what is being measured.

One PostgreSQL, durable as the product starts it, holds an empty database, a grown one and the yardstick's; each is served by
two processes. Windows of all of them alternate, so that a neighbour's noise meets each alike, and medians are compared. Every
window has an uncounted second before it, for what slept through the others.

Growth is asked twice. Cold, straight after planting: every page that a posting touches is read from disk, and written to the
log in full because it is the first time since a checkpoint; that is printed. Then in the state of a working day, after
`--warm` moves in large batches have touched the pages; that is `cost_ratio`.
"""

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx
import sqlalchemy as sa

from tests.bench.serve import free_port, serve, wait_for
from tests.bench.stock.load import Outcome, drive, post_request
from tests.bench.stock.world import OWNER, SITE, Size, location_name, plant, sku_name
from tests.bench.stock.yardstick import MANY, TABLES, bare_body
from wms.access.add_person import AddPerson, add_person
from wms.command.open_database import embedded_postgres
from wms.kit.actor import SYSTEM
from wms.kit.db import Database
from wms.kit.listen import connect_arguments
from wms.launch.postgres import PostgresServer
from wms.migrations.upgrade import upgrade
from wms.proof.prove import prove
from wms.seed.plant_world import plant_world
from wms.settings import Settings

PASSWORD = "a long enough password"
CONNECTIONS = 32
BATCH = 100
BATCH_CONNECTIONS = 8
LEAD_IN_S = 1.0


@dataclass(slots=True)
class Served:
    """A database with its two server processes, and what was accepted of it."""

    name: str
    url: str
    port: int
    size: Size
    token: str = ""
    accepted: int = 0
    keys: int = 0
    requests: list[tuple[str, bytes]] = field(default_factory=list)


async def prepare(server: PostgresServer, name: str, size: Size) -> Served:
    url = server.create_database(name)
    await upgrade(url)
    db = Database(url)
    await db.run(plant_world, None, actor=SYSTEM)
    await db.run(add_person, AddPerson(name="bench", password=PASSWORD, role="picker", sites=[SITE]), actor=SYSTEM)
    started = time.perf_counter()
    await plant(db, size)
    async with db.engine.connect() as conn:
        vacuum = await conn.execution_options(isolation_level="AUTOCOMMIT")
        await vacuum.execute(sa.text("VACUUM ANALYZE"))
        await vacuum.execute(sa.text("CHECKPOINT"))
        rows = await conn.scalar(sa.text("SELECT count(*) FROM stock_entry"))
    await db.close()
    print(
        f"{name}: {size.balances:,} balances, {rows:,} journal rows in {time.perf_counter() - started:.0f} s",
        flush=True,
    )
    return Served(name, url, free_port(), size)


async def sign_in(served: Served) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"http://127.0.0.1:{served.port}/api/v1/sessions", json={"name": "bench", "password": PASSWORD}
        )
        served.token = answer.json()["token"]


def move(rng: random.Random, size: Size, *, hot: bool = False) -> dict[str, str]:
    """One piece from a location to another. Hot: of the one article, from the one location, by everybody."""
    item, here, there = (
        (0, 0, rng.randrange(1, size.locations))
        if hot
        else (rng.randrange(size.items), *rng.sample(range(size.locations), 2))
    )
    return {
        "owner": OWNER, "sku": sku_name(item), "from": location_name(here), "to": location_name(there), "quantity": "1"
    }  # fmt: skip


def singles(served: Served, *, hot: bool) -> Callable[[int], bytes]:
    rng = random.Random(len(served.name) + hot)
    bodies = [json.dumps(move(rng, served.size, hot=hot)).encode() for _ in range(20_000)]
    path = f"/api/v1/sites/{SITE}/stock/moves"

    def request(_: int) -> bytes:
        served.keys += 1
        return post_request(path, bodies[served.keys % len(bodies)], served.token, f"bench-{served.keys:012}")

    return request


def batches(served: Served, each: int = BATCH, count: int = 300) -> Callable[[int], bytes]:
    rng = random.Random(7)
    bodies = [json.dumps({"moves": [move(rng, served.size) for _ in range(each)]}).encode() for _ in range(count)]
    path = f"/api/v1/sites/{SITE}/stock/move-batches"

    def request(_: int) -> bytes:
        served.keys += 1
        return post_request(path, bodies[served.keys % len(bodies)], served.token, f"bench-{served.keys:012}")

    return request


async def window(
    served: Served, seconds: float, request: Callable[[int], bytes], connections: int, each: int
) -> Outcome:
    for lasting in (LEAD_IN_S, seconds):
        outcome = await drive(served.port, connections, lasting, request)
        served.accepted += outcome.accepted * each
    if outcome.first_refusal:
        print(f"  {served.name}: {outcome.codes} {outcome.first_refusal}", flush=True)
    return outcome


async def warm_up(served: Served, moves: int) -> None:
    """Touch the pages that a day's postings touch: `moves` moves, a thousand a request."""
    request = batches(served, each=1000, count=moves // 1000)
    done, before = 0, time.perf_counter()
    while done < moves:
        outcome = await drive(served.port, 2, 2.0, request)
        done += outcome.accepted * 1000
        served.accepted += outcome.accepted * 1000
        if not outcome.accepted:
            raise SystemExit(f"{served.name} takes no batches: {outcome.codes} {outcome.first_refusal}")
    print(f"{served.name}: warmed by {done:,} moves in {time.perf_counter() - before:.0f} s", flush=True)


async def bare_batches(url: str, ids: list[UUID], seconds: float) -> float:
    """Set-based statements of 100 on eight connections; postings a second."""
    rng = random.Random(7)
    pool = await asyncpg.create_pool(**connect_arguments(url), min_size=BATCH_CONNECTIONS, max_size=BATCH_CONNECTIONS)
    pairs = [list(zip(*(rng.sample(ids, 2) for _ in range(BATCH)), strict=True)) for _ in range(300)]
    done = 0
    start = time.perf_counter()

    async def worker(number: int) -> None:
        nonlocal done
        turn = number
        async with pool.acquire() as conn:
            while time.perf_counter() - start < seconds:
                turn += 1
                sources, targets = pairs[turn % len(pairs)]
                try:
                    await conn.execute(MANY, list(sources), list(targets), [1] * BATCH, uuid4())
                except asyncpg.DeadlockDetectedError:
                    continue
                done += BATCH

    await asyncio.gather(*(worker(number) for number in range(BATCH_CONNECTIONS)))
    seconds = time.perf_counter() - start
    await pool.close()
    return done / seconds


async def bench(options: argparse.Namespace) -> dict[str, object]:
    with ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kouan-bench-")))
        server = stack.enter_context(embedded_postgres(Settings(home=base / "home")))
        small = await prepare(server, "bench_small", Size(1000, 10, 10_000))
        grown = await prepare(
            server, "bench_grown", Size(10_000, options.balances // 10_000, options.balances, options.rounds)
        )
        bare_url = server.create_database("bench_bare")
        ids = await _prepare_bare(bare_url, 10_000)
        bare_port = free_port()
        for served in (small, grown):
            serve(stack, "wms.command.serve_api:make_app", served.url, served.port, base / served.name)
        serve(stack, "tests.bench.stock.yardstick:bare_app", bare_url, bare_port, base / "bare")
        for served in (small, grown):
            await wait_for(served.port, "/healthz")
            await sign_in(served)
        await wait_for(bare_port, "/moves")
        return await _measure(options, small, grown, bare_url, bare_port, ids)


async def _prepare_bare(url: str, count: int) -> list[UUID]:
    conn = await asyncpg.connect(**connect_arguments(url))
    await conn.execute(TABLES)
    await conn.execute("INSERT INTO bare_balance SELECT gen_random_uuid(), 1000000 FROM generate_series(1, $1)", count)
    await conn.execute("VACUUM ANALYZE")
    ids = [row[0] for row in await conn.fetch("SELECT id FROM bare_balance")]
    await conn.close()
    return ids


async def _measure(
    options: argparse.Namespace, small: Served, grown: Served, bare_url: str, bare_port: int, ids: list[UUID]
) -> dict[str, object]:
    rng = random.Random(3)
    no_key = b"%s"
    bare_bodies = [post_request("/moves", bare_body(*rng.sample(ids, 2)), pad=34) for _ in range(20_000)]
    turn = 0

    def bare(_: int) -> bytes:
        nonlocal turn
        turn += 1
        return bare_bodies[turn % len(bare_bodies)].replace(no_key, str(UUID(int=turn)).encode())

    uniform, hot, large, many = (
        singles(small, hot=False),
        singles(small, hot=True),
        singles(grown, hot=False),
        batches(small),
    )
    rates: dict[str, list[float]] = {name: [] for name in ("bare", "single", "grown", "hot", "bare_batch", "batch")}
    latency: list[float] = []
    hot_errors = 0
    cold = (
        (await window(small, 3, uniform, CONNECTIONS, 1)).per_s,
        (await window(grown, 3, large, CONNECTIONS, 1)).per_s,
    )
    print(f"cold: {cold[0]:,.0f}/s small, {cold[1]:,.0f}/s grown, cost ratio {cold[0] / cold[1]:.2f}", flush=True)
    await warm_up(grown, options.warm)
    for number in range(options.windows):
        await drive(bare_port, CONNECTIONS, LEAD_IN_S, bare)
        rates["bare"].append((await drive(bare_port, CONNECTIONS, options.seconds, bare)).per_s)
        single = await window(small, options.seconds, uniform, CONNECTIONS, 1)
        rates["single"].append(single.per_s)
        latency += single.ms
        rates["grown"].append((await window(grown, options.seconds, large, CONNECTIONS, 1)).per_s)
        warm = await window(small, options.seconds, hot, CONNECTIONS, 1)
        rates["hot"].append(warm.per_s)
        hot_errors += sum(count for code, count in warm.codes.items() if code != 201)
        await bare_batches(bare_url, ids, LEAD_IN_S)
        rates["bare_batch"].append(await bare_batches(bare_url, ids, options.seconds))
        rates["batch"].append((await window(small, options.seconds, many, BATCH_CONNECTIONS, BATCH)).per_s * BATCH)
        print(
            f"window {number + 1}: " + ", ".join(f"{name} {values[-1]:,.0f}/s" for name, values in rates.items()),
            flush=True,
        )
    middle = {name: statistics.median(values) for name, values in rates.items()}
    proof = await _prove(small, grown)
    ordered = sorted(latency)
    return {
        "single": {
            "per_s": round(middle["single"]), "yardstick_per_s": round(middle["bare"]),
            "ratio": round(middle["single"] / middle["bare"], 3),
            "p50_ms": round(ordered[len(ordered) // 2], 2), "p99_ms": round(ordered[int(len(ordered) * 0.99)], 2),
        },
        "batch100": {
            "per_s": round(middle["batch"]), "yardstick_per_s": round(middle["bare_batch"]),
            "ratio": round(middle["batch"] / middle["bare_batch"], 3),
        },
        "hot": {
            "per_s": round(middle["hot"]), "errors": hot_errors,
            "ratio_to_uniform": round(middle["hot"] / middle["single"], 3),
        },
        "growth": {
            "balances": grown.size.balances, "journal": grown.size.balances * (1 + grown.size.rounds),
            "cost_ratio": round(middle["single"] / middle["grown"], 3),
        },
        "proof": proof,
    }  # fmt: skip


async def _prove(*all_served: Served) -> dict[str, int]:
    """Everything accepted was applied, once; then every law of the ledger over every row."""
    proof = {"accepted": 0, "applied": 0, "negative": 0, "violations": 0}
    for served in all_served:
        db = Database(served.url)
        started = time.perf_counter()
        async with db.read() as conn:
            applied = await conn.scalar(sa.text("SELECT count(*) FROM stock_entry WHERE cause = 'move'"))
            negative = await conn.scalar(sa.text("SELECT count(*) FROM stock WHERE quantity < 0"))
        async with db.read() as conn:
            found = await prove(conn)
        for violation in found.first[:5]:
            print("  violated:", violation, flush=True)
        print(f"{served.name} proved in {time.perf_counter() - started:.0f} s", flush=True)
        proof["accepted"] += served.accepted
        proof["applied"] += applied or 0
        proof["negative"] += negative or 0
        proof["violations"] += found.violations
        await db.close()
    return proof


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench-stock")
    parser.add_argument("--balances", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9, help="moves a balance in the grown journal")
    parser.add_argument("--warm", type=int, default=300_000, help="moves in the grown database before it is measured")
    parser.add_argument("--windows", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    print(json.dumps(asyncio.run(bench(parser.parse_args()))))


main()

"""`make bench-floor`. The last line is the JSON object; times are what a person at a handheld would see, over HTTP."""

import argparse
import asyncio
import io
import json
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from tests.bench.serve import free_port, serve, wait_for, work
from tests.bench.stock.load import Connection, drive, post_request
from tests.bench.stock.world import OWNER, SITE, Size, location_name, plant, sku_name
from wms.access.add_person import AddPerson, add_person
from wms.command.open_database import embedded_postgres
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.migrations.upgrade import upgrade
from wms.proof.prove import prove
from wms.seed.plant_world import plant_world
from wms.settings import Settings
from wms.stock.add_location import add_location
from wms.tasks.add_tasks import NewTask, add_tasks

PASSWORD = "a long enough password"
LINES = 10_000
SIZE = Size(500, 40, 20_000)


class Floor:
    """The served warehouse, and the people signed in."""

    def __init__(self, url: str, port: int, client: httpx.AsyncClient) -> None:
        self.db = Database(url)
        self.port = port
        self.client = client
        self.tokens: list[str] = []

    async def ask(self, method: str, path: str, who: int = 0, **kwargs: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        answer = await self.client.request(method, f"/api/v1{path}", headers=headers, timeout=120, **kwargs)
        if answer.status_code >= 300:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()


async def fifty_handhelds(floor: Floor, rounds: int = 20) -> dict[str, Any]:
    """Fifty people ask for work at the same instant, do it, and ask again."""
    people = len(floor.tokens) - 1

    async def plan(tx: Tx, _: None) -> None:
        kinds = [NewTask(kind="move", site=SITE, by_hand=True, priority=n % 3) for n in range(people * (rounds + 1))]
        await add_tasks(tx, kinds)

    await floor.db.run(plan, None, actor=SYSTEM)
    waited: list[float] = []
    given: list[str] = []
    body = json.dumps({"site": SITE, "kinds": ["move"]}).encode()
    loop = asyncio.get_running_loop()
    links = [(await loop.create_connection(Connection, "127.0.0.1", floor.port))[1] for _ in range(people)]

    async def person(who: int) -> None:
        began = time.perf_counter()
        code, answer = await links[who].ask(post_request("/api/v1/tasks/take", body, floor.tokens[who + 1]))
        waited.append((time.perf_counter() - began) * 1000)
        if code != 200:
            raise SystemExit(f"take: {code} {answer[:300]!r}")
        given.append(json.loads(answer)["task"]["id"])

    for number in range(rounds + 1):
        if number == 1:
            waited.clear()  # the first round opened the server's connections
        before = len(given)
        await asyncio.gather(*(person(who) for who in range(people)))
        await finish(floor, given[before:])
    waited.sort()
    return {
        "people": people,
        "asked": len(given),
        "given_twice": len(given) - len(set(given)),
        "p50_ms": round(waited[len(waited) // 2], 1),
        "p99_ms": round(waited[int(len(waited) * 0.99)], 1),
    }


async def finish(floor: Floor, ids: list[str]) -> None:
    """Their work is done: nobody holds it any more."""

    async def verb(tx: Tx, _: None) -> None:
        done = sa.text("UPDATE task SET state = 'done' WHERE id = ANY (CAST(:ids AS uuid[]))")
        await tx.conn.execute(done.bindparams(ids=ids))

    await floor.db.run(verb, None, actor=SYSTEM)


async def scans_during_an_import(floor: Floor, rows: int, seconds: float) -> dict[str, Any]:
    """The scans of eight people before and during an import of a hundred thousand articles."""
    count = 0

    def scan(_: int) -> bytes:
        nonlocal count
        count += 1
        item, here = count % SIZE.items, count % SIZE.locations
        body = {"owner": OWNER, "sku": sku_name(item), "from": location_name(here),
                "to": location_name((here + 7) % SIZE.locations), "quantity": "1"}  # fmt: skip
        return post_request(
            f"/api/v1/sites/{SITE}/stock/moves", json.dumps(body).encode(), floor.tokens[1], f"scan-{count:09}"
        )

    async def measure() -> float:
        return (await drive(floor.port, 4, seconds, scan, pause_s=0.05)).percentile(0.99)

    await drive(floor.port, 4, 2, scan, pause_s=0.05)
    text = io.StringIO()
    text.write("sku,name_en,weight_g\n")
    for n in range(rows):
        text.write(f"IMP-{n:06},Imported {n},100\n")
    quiet = [await measure() for _ in range(3)]
    job = await floor.ask(
        "POST", "/imports", params={"kind": "items"}, files={"file": ("items.csv", text.getvalue().encode())}
    )
    began = time.perf_counter()
    busy: list[float] = []
    while (state := await floor.ask("GET", f"/imports/{job['id']}"))["state"] in ("queued", "running"):
        busy.append(await measure())
        print(f"  import {state['done']:,} of {rows:,}, scan p99 {busy[-1]:.1f} ms", flush=True)
    took = time.perf_counter() - began
    quiet += [await measure() for _ in range(3)]
    before, during = statistics.median(quiet), statistics.median(busy)
    return {
        "rows": rows, "state": state["state"], "import_s": round(took, 1), "quiet_p99_ms": round(before, 2),
        "during_p99_ms": round(during, 2), "change": round(during / before - 1, 3),
    }  # fmt: skip


async def long_documents(floor: Floor) -> dict[str, Any]:
    """A notice of ten thousand lines received, an order of ten thousand lines allocated and shipped."""
    owner_id = str(await _scalar(floor, "SELECT id FROM party WHERE code = 'BENCH'"))

    async def dock(tx: Tx, _: None) -> None:
        await add_location(tx, SITE, "BENCH-DOCK", "dock")

    await floor.db.run(dock, None, actor=SYSTEM)
    took: dict[str, Any] = {"lines": LINES}

    async def timed(name: str, method: str, path: str, **kwargs: Any) -> Any:
        began = time.perf_counter()
        answer = await floor.ask(method, path, **kwargs)
        took[f"{name}_s"] = round(time.perf_counter() - began, 2)
        return answer

    lines = [{"sku": sku_name(n % SIZE.items), "quantity": str(n % 9 + 1), "lot": None} for n in range(LINES)]
    body = {"site": SITE, "owner": OWNER, "notice_no": "BENCH-1", "lines": lines}
    notice = await timed("announce", "POST", "/notices", json=body)
    await timed("receive", "POST", f"/notices/{notice['id']}/receive-all", json={"location": "BENCH-DOCK"})
    wanted = [{"sku": sku_name(n % SIZE.items), "quantity": str(n % 9 + 1)} for n in range(LINES)]
    order = await timed(
        "order", "POST", "/orders",
        json={"site": SITE, "owner_id": owner_id, "reference": "BENCH-1", "customer": "bench", "lines": wanted},
    )  # fmt: skip
    await timed("release", "POST", f"/orders/{order['id']}/release")
    if (await floor.ask("GET", f"/orders/{order['id']}"))["state"] != "allocated":
        await timed("allocate", "POST", f"/orders/{order['id']}/allocate")
    took["allocated"] = (await floor.ask("GET", f"/orders/{order['id']}"))["state"] == "allocated"
    await timed("ship", "POST", f"/orders/{order['id']}/ship-all")
    return took


async def recall(floor: Floor) -> dict[str, Any]:
    """A hold on an article that lies in five hundred places: how long until nothing of it is available."""
    item = str(await _scalar(floor, f"SELECT id FROM trade_item WHERE sku = '{sku_name(3)}'"))
    began = time.perf_counter()
    await floor.ask("POST", "/holds", json={"item_id": item, "reason": "recall", "note": "bench"})
    placed = time.perf_counter() - began
    page = await floor.ask("GET", "/stock", params={"item_id": item, "limit": 500})
    left = sum(float(row["available"]) for row in page["items"])
    return {"hold_ms": round(placed * 1000, 1), "rows": len(page["items"]), "available_after": left}


async def _scalar(floor: Floor, statement: str) -> Any:
    async with floor.db.read() as conn:
        return await conn.scalar(sa.text(statement))


async def bench(options: argparse.Namespace) -> dict[str, Any]:
    with ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kouan-floor-")))
        server = stack.enter_context(embedded_postgres(Settings(home=base / "home")))
        url, port = server.create_database("bench_floor"), free_port()
        await upgrade(url)
        db = Database(url)
        await db.run(plant_world, None, actor=SYSTEM)
        await plant(db, SIZE)
        names = ["boss", *(f"person-{n:02}" for n in range(50))]
        for name in names:
            role = "administrator" if name == "boss" else "picker"
            sites = None if name == "boss" else [SITE]
            await db.run(add_person, AddPerson(name=name, password=PASSWORD, role=role, sites=sites), actor=SYSTEM)
        await db.close()
        serve(stack, "wms.command.serve_api:make_app", url, port, base / "served")
        work(stack, url, base / "worker", "import")
        await wait_for(port, "/healthz")
        limits = httpx.Limits(max_connections=60, max_keepalive_connections=60)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", limits=limits) as client:
            floor = Floor(url, port, client)
            for name in names:
                answer = await client.post("/api/v1/sessions", json={"name": name, "password": PASSWORD}, timeout=30)
                floor.tokens.append(answer.json()["token"])
            result = {"work": await fifty_handhelds(floor)}
            print(result, flush=True)
            result["documents"] = await long_documents(floor)
            print(result["documents"], flush=True)
            result["scans"] = await scans_during_an_import(floor, options.rows, options.seconds)
            result["recall"] = await recall(floor)
            async with floor.db.read() as conn:
                result["violations"] = (await prove(conn)).violations
            await floor.db.close()
        return result


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench-floor")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    print(json.dumps(asyncio.run(bench(parser.parse_args()))))


main()

"""A line with a CT machine: every parcel ends as its verdict says.

KOUAN_CT_PARCELS asks for more parcels than the few of a normal run; 1,000 is the whole scenario.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from firmware_sim.hosts.ct_server import CtServer
from firmware_sim.models.ct_machine import CtMachine
from firmware_sim.xray.machine import scan_files, scan_uid
from gateway.ct_bridge import CtBridge
from tests.support.api import PASSWORD
from tests.support.inspection import AT, MACHINE, calibration, picture
from tests.support.served import serve_api
from wms.access.add_person import AddPerson, add_person
from wms.command.refusals import CONSTRAINTS
from wms.inbound.announce import Announce, announce
from wms.inbound.read_manifest import read_manifest
from wms.inspection.expire_scans import expire_scans
from wms.inspection.tables import opening, review, scan, verdict
from wms.kit.actor import SYSTEM
from wms.kit.db import Database
from wms.kit.seal import Seal
from wms.parcels.tables import parcel
from wms.proof.prove import prove

pytestmark = [pytest.mark.anyio, pytest.mark.servers, pytest.mark.scenario]
PARCELS = int(os.environ.get("KOUAN_CT_PARCELS", "24"))
BELT_S = 12.0
GAP_S = float(os.environ.get("KOUAN_CT_GAP_S", "0.45"))
PLANTED_EVERY = 6
LIBRARY = [("apparel", 0.0), ("food", 0.0), ("glassware", 0.0), ("electronics", 0.0)]
PLANTED = ("apparel", 900.0)
LANE_OF = {"RELEASE": "R", "UNPACK": "U", "RESCAN": "S"}
HEADER = "waybill_no,destination,service,weight_g,pieces,goods,hs_code,consignee_name,consignee_phone\n"


@dataclass
class Person:
    """A simulated reviewer: marks what an alarm points at, sees most else as clear, is sometimes slow or in doubt."""

    client: httpx.AsyncClient
    dice: random.Random
    done: Counter[str] = field(default_factory=Counter)

    async def work(self) -> None:
        while True:
            answer = await self.client.post("/api/v1/inspection/reviews/take")
            told = answer.json() if answer.status_code == 200 else {}
            if not told.get("review"):
                await asyncio.sleep(0.15)
                continue
            await self._look(told["review"])

    async def _look(self, task: dict[str, Any]) -> None:
        path = f"/api/v1/inspection/reviews/{task['id']}"
        seen = await self.client.get(f"{path}/view.png")
        if seen.status_code != 200:
            return
        await self.client.post(f"{path}/painted")
        if self.dice.random() < 0.04:  # away from the desk: the belt runs on
            self.done["slow"] += 1
            await asyncio.sleep(task["left_s"] + 0.2)
        answer = await self.client.post(f"{path}/decide", json=self._decision(task))
        self.done[answer.json().get("verdict") or answer.json().get("code") or "projected"] += 1

    def _decision(self, task: dict[str, Any]) -> dict[str, Any]:
        boxes = [one["region"] for one in task["findings"] if one["is_alarm"] and one["region"]]
        if boxes and self.dice.random() < 0.9:
            return {"decision": "suspect", "category": "contraband", "boxes": boxes}
        drawn = self.dice.random()
        return {"decision": "unreadable" if drawn < 0.04 else "escalate" if drawn < 0.07 else "clear"}


class Hall:
    """The served warehouse, the machine and its bridge, and the people."""

    def __init__(self, base: str, db: Database, folder: Path) -> None:
        self.base = base
        self.db = db
        self.ct = CtServer(CtMachine(belt_s=BELT_S), folder)
        self.clients: list[httpx.AsyncClient] = []
        self.jobs: list[asyncio.Task[Any]] = []
        self.planted: set[str] = set()
        self.codes: dict[str, str] = {}

    async def person(self, name: str) -> httpx.AsyncClient:
        client = httpx.AsyncClient(base_url=self.base, timeout=60)
        self.clients.append(client)
        answer = await client.post("/api/v1/sessions", json={"name": name, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
        return client

    async def start(self) -> None:
        boss = await self.person("boss")
        body = {"site": "SFH-S", "name": "ct1", "second_share": 0.1, "tip_share": 0.1, "calibration": calibration()}
        answer = await boss.post("/api/v1/inspection/scanners", json=body)
        assert answer.status_code == 200, answer.text
        port = await self.ct.server.listen(0)
        self.bridge = CtBridge(await self.person("machine"), self.ct.share, "SFH-S", "ct1")
        people = [Person(await self.person(name), random.Random(name)) for name in ("one", "two", "leader")]
        work = [self.ct.run(), self.bridge.run("127.0.0.1", port), self.clock(), *(one.work() for one in people)]
        self.jobs = [asyncio.create_task(one) for one in work]
        self.people = people
        await asyncio.sleep(0.3)

    async def clock(self) -> None:
        while True:
            await asyncio.sleep(0.3)
            await self.db.run(expire_scans, None, actor=SYSTEM)

    async def stop(self) -> None:
        for job in self.jobs:
            job.cancel()
        await asyncio.gather(*self.jobs, return_exceptions=True)
        self.ct.server.close()
        for client in self.clients:
            await client.aclose()

    async def run(self, codes: list[str]) -> None:
        """Send parcels over the belt, one after the other, and those that were not readable once more."""
        again = await self._send(codes, 1)
        await self._send(again, len(codes) + 1)

    async def _send(self, codes: list[str], first: int) -> list[str]:
        for number, code in enumerate(codes, first):
            tid = f"t{number}"
            content = PLANTED if number % PLANTED_EVERY == 0 and number <= PARCELS else LIBRARY[number % len(LIBRARY)]
            if content == PLANTED:
                self.planted.add(tid)
            self.codes[tid] = code
            self.ct.machine.arc = number % 17 == 5
            seen = picture(number % len(LIBRARY), *content)
            files = scan_files(MACHINE, seen, tid, number, AT)
            self.ct.induct(tid, scan_uid(MACHINE, number), code, files)
            for job in self.jobs:
                assert not job.done(), job
            await asyncio.sleep(GAP_S)
        for _ in range(int(BELT_S / 0.1) + 50):
            if not self.ct.machine.on_belt:
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.6)  # the clock of the warehouse
        return [self.codes[tid] for tid, lane in self.ct.machine.lanes.items() if lane == "S" and int(tid[1:]) >= first]


async def _plant(db: Database) -> list[str]:
    for name, role in (("boss", "administrator"), ("machine", "integration"), ("leader", "shift_leader")):
        await db.run(add_person, AddPerson(name=name, password=PASSWORD, role=role), actor=SYSTEM)
    for name in ("one", "two"):
        await db.run(add_person, AddPerson(name=name, password=PASSWORD, role="image_reviewer"), actor=SYSTEM)
    codes = [f"KS{number:08d}" for number in range(PARCELS)]
    data = (HEADER + "".join(f"{code},MOW,EXP,1200,1,Shirts,610910,,\n" for code in codes)).encode()
    command = Announce("SFH-S", "m.csv", data, read_manifest(data, "m.csv"), Seal(b"k" * 32))
    await db.run(announce, command, actor=SYSTEM)
    return codes


@pytest.fixture
async def hall(database_url: str, tmp_path: Path) -> AsyncIterator[Hall]:
    db = Database(database_url, refusals=CONSTRAINTS)
    (tmp_path / "share").mkdir()
    with serve_api(database_url, tmp_path / "home") as base:
        one = Hall(base, db, tmp_path / "share")
        yield one
        await one.stop()
    await db.close()


async def test_every_parcel_ends_as_its_verdict_says(hall: Hall):
    """Planted items, tube arcs, slow reviewers and second looks: the lane of every parcel is that of its verdict when it
    passed, nothing was released without a look or after a timeout, and the proof agrees."""
    codes = await _plant(hall.db)
    await hall.start()
    await hall.run(codes)
    lanes = hall.ct.machine.lanes
    async with hall.db.read() as conn:
        scans = {row.tid: row for row in await conn.execute(sa.select(scan))}
        given = (await conn.execute(sa.select(verdict).order_by(verdict.c.id))).all()
        shut = {row.waybill_no: row.blocked_by is not None for row in await conn.execute(sa.select(parcel))}
        looks = (await conn.execute(sa.select(review))).all()
        waiting = await conn.scalar(sa.select(sa.func.count()).select_from(opening).where(opening.c.state == "open"))
    async with hall.db.read() as conn:
        proof = await prove(conn)
    assert proof.first == []
    assert lanes.keys() == scans.keys() == hall.codes.keys()
    last = {row.scan_id: row for row in given}
    for tid, row in scans.items():
        assert last[row.id].verdict in LANE_OF, tid
        assert lanes[tid] == LANE_OF[last[row.id].verdict], tid
        assert row.timed_out_at is None or lanes[tid] == "U"
        assert row.state == "released" or shut[hall.codes[tid]] or row.state == "rescan"
    said = Counter(lanes.values())
    caught = [tid for tid in hall.planted if lanes[tid] != "R"]
    print(
        f"{len(lanes)} passages of {PARCELS} parcels: {dict(said)}, timeouts "
        f"{sum(row.timed_out_at is not None for row in scans.values())}, looks {len(looks)}, planted caught "
        f"{len(caught)}/{len(hall.planted)}, waiting for opening {waiting}, late verdicts {hall.ct.machine.late}"
    )
    assert said["R"] > 0
    assert said["U"] > 0

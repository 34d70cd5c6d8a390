"""Planning over HTTP: a file becomes a refereed proposal, bookings, and a replan when the field tells of a delay."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from tests.support.api import Api, open_api
from wms.kit.actor import SYSTEM
from wms.kit.db import Database
from wms.kit.facts import fact
from wms.transport.run_job import run_next, take_job
from wms.transport.tables import plan_job, plan_proposal

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
HEADER = "shipment,origin,destination,ready,due,weight_kg,volume_m3\n"
DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)


def goods(count: int = 12, *, due_days: int = 40) -> bytes:
    """Shipments from Xi'an and Harbin to Moscow and Duisburg, ready over a week."""
    ways = ("XIY,DUI", "XIY,MOW", "HRB,MOW")
    due = f"{DAY + timedelta(days=due_days):%Y-%m-%d}"
    rows = [
        f"S{n},{ways[n % 3]},{DAY + timedelta(days=n % 7):%Y-%m-%d},{due},{3000 + 500 * n},{15 + n}"
        for n in range(count)
    ]
    return (HEADER + "\n".join(rows)).encode()


class Desk:
    """A planner's desk, with a worker that runs what waits."""

    def __init__(self, api: Api, db: Database) -> None:
        self.api = api
        self.db = db

    async def call(self, method: str, path: str, who: str = "admin", **more: Any) -> httpx.Response:
        return await self.api.client.request(method, f"/api/v1{path}", headers=self.api.as_(who), **more)

    async def ok(self, method: str, path: str, **more: Any) -> Any:
        answer = await self.call(method, path, **more)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def queue(self, data: bytes = b"", seconds: float = 1) -> str:
        files = {"file": ("goods.csv", data or goods())}
        return str((await self.ok("POST", f"/plan-jobs?seconds={seconds}", files=files))["id"])

    async def finish(self, job: str) -> dict[str, Any]:
        while await run_next(self.db):
            pass
        return dict(await self.ok("GET", f"/plan-jobs/{job}"))

    async def plan(self, data: bytes = b"") -> str:
        job = await self.finish(await self.queue(data))
        assert job["state"] == "done", job["error"]
        return str(job["proposal_id"])


@pytest.fixture
async def desk(database_url: str, db: Database) -> AsyncIterator[Desk]:
    async with open_api(database_url) as api:
        yield Desk(api, db)


async def test_a_file_becomes_a_refereed_proposal(desk: Desk):
    """Every shipment has an answer, the gap is proved, and why is told in codes."""
    job = await desk.finish(await desk.queue())
    assert job["state"] == "done"
    assert job["progress"][-1]["gap"] is not None
    proposal = await desk.ok("GET", f"/plan-proposals/{job['proposal_id']}")
    assert proposal["summary"]["shipments"] == 12
    assert 0 <= proposal["summary"]["gap"] < 1
    assert all(line["units"] <= line["slots"] for line in proposal["departures"])
    page = await desk.ok("GET", f"/plan-proposals/{job['proposal_id']}/shipments", params={"limit": 5})
    assert [line["shipment"] for line in page["items"]] == [f"S{n}" for n in range(5)]
    page = await desk.ok("GET", f"/plan-proposals/{job['proposal_id']}/shipments", params={"after": page["next"]})
    assert len(page["items"]) == 7
    why = await desk.ok("GET", f"/plan-proposals/{job['proposal_id']}/why", params={"shipment": "S1"})
    assert why["why"][0]["code"] == "rides"
    assert why["alternatives"]


async def test_a_wrong_file_is_refused_at_the_door(desk: Desk):
    """Row and column of every fault, and no job: nothing is half planned."""
    bad = goods().replace(b"S4,XIY", b"S4,NOWHERE")
    answer = await desk.call("POST", "/plan-jobs", files={"file": ("goods.csv", bad)})
    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "plan_file_refused")
    assert (body["params"]["row"], body["params"]["column"], body["params"]["why"]) == (6, "origin", "unknown_hub")
    assert (await desk.ok("GET", "/plan-jobs"))["items"] == []


async def test_a_version_of_the_network_is_whole_or_not_at_all(desk: Desk):
    """Plans made on an old version keep it; a wrong cell leaves the newest version what it was."""
    (first,) = await desk.ok("GET", "/transport-networks")
    tables = (await desk.ok("GET", f"/transport-networks/{first['version']}"))["tables"]
    bad = tables["services"].replace(",XIY,ALK,", ",XIY,NOWHERE,", 1)
    answer = await desk.call("POST", "/transport-networks", json={"tables": {"services": bad}})
    assert (answer.status_code, answer.json()["code"]) == (422, "network_refused")
    assert answer.json()["params"]["column"] == "destination"
    units = tables["units"].replace("26500", "26000")
    saved = await desk.ok("POST", "/transport-networks", json={"tables": {"units": units}, "note": "lighter"})
    assert saved["version"] == 2
    assert (await desk.ok("GET", "/transport-networks/2"))["tables"]["services"] == tables["services"]
    assert (await desk.ok("GET", "/transport-networks/1"))["tables"] == tables
    hubs = await desk.ok("GET", "/transport-networks/1/hubs")
    assert {"SFH", "MOW"} <= {hub["code"] for hub in hubs}


async def test_accepting_books_and_takes_units_once(desk: Desk):
    """Bookings are the legs; a second decision is refused; what is booked is not offered again."""
    id = await desk.plan()
    accepted = await desk.ok("POST", f"/plan-proposals/{id}/accept")
    bookings = (await desk.ok("GET", "/bookings", params={"limit": 500}))["items"]
    assert len(bookings) == accepted["bookings"] > 12
    again = await desk.call("POST", f"/plan-proposals/{id}/accept")
    assert (again.status_code, again.json()["code"]) == (409, "plan_decided")
    departure = bookings[0]["departure"]
    loaded = (await desk.ok("GET", "/bookings", params={"departure": departure}))["items"]
    assert {one["departure"] for one in loaded} == {departure}
    other = await desk.queue()
    async with desk.db.read() as conn:
        given = await conn.scalar(sa.select(plan_job.c.given).where(plan_job.c.id == other))
        kinds = list(await conn.scalars(sa.select(fact.c.kind).where(fact.c.kind.startswith("plan."))))
    assert departure in given["booked"]
    assert kinds == ["plan.queued", "plan.finished", "plan.accepted", "plan.queued"]


async def test_two_plans_cannot_take_the_same_last_units(desk: Desk):
    """Both were made before either was accepted; the second is refused by the departure that is full."""
    data = (HEADER + f"A,XIY,DUI,{DAY:%Y-%m-%d},{DAY + timedelta(days=35):%Y-%m-%d},300000,850\n").encode()
    first, second = await desk.queue(data), await desk.queue(data)
    ids = [(await desk.finish(job))["proposal_id"] for job in (first, second)]
    await desk.ok("POST", f"/plan-proposals/{ids[0]}/accept")
    answer = await desk.call("POST", f"/plan-proposals/{ids[1]}/accept")
    assert (answer.status_code, answer.json()["code"]) == (409, "departure_full")
    assert (await desk.ok("GET", f"/plan-proposals/{ids[1]}"))["state"] == "open"


async def test_an_edit_pins_one_shipment_and_moves_nobody_else(desk: Desk):
    """A planner's hand counts: the pinned shipment rides where it was put, and the comparison shows only it."""
    id = await desk.plan()
    why = await desk.ok("GET", f"/plan-proposals/{id}/why", params={"shipment": "S2"})
    wanted = why["alternatives"][0]["departures"]
    job = await desk.ok("POST", f"/plan-proposals/{id}/edits", json={"moves": {"S2": wanted}})
    done = await desk.finish(job["id"])
    assert done["state"] == "done", done["error"]
    told = await desk.ok("GET", f"/plan-proposals/{id}/compare/{done['proposal_id']}")
    assert [(one["shipment"], one["there"]) for one in told["differences"]] == [("S2", wanted)]


async def test_a_forbidden_departure_is_ridden_by_nobody(desk: Desk):
    """And an edit that breaks a rule is refused by name."""
    id = await desk.plan()
    gone = (await desk.ok("GET", f"/plan-proposals/{id}"))["departures"][0]["departure"]
    job = await desk.ok("POST", f"/plan-proposals/{id}/edits", json={"forbid": [gone]})
    done = await desk.finish(job["id"])
    shown = await desk.ok("GET", f"/plan-proposals/{done['proposal_id']}")
    assert gone not in {line["departure"] for line in shown["departures"]}
    job = await desk.ok("POST", f"/plan-proposals/{id}/edits", json={"moves": {"S0": [gone, gone]}})
    failed = await desk.finish(job["id"])
    assert (failed["state"], failed["error"]["code"]) == ("failed", "plan_edit_refused")


async def test_a_delay_from_the_field_queues_a_replan(desk: Desk):
    """Goods that would miss their connection are planned anew; legs under way stay as they are."""
    id = await desk.plan()
    await desk.ok("POST", f"/plan-proposals/{id}/accept")
    legs = (await desk.ok("GET", "/bookings", params={"shipment": "S1"}))["items"]
    name = legs[0]["departure"]
    await desk.ok("POST", f"/transport-departures/{name}/report", json={"state": "departed"})
    told = await desk.ok("POST", f"/transport-departures/{name}/report", json={"state": "departed", "delay_min": 6000})
    (job,) = told["replans"]
    done = await desk.finish(job)
    assert done["state"] == "done", done["error"]
    held = await desk.ok("GET", f"/plan-proposals/{done['proposal_id']}/why", params={"shipment": "S1"})
    assert held["line"]["origin"] != "XIY"
    assert name not in [leg["departure"] for leg in held["line"]["legs"]]
    await desk.ok("POST", f"/plan-proposals/{done['proposal_id']}/accept")
    after = (await desk.ok("GET", "/bookings", params={"shipment": "S1"}))["items"]
    assert after[0]["departure"] == name
    assert [one["departure"] for one in after[1:]] == [leg["departure"] for leg in held["line"]["legs"]]
    back = await desk.call("POST", f"/transport-departures/{name}/report", json={"state": "planned"})
    assert back.json()["code"] == "departure_left"


async def test_a_job_is_cancelled_or_stopped_by_a_person(desk: Desk):
    """Stop keeps the best plan so far, cancel keeps nothing; an ended job cannot be asked again."""
    job = await desk.queue(seconds=600)
    await desk.ok("POST", f"/plan-jobs/{job}/stop")
    assert (await desk.finish(job))["state"] == "done"
    again = await desk.call("POST", f"/plan-jobs/{job}/cancel")
    assert again.json()["code"] == "plan_job_ended"
    other = await desk.queue()
    await desk.ok("POST", f"/plan-jobs/{other}/cancel")
    ended = await desk.finish(other)
    assert (ended["state"], ended["proposal_id"]) == ("cancelled", None)


async def test_a_job_of_a_dead_worker_is_taken_over_once_and_then_given_up(desk: Desk):
    """A job that kills its worker must not kill every worker."""
    job = await desk.queue()
    for _ in range(3):
        await desk.db.run(take_job, UUID(int=7), actor=SYSTEM)
        async with desk.db.engine.begin() as conn:
            await conn.execute(plan_job.update().values(leased_until=DAY - timedelta(days=9)))
    found = await desk.ok("GET", f"/plan-jobs/{job}")
    assert (found["state"], found["error"]["code"]) == ("failed", "plan_worker_died")


async def test_a_plan_that_the_referee_does_not_pass_is_not_shown(desk: Desk):
    """Stored routes that no longer add up are worse than no plan."""
    id = await desk.plan()
    async with desk.db.engine.begin() as conn:
        await conn.execute(plan_proposal.update().values(cost=plan_proposal.c.cost + 1))
    answer = await desk.call("GET", f"/plan-proposals/{id}")
    assert (answer.status_code, answer.json()["code"]) == (409, "plan_not_refereed")


async def test_only_planners_of_the_whole_house_plan(desk: Desk):
    """Readers read, and who sees only some owners' goods sees no plan."""
    assert (await desk.call("GET", "/plan-jobs", who="auditor")).status_code == 200
    for who in ("receiver", "viewer"):
        answer = await desk.call("GET", "/plan-jobs", who=who)
        assert (answer.status_code, answer.json()["params"]["right"]) == (403, "transport.read")
    assert (
        await desk.call("POST", "/transport-networks", who="leader", json={"tables": {"units": "x"}})
    ).status_code == 403

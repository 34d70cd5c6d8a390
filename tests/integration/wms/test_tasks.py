"""Work for many hands (capability row 52): nobody gets what another has, and nothing stays with a dead handheld."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from tests.support.api import Api, open_api
from tests.support.clocks import at
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.stock.tables import location, place
from wms.tasks.add_tasks import NewTask, add_tasks
from wms.tasks.complete_task import cancel_tasks
from wms.tasks.tables import task

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

SITE = "SFH-S"


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


def clock_of(api: Api) -> Database:
    found: Database = api.client._transport.app.state.services.db  # type: ignore[attr-defined] # httpx keeps it there
    return found


async def add(db: Database, *tasks: NewTask) -> list[UUID]:
    async def verb(tx: Tx, command: list[NewTask]) -> list[UUID]:
        return await add_tasks(tx, command)

    return await db.run(verb, list(tasks), actor=SYSTEM)


async def add_bins(db: Database, *path_orders: int) -> None:
    async def verb(tx: Tx, _: None) -> None:
        for order in path_orders:
            id = tx.new_id()
            await tx.conn.execute(place.insert().values(id=id, kind="location"))
            values = {"id": id, "site": SITE, "name": f"T-{order:04}", "kind": "storage", "virtual": False}
            await tx.conn.execute(location.insert().values(**values, path_order=order, zone="T"))

    await db.run(verb, None, actor=SYSTEM)


async def take(api: Api, who: str = "receiver", **body: object):
    answer = await api.client.post("/api/v1/tasks/take", headers=api.as_(who), json={"site": SITE} | body)
    assert answer.status_code == 200, answer.text
    return answer.json()["task"]


async def act(api: Api, who: str, id: str, verb: str, **body: object):
    return await api.client.post(f"/api/v1/tasks/{id}/{verb}", headers=api.as_(who), json=body)


async def test_fifty_handhelds_that_ask_at_once_get_fifty_different_tasks(api: Api, db: Database):
    """Two people sent to one bin is the failure that makes a floor distrust its system."""
    await add_bins(db, *range(0, 200, 10))
    bins = list(await _ids(db))
    await add(db, *(NewTask("pick", SITE, location_id=bins[n % len(bins)]) for n in range(2_000)))
    await take(api)  # the pool is warm, as it is on a floor at work
    slow: list[float] = []

    async def ask(number: int) -> str:
        began = time.perf_counter()
        near = {"near": f"T-{number % 20 * 10:04}"} if number % 2 else {}
        got = await take(api, "receiver" if number % 3 else "leader", kinds=["pick"], **near)
        slow.append(time.perf_counter() - began)
        assert got is not None
        return str(got["id"])

    for _ in range(2):
        got = await asyncio.gather(*(ask(number) for number in range(50)))
        assert len(set(got)) == 50
    print(f"50 askers: slowest {max(slow) * 1000:.0f} ms, one process and its client on one core")
    assert max(slow) < 30  # how fast is for `make bench-floor`


async def _ids(db: Database) -> list[UUID]:
    async with db.read() as conn:
        return list(
            await conn.scalars(sa.select(location.c.id).where(location.c.name.like("T-%")).order_by(location.c.name))
        )


async def test_a_dead_handhelds_task_comes_back_after_its_lease(api: Api, db: Database):
    """A battery that dies in the freezer must not keep an order from leaving."""
    await add(db, NewTask("pick", SITE, by_hand=True))
    clock_of(api).clock = lambda: at(0)
    mine = await take(api, "receiver", lease_s=300, device="HH-07")
    assert (mine["state"], mine["device"]) == ("leased", "HH-07")
    assert await take(api, "leader") is None
    clock_of(api).clock = lambda: at(0) + timedelta(seconds=299)
    assert await take(api, "leader") is None
    clock_of(api).clock = lambda: at(0) + timedelta(seconds=301)
    again = await take(api, "leader")
    assert again["id"] == mine["id"]
    late = await act(api, "receiver", mine["id"], "complete")
    assert (late.status_code, late.json()["code"]) == (409, "task_taken_over")
    assert (await act(api, "leader", mine["id"], "complete")).status_code == 200


async def test_a_slow_hand_may_finish_what_nobody_else_took(api: Api, db: Database):
    """The work was done; refusing it because of the clock alone would make somebody do it twice."""
    await add(db, NewTask("pick", SITE, by_hand=True))
    clock_of(api).clock = lambda: at(0)
    mine = await take(api)
    clock_of(api).clock = lambda: at(3600)
    assert (await act(api, "receiver", mine["id"], "renew")).status_code == 200
    assert await take(api, "leader") is None
    clock_of(api).clock = lambda: at(9000)
    assert (await act(api, "receiver", mine["id"], "complete", result={"note": "late"})).status_code == 200
    twice = await act(api, "receiver", mine["id"], "complete")
    assert twice.json()["code"] == "task_closed"


async def test_the_most_urgent_comes_first_and_then_the_nearest(api: Api, db: Database):
    """A cut-off outweighs the way; among equals the person walks least, whatever kind of work it is."""
    await add_bins(db, 10, 20, 30, 40)
    bins = dict(zip(("10", "20", "30", "40"), await _ids(db), strict=True))
    far = NewTask("pick", SITE, location_id=bins["40"], due_at=at(100))
    later = [NewTask("pick", SITE, location_id=bins[one], due_at=at(900)) for one in ("10", "20")]
    near = NewTask("putaway", SITE, location_id=bins["30"], due_at=at(900))
    urgent = NewTask("pick", SITE, priority=5, due_at=at(5_000))
    await add(db, *later, near, far, urgent)
    got = [await take(api, near="T-0030") for _ in range(5)]
    assert [one["location"] for one in got] == [None, "T-0040", "T-0030", "T-0020", "T-0010"]
    assert await take(api) is None


async def test_kinds_and_zones_narrow_what_is_offered(api: Api, db: Database):
    """A forklift driver is not sent to count a shelf, nor into the freezer without a coat."""
    await add(db, NewTask("count", SITE, zone="A"), NewTask("pick", SITE, zone="B"), NewTask("pick", SITE, zone="A"))
    got = await take(api, kinds=["pick"], zones=["A"])
    assert (got["kind"], got["zone"]) == ("pick", "A")
    assert await take(api, kinds=["pick"], zones=["A"]) is None


async def test_ten_triggers_at_once_make_one_task(db: Database):
    """Ten picks that empty one bin all ask for its replenishment; one pallet comes."""
    one = NewTask("replenish", SITE, dedupe_key="replenish/T-0010")
    made = await asyncio.gather(*(add(db, one) for _ in range(10)))
    assert sum(map(len, made)) == 1

    async def cancel(tx: Tx, id: UUID) -> int:
        await tx.conn.execute(task.update().where(task.c.id == id).values(subject_id=id))
        return await cancel_tasks(tx, subject_ids=[id])

    assert await db.run(cancel, next(ids[0] for ids in made if ids), actor=SYSTEM) == 1
    assert len(await add(db, one)) == 1, "once it is finished, the next trigger counts"


async def test_a_task_whose_work_is_a_posting_is_not_ticked_off_by_word(api: Api, db: Database):
    """A put-away finished by a button alone would leave the goods at the dock in the books."""
    await add(db, NewTask("putaway", SITE))
    mine = await take(api)
    refused = await act(api, "receiver", mine["id"], "complete")
    assert (refused.status_code, refused.json()["code"]) == (409, "task_needs_its_work")


async def test_release_reassign_and_cancel(api: Api, db: Database):
    """What a person gives back is free; what a shift leader assigns is offered to that person alone."""
    await add(db, NewTask("move", SITE, by_hand=True))
    mine = await take(api)
    assert (await act(api, "leader", mine["id"], "release")).json()["code"] == "task_taken_over"
    assert (await act(api, "receiver", mine["id"], "release")).json()["state"] == "open"
    assert (await act(api, "receiver", mine["id"], "reassign", person="leader")).status_code == 403
    assert (await act(api, "leader", mine["id"], "reassign", person="nobody")).json()["code"] == "unknown_person"
    assert (await act(api, "leader", mine["id"], "reassign", person="elsewhere")).json()["code"] == "unknown_person"
    assert (await act(api, "leader", mine["id"], "reassign", person="leader")).status_code == 200
    assert await take(api, "receiver") is None
    assert (await act(api, "receiver", mine["id"], "complete")).json()["code"] == "task_taken_over"
    assert (await take(api, "leader"))["id"] == mine["id"]
    assert (await act(api, "leader", mine["id"], "cancel")).json()["state"] == "cancelled"
    assert (await act(api, "leader", mine["id"], "complete")).json()["code"] == "task_closed"


async def test_tasks_of_another_site_are_not_there(api: Api, db: Database):
    """Rights end at the site, for reading as for taking."""
    [id] = await add(db, NewTask("move", SITE, by_hand=True))
    await add(db, NewTask("move", SITE, by_hand=True))
    refused = await api.client.post("/api/v1/tasks/take", headers=api.as_("elsewhere"), json={"site": SITE})
    assert refused.status_code == 404
    assert (await api.get("/api/v1/tasks", "elsewhere")).json()["items"] == []
    assert (await api.get(f"/api/v1/tasks/{id}", "elsewhere")).status_code == 404
    for verb in ("renew", "release", "complete", "cancel"):
        assert (await act(api, "elsewhere", str(id), verb)).status_code == 404, verb
    first = (await api.get("/api/v1/tasks", "receiver", site=SITE, limit=1)).json()
    second = (await api.get("/api/v1/tasks", "receiver", site=SITE, limit=1, after=first["next"])).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (1, 1, None)
    assert (await api.get("/api/v1/tasks", "receiver", after="x")).status_code == 422

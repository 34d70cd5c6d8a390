"""A handheld after half an hour without a network: it sends its queue, some of it twice, into a house that went on."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from tests.support.api import Api, open_api
from tests.support.goods import Goods
from tests.support.people import sign_in
from wms.imports.item_rows import ItemRows
from wms.imports.row_kind import ImportScope
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.kit.ids import uuid7

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
BINS, SCANS = 10, 500


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


def scan(source: int, target: int, quantity: int = 1, **more: object) -> dict[str, object]:
    names = {"from": f"Q-{source:02}", "to": f"Q-{target:02}"}
    return {"owner": "FUNGI", "sku": "QUEUED", "quantity": str(quantity), **names, **more}


async def prepare(api: Api, db: Database) -> Goods:
    goods = Goods(db)
    for bin in range(BINS):
        await goods.bring(await goods.key(await goods.place(f"Q-{bin:02}"), await goods.item("QUEUED")), 100)
    await sign_in(api, db, "walker", "picker", sites=[goods.site])
    return goods


async def send(api: Api, goods: Goods, body: dict[str, object], key: str):
    headers = api.as_("walker") | {"Idempotency-Key": key}
    return await api.client.post(f"/api/v1/sites/{goods.site}/stock/moves", json=body, headers=headers)


async def test_a_queue_of_500_scans_loses_nothing_doubles_nothing_and_lists_its_conflicts(api: Api, db: Database):
    """Row 49: sent in order, each up to three times, against stock that moved meanwhile: one effect each, or a reason."""
    goods = await prepare(api, db)
    rng = random.Random(49)
    began = datetime.now(UTC) - timedelta(minutes=30)
    queue = []
    for number in range(SCANS):
        source, target = rng.sample(range(BINS), 2)
        at = began + timedelta(seconds=3 * number)
        queue.append((str(uuid7(at)), scan(source, target, rng.randint(1, 5), happened_at=at.isoformat())))
    # Meanwhile others emptied three bins.
    for bin in range(3):
        answer = await send(api, goods, scan(bin, 9, 100), f"meanwhile-{bin}")
        assert answer.status_code == 201
    outcomes: dict[str, tuple[int, str]] = {}
    for key, body in queue:
        answers = [await send(api, goods, body, key) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
        assert len({answer.text for answer in answers if answer.status_code == 201}) <= 1
        last = answers[-1]
        outcomes[key] = (last.status_code, "" if last.status_code == 201 else last.json()["code"])
    counted = Counter(outcomes.values())
    assert sum(counted.values()) == SCANS
    assert set(counted) == {(201, ""), (409, "insufficient_stock")}
    posted = counted[201, ""]
    async with db.read() as conn:
        entries = await conn.scalar(sa.text("SELECT count(*) FROM stock_entry WHERE cause = 'move'"))
        total = await conn.scalar(sa.text("SELECT sum(quantity) FROM stock"))
        oldest = await conn.scalar(sa.text("SELECT min(happened_at) FROM stock_entry WHERE cause = 'move'"))
    assert (entries, total) == (posted + 3, BINS * 100)
    assert abs(oldest - began) < timedelta(minutes=2)  # told late, kept with the time of the scan


async def test_a_scan_sent_ten_times_is_one_entry_and_one_answer(api: Api, db: Database):
    """Row 50: the same key and command ten times, also at once: one entry in the journal, ten times the same answer."""
    goods = await prepare(api, db)
    answers = await asyncio.gather(*(send(api, goods, scan(1, 2), "the same key") for _ in range(10)))
    assert [answer.status_code for answer in answers] == [201] * 10
    assert len({answer.text for answer in answers}) == 1
    other = await send(api, goods, scan(1, 3), "the same key")
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    async with db.read() as conn:
        assert await conn.scalar(sa.text("SELECT count(*) FROM stock_entry WHERE cause = 'move'")) == 1


async def test_an_import_in_the_middle_of_its_chunk_holds_up_no_scan(api: Api, db: Database):
    """Row 53: while an import has changed articles and not committed, a scan of such an article to a new bin goes through."""
    goods = await prepare(api, db)
    await goods.place("Q-99")
    kind = ItemRows()
    rows = [kind.parse({"sku": f"IMPORTED-{n}", "name_en": "Imported"}) for n in range(250)]
    rows.append(kind.parse({"sku": "QUEUED", "name_en": "Changed by the import", "weight_g": "250"}))
    half_way, done = asyncio.Event(), asyncio.Event()

    async def chunk(tx: Tx, _: None) -> None:
        await kind.apply(tx, rows, ImportScope())  # type: ignore[arg-type]
        half_way.set()
        await done.wait()

    running = asyncio.create_task(db.run(chunk, None, actor=SYSTEM))
    await asyncio.wait_for(half_way.wait(), 20)
    try:
        answer = await asyncio.wait_for(send(api, goods, scan(1, 99), "during the import"), 5)
    finally:
        done.set()
        await running
    assert answer.status_code == 201

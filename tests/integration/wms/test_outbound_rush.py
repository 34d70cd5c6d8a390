"""Many hands on one floor: orders released, picked, found short, undone and cancelled at once (capability rows 14, 30, 52)."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from tests.support.api import Api, open_api
from tests.support.floor import Floor
from tests.support.goods import Goods
from wms.kit.db import Database

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
ARTICLES, ORDERS = 4, 36

_SUMS = {
    "a row is promised what its reservations say": """
        SELECT count(*) FROM stock s WHERE s.reserved <>
            (SELECT coalesce(sum(quantity), 0) FROM reservation r WHERE r.stock_id = s.id)""",
    "an open pick holds its whole rest": """
        SELECT count(*) FROM pick p JOIN reservation r ON r.id = p.reservation_id
        WHERE p.state = 'open' AND r.quantity <> p.quantity - p.picked""",
    "a line is reserved what its open picks hold": """
        SELECT count(*) FROM outbound_line l WHERE l.reserved <>
            (SELECT coalesce(sum(quantity - picked), 0) FROM pick p WHERE p.line_id = l.id AND p.state = 'open')""",
    "a line has picked what lies in totes or has left": """
        SELECT count(*) FROM outbound_line l WHERE l.picked - l.shipped <>
            (SELECT coalesce(sum(quantity), 0) FROM picked_goods g WHERE g.line_id = l.id
             AND g.state IN ('picked', 'packed'))""",
    "what is in hand is reserved in the ledger": """
        SELECT count(*) FROM picked_goods g JOIN reservation r ON r.id = g.reservation_id
        WHERE g.state IN ('picked', 'packed') AND r.quantity <> g.quantity""",
    "no reservation is anybody's but a pick's or a tote's": """
        SELECT count(*) FROM reservation r WHERE r.quantity > 0
        AND NOT EXISTS (SELECT FROM pick p WHERE p.reservation_id = r.id AND p.state = 'open')
        AND NOT EXISTS (SELECT FROM picked_goods g WHERE g.reservation_id = r.id AND g.state IN ('picked', 'packed'))""",
}


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


async def _life(floor: Floor, id: str, rng: random.Random, statuses: list[int]) -> None:
    """One order's way through the house, with the mishaps of a day."""

    async def ask(path: str, body: object = None) -> None:
        statuses.append((await floor.ask(path, body)).status_code)

    await ask(f"/orders/{id}/release")
    tote = f"TOTE-{id}"
    for _ in range(6):
        picks = await floor.picks(id)
        what = rng.choice(("pick", "pick", "pick", "short", "undo", "allocate", "cancel", "ship"))
        if what == "pick" and picks:
            one = rng.choice(picks)
            await ask(f"/picks/{one['id']}/confirm", Floor.scans(one, tote, quantity="1"))
        elif what == "short" and picks:
            await ask(f"/picks/{rng.choice(picks)['id']}/short")
        elif what == "undo":
            await ask(f"/orders/{id}/undo-pick")
        elif what == "allocate":
            await ask(f"/orders/{id}/allocate")
        elif what == "cancel":
            await ask(f"/orders/{id}/cancel", {"reason": "changed his mind"})
        elif what == "ship":
            await ask(f"/orders/{id}/ship-all")
    await ask(f"/orders/{id}/packages", {})


@pytest.mark.parametrize("seed", [1, 2])
async def test_whatever_many_hands_do_at_once_the_sums_agree(api: Api, db: Database, seed: int):
    """No request fails by an error of the server, and afterwards order, pick, reservation and stock tell one story."""
    floor, rng = Floor(api, Goods(db)), random.Random(seed)
    skus = [f"S-{n}" for n in range(ARTICLES)]
    for number, sku in enumerate(skus):
        for bin in range(3):
            await floor.goods.stock(sku, f"T-{number}-{bin}", 6)
    ids = [
        await floor.order({sku: rng.randint(1, 4) for sku in rng.sample(skus, 2)}, release=False) for _ in range(ORDERS)
    ]
    await floor.post("/totes", {"site": floor.goods.site, "labels": [f"TOTE-{id}" for id in ids]})
    statuses: list[int] = []
    for start in range(0, ORDERS, 12):
        await asyncio.gather(*(_life(floor, id, rng, statuses) for id in ids[start : start + 12]))
    assert max(statuses) < 500, sorted(set(statuses))
    async with db.read() as conn:
        for law, query in _SUMS.items():
            assert await conn.scalar(sa.text(query)) == 0, law
        shipped = await conn.scalar(sa.text("SELECT coalesce(sum(shipped), 0) FROM outbound_line"))
        left = await conn.scalar(sa.text("SELECT sum(quantity) FROM stock"))
    assert shipped + left == ARTICLES * 3 * 6

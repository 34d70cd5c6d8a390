"""Facts reach others: signed, in order, once they can be reached again, and nobody else's."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from tests.support.api import Api, open_api
from tests.support.goods import Goods
from tests.support.people import sign_in
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.kit.facts import fact, tell
from wms.kit.seal import Seal
from wms.webhooks.deliver import Deliverer, run_round
from wms.webhooks.feed_facts import feed_facts
from wms.webhooks.send import send, url_problem
from wms.webhooks.sign import sign
from wms.webhooks.subscribe import WebhookBody, WebhookDoor
from wms.webhooks.tables import feed, horizon

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
SEAL = Seal(b"k" * 32)


class Consumer:
    """A server on loopback that keeps what it is sent; `down` makes it refuse."""

    def __init__(self) -> None:
        self.received: list[dict] = []
        self.raw: list[tuple[dict[str, str], bytes]] = []
        self.down = False
        self.broken_subject: str | None = None

    async def __aenter__(self) -> "Consumer":
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hook"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(headers["content-length"]))
        told = json.loads(body)
        bad = self.down or told["subject"] == self.broken_subject
        if not bad:
            self.received.append(told)
            self.raw.append((headers, body))
        writer.write(b"HTTP/1.1 503 No\r\n\r\n" if bad else b"HTTP/1.1 204 Done\r\n\r\n")
        await writer.drain()
        writer.close()


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def clock() -> Clock:
    return Clock()


@pytest.fixture
async def ticking(database_url: str, clock: Clock) -> AsyncIterator[Database]:
    db = Database(database_url, clock=clock)
    yield db
    await db.close()


@pytest.fixture
async def consumer() -> AsyncIterator[Consumer]:
    async with Consumer() as one:
        yield one


async def say(db: Database, kind: str, subject: str, **scope: object) -> None:
    async def verb(tx: Tx, _: None) -> None:
        await tell(tx, kind, subject, **scope)  # type: ignore[arg-type]

    await db.run(verb, None, actor=SYSTEM)


async def hook(db: Database, url: str, *kinds: str, actor: object = SYSTEM) -> str:
    made = await db.run(WebhookDoor(SEAL, True).make, WebhookBody(url=url, kinds=list(kinds)), actor=actor)  # type: ignore[arg-type]
    return made.secret


async def settle(db: Database, deliverer: Deliverer) -> None:
    while await run_round(deliverer, db):
        pass


async def test_a_consumer_that_was_away_for_an_hour_gets_everything_in_order(
    ticking: Database, clock: Clock, consumer: Consumer
):
    """Row 67: down for an hour, then every fact once, for each subject in the order in which it happened."""
    deliverer = Deliverer(ticking, SEAL, allow_private=True, rng=random.Random(1))
    await hook(ticking, consumer.url, "order.")
    consumer.down = True
    for number in range(30):
        await say(ticking, f"order.step_{number // 5}", f"order-{number % 5}")
        await say(ticking, "load.departed", "not asked for")
        await settle(ticking, deliverer)
        clock.now += timedelta(minutes=2)
    assert consumer.received == []
    consumer.down = False
    for _ in range(15):
        clock.now += timedelta(minutes=10)
        await settle(ticking, deliverer)
    assert len(consumer.received) == 30
    for subject in {one["subject"] for one in consumer.received}:
        steps = [one["type"] for one in consumer.received if one["subject"] == subject]
        assert steps == [f"order.step_{n}" for n in range(6)]


async def test_one_subject_that_is_refused_does_not_hold_the_others(
    ticking: Database, clock: Clock, consumer: Consumer
):
    """Row 67: a consumer that chokes on one order gets the rest; after three days the one is given up."""
    deliverer = Deliverer(ticking, SEAL, allow_private=True, rng=random.Random(1))
    await hook(ticking, consumer.url)
    consumer.broken_subject = "bad"
    for subject in ("bad", "good", "fine"):
        await say(ticking, "order.created", subject)
    await settle(ticking, deliverer)
    assert {one["subject"] for one in consumer.received} == {"good", "fine"}
    for _ in range(30):
        clock.now += timedelta(hours=3)
        await settle(ticking, deliverer)
    async with ticking.read() as conn:
        dead = await conn.scalar(sa.text("SELECT count(*) FROM webhook_delivery WHERE dead_at IS NOT NULL"))
    assert dead == 1


async def test_a_request_is_signed_and_a_new_secret_overlaps(ticking: Database, clock: Clock, consumer: Consumer):
    """Row 67: the signature is over id, time and body; after a change both secrets sign for a day, then only the new one."""
    deliverer = Deliverer(ticking, SEAL, allow_private=True)
    first = await hook(ticking, consumer.url)
    async with ticking.read() as conn:
        id = await conn.scalar(sa.text("SELECT id FROM webhook"))
    second = (await ticking.run(WebhookDoor(SEAL, True).renew, id, actor=SYSTEM)).secret
    for hours, secrets in ((1, [second, first]), (24, [second])):
        clock.now += timedelta(hours=hours)
        await say(ticking, "order.created", f"o-{hours}")
        await settle(ticking, deliverer)
        headers, body = consumer.raw[-1]
        stamp = int(headers["webhook-timestamp"])
        assert stamp == int(clock.now.timestamp())
        expected = [sign(secret, headers["webhook-id"], stamp, body) for secret in secrets]
        assert headers["webhook-signature"].split(" ") == expected


async def test_a_fact_of_a_slow_transaction_is_not_overtaken_by_the_feed(ticking: Database):
    """A fact that commits late with an early id still reaches every reader: nothing appears behind a cursor."""
    async with ticking.engine.connect() as slow:
        await slow.execute(
            sa.text(
                "INSERT INTO fact (kind, subject, actor_id, recorded_at, data) "
                "VALUES ('order.created', 'slow', gen_random_uuid(), now(), '{}')"
            )
        )
        await say(ticking, "order.created", "quick")
        assert await ticking.run(feed_facts, None, actor=SYSTEM) == 0
        await slow.commit()
    await say(ticking, "order.created", "later")
    while await ticking.run(feed_facts, None, actor=SYSTEM):
        pass
    async with ticking.read() as conn:
        rows = await conn.scalars(
            sa.text(
                "SELECT subject FROM fact JOIN fact_feed ON fact.id = fact_id WHERE kind = 'order.created' ORDER BY seq"
            )
        )
        assert list(rows) == ["slow", "quick", "later"]


async def test_a_tenants_webhook_tells_of_his_goods_only(ticking: Database, consumer: Consumer):
    """Row 10: a webhook sees what its maker sees; a posting is told with the entries of that owner alone."""
    goods = Goods(ticking)
    mine, theirs = await goods.party("FUNGI"), await goods.party("CRAB")
    place, item = await goods.place(), await goods.item()
    tenant = replace(SYSTEM, owners=frozenset({mine}))
    deliverer = Deliverer(ticking, SEAL, allow_private=True)
    await hook(ticking, consumer.url, actor=tenant)
    await goods.bring(await goods.key(place, item, owner_id=mine), 5)
    await goods.bring(await goods.key(place, item, owner_id=theirs), 7)
    await settle(ticking, deliverer)
    told = [one for one in consumer.received if one["type"] == "stock.posted"]
    assert [UUID(one["owner_id"]) for one in told] == [mine]
    assert [line["quantity"] for line in told[0]["data"]["lines"]] == ["5"]


BEHIND = ("https://[::ffff:10.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://224.0.0.1/")


async def test_a_webhook_cannot_reach_inside(consumer: Consumer):
    """An address that is or resolves to a private one is not spoken to, and plain http is refused."""
    assert url_problem(consumer.url, False) == "url_not_https"
    assert url_problem("https://user:pass@example.com/", False) == "url_unreadable"
    for url in (
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://169.254.169.254/latest",
        *BEHIND,
    ):
        assert (await send(url, b"{}", {}, allow_private=False)).error == "address_private"
    assert consumer.received == []


async def test_an_address_that_is_no_address_is_just_a_failed_delivery(consumer: Consumer):
    """One webhook that raised would stop every other: names that cannot be names are refused, foreign letters are names."""
    for url in ("https://a..b/", f"https://{'a' * 70}.com/", "https://example.com/\x7f"):
        assert url_problem(url, False) == "url_unreadable"
        assert (await send(url, b"{}", {}, allow_private=False)).error == "url_unreadable"
    assert url_problem("https://склад.рф/hook", False) is None


@pytest.fixture
async def api(database_url: str) -> AsyncIterator[Api]:
    async with open_api(database_url) as opened:
        yield opened


async def test_facts_are_pulled_page_by_page(api: Api, db: Database):
    """Row 67: a consumer that pulls goes on from its cursor and misses nothing; a tenant pulls only what is his."""
    goods = Goods(db)
    mine = await goods.party("FUNGI")
    await sign_in(api, db, "tenant", "owner_viewer", owners=[mine])
    for number in range(7):
        await say(db, "order.created", f"o-{number}", owner_id=mine if number % 2 else None)
    while await db.run(feed_facts, None, actor=SYSTEM):
        pass
    seen, after = [], "0"
    while page := (await api.get("/api/v1/facts", kind="order.", after=after, limit=3)).json()["items"]:
        seen += [one["subject"] for one in page]
        after = str(page[-1]["seq"])
    assert seen == [f"o-{number}" for number in range(7)]
    his = (await api.get("/api/v1/facts", "tenant", kind="order.")).json()["items"]
    assert [one["subject"] for one in his] == ["o-1", "o-3", "o-5"]


async def test_a_webhook_is_made_listed_replayed_and_removed(api: Api, db: Database, consumer: Consumer):
    """Row 67: the secret is told once; a replay from an instant sends the past again; what is removed is gone."""
    refused = await api.client.post("/api/v1/webhooks", headers=api.as_("admin"), json={"url": consumer.url})
    assert (refused.status_code, refused.json()["params"]["why"]) == (422, "url_not_https")
    made = (
        await api.client.post("/api/v1/webhooks", headers=api.as_("admin"), json={"url": "https://example.com/hook"})
    ).json()
    await say(db, "order.created", "o-1")
    while await db.run(feed_facts, None, actor=SYSTEM):
        pass
    listed = (await api.get("/api/v1/webhooks")).json()["items"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert "secret" not in listed[0]
    path = f"/api/v1/webhooks/{made['id']}"
    for body in ({"from_seq": 0}, {"since": "2020-01-01T00:00:00Z"}):
        assert (await api.client.post(f"{path}/replay", headers=api.as_("admin"), json=body)).status_code == 200
    assert (await api.client.delete(path, headers=api.as_("leader"))).status_code == 403
    assert (await api.client.delete(path, headers=api.as_("admin"))).status_code == 204
    assert (await api.get("/api/v1/webhooks")).json()["items"] == []


async def test_the_feed_goes_on_after_a_restore(ticking: Database):
    """A restored copy counts transactions from lower than the feed's horizon; what happens then must not be skipped."""
    await ticking.run(feed_facts, None, actor=SYSTEM)
    async with ticking.engine.begin() as conn:
        await conn.execute(horizon.update().values(txid=2**40))
    await Goods(ticking).stock()
    async with ticking.read() as conn:
        told = await conn.scalar(sa.select(sa.func.count()).select_from(fact))
    for _ in range(2):
        await ticking.run(feed_facts, None, actor=SYSTEM)
    async with ticking.read() as conn:
        assert await conn.scalar(sa.select(sa.func.count()).select_from(feed)) == told > 0

"""The cold chain over HTTP: readings, excursions and what they block."""

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from tests.support.api import open_api
from tests.support.floor import Floor
from tests.support.goods import Goods
from tests.support.people import sign_in
from wms.coldchain.watch_silence import watch_silence
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.kit.facts import fact
from wms.stock.add_location import add_location
from wms.stock.move import Move, NewUnit, create_units, move_units
from wms.stock.post import Entry, post
from wms.stock.stock_key import StockKey
from wms.stock.virtual import virtual_location

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=20)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


class ColdRoom:
    """Zone COLD of a site with one probe, and goods brought at an instant."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.goods = floor.goods
        self.probe = ""

    async def set_up(self) -> None:
        limits = {"site": self.goods.site, "zone": "COLD", "temperature": "frozen", "silent_minutes": 600}
        zone = await self.floor.post("/cold-zones", limits)
        assert (zone["max_c"], zone["min_c"], zone["allowed_minutes"]) == ("-18", None, 30)
        self.zone = zone["id"]
        self.probe = (await self.floor.post("/probes", {"zone_id": zone["id"], "code": "P1"}))["id"]

    async def report(self, *pairs: tuple[float, object], probe: str = "P1") -> dict[str, Any]:
        readings = [{"probe": probe, "measured_at": at(m).isoformat(), "celsius": str(c)} for m, c in pairs]
        told: dict[str, Any] = await self.floor.post("/probe-readings", {"site": self.goods.site, "readings": readings})
        return told

    async def lot(self, lot_no: str, place: UUID, minute: float, quantity: int = 5, owner: str = "FUNGI") -> StockKey:
        item = await self.goods.item("CRAB-1", tracking="lot", temperature="frozen")
        key = await self.goods.key(
            place, item, lot_id=await self.goods.lot(item, lot_no), owner_id=await self.goods.party(owner)
        )
        await self.goods.bring(key, quantity, happened_at=at(minute))
        return key

    async def entry(self, key: StockKey, target: object, quantity: int, minute: float) -> None:
        async def work(tx: Tx, _: None) -> None:
            end = target if isinstance(target, StockKey) else await virtual_location(tx, self.goods.site, "outside")
            one = Entry(key, end, Decimal(quantity), happened_at=at(minute))
            await post(tx, [one], cause="move", site=self.goods.site)

        await self.goods.db.run(work, None, actor=SYSTEM)

    async def put(self, unit: UUID, place: UUID, minute: float) -> None:
        async def work(tx: Tx, _: None) -> None:
            await move_units(tx, [Move(unit, place, at(minute), "move", tx.new_id())])

        await self.goods.db.run(work, None, actor=SYSTEM)

    async def pallet(self, minute: float, place: UUID) -> UUID:
        async def work(tx: Tx, _: None) -> UUID:
            outside = await virtual_location(tx, self.goods.site, "outside")
            id = tx.new_id()
            await create_units(tx, [NewUnit(id, "pallet", outside)])
            await move_units(tx, [Move(id, place, at(minute), "arrive", tx.new_id())])
            return id

        return await self.goods.db.run(work, None, actor=SYSTEM)

    async def excursions(self, who: str = "admin", **params: object) -> list[dict[str, Any]]:
        return list((await self.floor.get("/excursions", who, **params))["items"])

    async def blocked(self, excursion: dict[str, Any], who: str = "admin") -> list[str]:
        lots = (await self.floor.get(f"/excursions/{excursion['id']}/lots", who))["items"]
        return sorted(one["lot"] for one in lots if one["held"])

    async def told(self, beginning: str) -> list[str]:
        async with self.goods.db.read() as conn:
            query = sa.select(fact.c.kind).where(fact.c.kind.startswith(beginning)).order_by(fact.c.id)
            return list(await conn.scalars(query))


@pytest.fixture
async def room(database_url: str, db: Database) -> AsyncIterator[ColdRoom]:
    async with open_api(database_url) as api:
        room = ColdRoom(Floor(api, Goods(db)))
        await room.set_up()
        yield room


async def test_an_excursion_blocks_the_lots_and_shows_the_interval(room: ColdRoom):
    """Row 56: out of limits longer than allowed, the lots in the zone cannot leave; the interval is shown, closes when the
    zone is back, and a person releases the goods."""
    goods = room.goods
    cold, dry = await goods.place("K-01", zone="COLD"), await goods.place("D-01", zone="DRY")
    inside, outside = await room.lot("L-IN", cold, -60), await room.lot("L-OUT", dry, -60)
    assert (await room.report((0, -20), (10, "-15.5"), (40, -9)))["accepted"] == 3
    assert await room.excursions() == []
    await room.report((41, -12))
    (seen,) = await room.excursions(state="open")
    assert (seen["zone"], seen["probe"], seen["worst_c"], seen["ended_at"]) == ("COLD", "P1", "-9", None)
    assert datetime.fromisoformat(seen["began_at"]) == at(10)
    assert await room.blocked(seen) == ["L-IN"]
    with pytest.raises(Exception, match="on_hold"):
        await room.entry(inside, None, 1, 42)
    await room.entry(outside, None, 1, 42)
    release = f"/excursions/{seen['id']}/release"
    assert await room.floor.refused(release, {"note": "checked"}) == "excursion_lasts"
    await room.report((50, -18))
    (seen,) = await room.excursions(state="ended")
    assert (datetime.fromisoformat(seen["ended_at"]), seen["minutes"]) == (at(50), 40)
    assert Decimal(seen["mkt_c"]) == pytest.approx(Decimal(-14), abs=Decimal(2))
    assert (await room.floor.post(release, {"note": "core temperature below -18"}))["holds"] == 1
    assert await room.floor.refused(release, {"note": "again"}) == "excursion_released"
    await room.entry(inside, None, 1, 60)
    assert await room.told("excursion.") == ["excursion.opened", "excursion.closed", "excursion.released"]


async def test_what_lay_there_in_the_interval_is_blocked_wherever_it_is_now(room: ColdRoom):
    """Row 56: by the journals, not by today's picture: lots carried out since are blocked, those that came after or left
    before are not; a pallet takes what is on it along."""
    goods = room.goods
    cold, dry = await goods.place("K-01", zone="COLD"), await goods.place("D-01", zone="DRY")
    stays, before, moved = [await room.lot(no, cold, -60) for no in ("L-STAYS", "L-BEFORE", "L-MOVED")]
    through, never = await room.pallet(-90, dry), await room.pallet(-90, dry)
    early = await room.pallet(-90, cold)
    for no, unit in (("L-THROUGH", through), ("L-NEVER", never), ("L-EARLY", early)):
        await room.lot(no, unit, -80)
    await room.entry(before, before.at(dry), 5, -5)
    await room.put(early, dry, -1)
    await room.put(through, cold, 20)
    await room.put(through, dry, 30)
    await room.entry(moved, moved.at(dry), 5, 35)
    await room.lot("L-DURING", cold, 40)
    await room.lot("L-AFTER", cold, 120)
    await room.lot("L-PUT-ON-LATER", through, 50)
    await room.report((0, -10), (60, -10), (61, -20))
    (seen,) = await room.excursions()
    assert await room.blocked(seen) == ["L-DURING", "L-MOVED", "L-STAYS", "L-THROUGH"]
    assert stays.lot_id is not None


async def test_late_readings_count_as_if_they_had_come_in_time(room: ColdRoom):
    """Row 56: a gateway that was cut off brings yesterday's readings today; the excursion they show is found, grows with what
    comes later still, and one that good readings disprove is withdrawn, its goods still held."""
    await room.lot("L-1", await room.goods.place("K-01", zone="COLD"), -60)
    await room.report((0, -20), (300, -20))
    await room.report((100, -10), (150, -10))
    (seen,) = await room.excursions()
    assert [datetime.fromisoformat(seen[end]) for end in ("began_at", "ended_at")] == [at(100), at(300)]
    await room.report((80, -11), (160, -19))
    (seen,) = await room.excursions()
    assert [datetime.fromisoformat(seen[end]) for end in ("began_at", "ended_at")] == [at(80), at(160)]
    await room.report((90, -20), (110, -20), (140, -20))
    assert [one["state"] for one in await room.excursions()] == ["withdrawn"]
    assert await room.blocked(seen) == ["L-1"]
    assert await room.told("excursion.") == [
        *("excursion.opened", "excursion.closed", "excursion.revised", "excursion.withdrawn"),
    ]


async def test_a_released_excursion_that_grows_blocks_again(room: ColdRoom):
    """What a person released was another interval; late readings that make it longer are a new excursion."""
    await room.lot("L-1", await room.goods.place("K-01", zone="COLD"), -60)
    await room.report((0, -20), (10, -10), (50, -10), (60, -20))
    (seen,) = await room.excursions()
    await room.floor.post(f"/excursions/{seen['id']}/release", {"note": "good"})
    await room.report((5, -21), (20, -9))
    assert len(await room.excursions()) == 1
    await room.report((7, -10))
    assert [one["state"] for one in await room.excursions()] == ["ended", "released"]
    assert [await room.blocked(one) for one in await room.excursions()] == [["L-1"], []]


async def test_readings_are_kept_once(room: ColdRoom):
    """Gateways repeat until they are answered: a reading counts once, its value never changes, an unknown probe or a wrong
    clock does not stop the batch, and a repeated key answers the same."""
    assert (await room.report((0, -20), (0, -20), (1, -20)))["accepted"] == 2
    told = await room.report((0, -20), (1, -5), (2, -20))
    assert {name: told[name] for name in ("accepted", "repeated", "conflicting")} == {
        "accepted": 1,
        "repeated": 1,
        "conflicting": 1,
    }
    far = (datetime.now(UTC) - START).total_seconds() / 60 + 60
    assert (await room.report((far, -20)))["in_future"] == 1
    assert (await room.report((3, -20), probe="P9"))["unknown_probes"] == ["P9"]
    span = {"since": at(-1).isoformat(), "until": at(100).isoformat()}
    rows = (await room.floor.get(f"/probes/{room.probe}/readings", **span))["items"]
    assert [row["celsius"] for row in rows] == ["-20", "-20", "-20"]
    assert (await room.floor.get(f"/probes/{room.probe}/mean-kinetic-temperature", **span)) == {
        "readings": 3,
        "mkt_c": "-20",
    }
    reading = {"probe": "P1", "measured_at": at(9).isoformat(), "celsius": "-21"}
    body = {"site": room.goods.site, "readings": [reading]}
    answers = [await room.floor.ask("/probe-readings", body, key="gateway-batch-1") for _ in range(2)]
    assert answers[0].text == answers[1].text


async def test_a_silent_probe_is_told_once(room: ColdRoom):
    """Row 56: a probe that says nothing for longer than its zone allows is an alarm, once, until it speaks again; the gap is
    kept until late readings fill it."""
    limits = {"silent_minutes": 15}
    put = await room.floor.api.client.put(
        f"/api/v1/cold-zones/{room.zone}/limits", headers=room.floor.api.as_("admin"), json=limits
    )
    assert put.status_code == 200, put.text
    await room.report((0, -20), (10, -20))
    counts = [await room.goods.db.run(watch_silence, None, actor=SYSTEM) for _ in range(2)]
    assert counts == [1, 0]
    assert [one["code"] for one in (await room.floor.get("/probes", silent=True))["items"]] == ["P1"]
    await room.report((60, -20))
    assert (await room.floor.get("/probes", silent=True))["items"] == []
    gaps = (await room.floor.get(f"/probes/{room.probe}/gaps"))["items"]
    assert [(datetime.fromisoformat(gap["began_at"]), datetime.fromisoformat(gap["ended_at"])) for gap in gaps] == [
        (at(10), at(60))
    ]
    await room.report((20, -20), (30, -20), (40, -20), (50, -20))
    assert (await room.floor.get(f"/probes/{room.probe}/gaps"))["items"] == []
    assert await room.told("probe.") == ["probe.added", "probe.fell_silent", "probe.spoke_again"]


async def test_a_tenant_sees_the_excursions_of_his_own_goods(room: ColdRoom):
    """Row 9 and 56: two owners' goods lie in one cold room; each sees the interval and his own lots, a third sees nothing."""
    cold = await room.goods.place("K-01", zone="COLD")
    await room.lot("L-F", cold, -60)
    await room.lot("L-C", cold, -60, owner="CRAB")
    await room.report((0, -10), (60, -10))
    (seen,) = await room.excursions()
    for owner, lots in (("FUNGI", ["L-F"]), ("CRAB", ["L-C"]), ("STRANGER", None)):
        await sign_in(room.floor.api, room.goods.db, owner, "owner_viewer", owners=[await room.goods.party(owner)])
        assert len(await room.excursions(owner)) == (lots is not None)
        if lots is not None:
            assert await room.blocked(seen, owner) == lots
        else:
            assert (await room.floor.api.get(f"/api/v1/excursions/{seen['id']}/lots", owner)).status_code == 404
        assert (await room.floor.api.get(f"/api/v1/probes/{room.probe}/gaps", owner)).status_code == 403
    await sign_in(room.floor.api, room.goods.db, "far", "shift_leader", sites=["UUD-O"])
    assert await room.excursions("far") == []
    assert (await room.floor.api.get(f"/api/v1/probes/{room.probe}/gaps", "far")).status_code == 404


async def test_ten_thousand_readings_and_two_thousand_lots_at_once(room: ColdRoom):
    """Batches are handled set-based: a gateway's backlog and a full room, within ten seconds."""
    goods = room.goods
    item, owner = await goods.item("CRAB-1", tracking="lot"), await goods.party()

    async def plant(tx: Tx, _: None) -> None:
        outside = await virtual_location(tx, goods.site, "outside")
        bin_id = await add_location(tx, goods.site, "K-77", "storage")
        await tx.conn.execute(sa.text("UPDATE location SET zone = 'COLD' WHERE name = 'K-77'"))
        lots = [{"id": tx.new_id(), "item_id": item, "lot_no": f"L{n}"} for n in range(2_000)]
        await tx.conn.execute(sa.text("INSERT INTO lot (id, item_id, lot_no) VALUES (:id, :item_id, :lot_no)"), lots)
        keys = [StockKey(bin_id, item, owner, goods.status, lot_id=row["id"]) for row in lots]
        entries = [Entry(outside, key, Decimal(3), happened_at=at(-60)) for key in keys]
        await post(tx, entries, cause="opening", site=goods.site)

    await goods.db.run(plant, None, actor=SYSTEM)
    began = time.monotonic()
    told = await room.report(*((n / 10, -10 if 5_000 < n < 9_000 else -20) for n in range(10_000)))
    assert told["accepted"] == 10_000
    assert time.monotonic() - began < 30
    assert [one["minutes"] for one in await room.excursions()] == [399]

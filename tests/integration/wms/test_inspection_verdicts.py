"""What a verdict does to a parcel, openings, customs instructions, files, and the laws that the proof holds."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tests.support.inspection import files
from tests.support.inspection_desk import PNG, WAYBILLS, Desk, open_desk
from tests.support.line_events import Stream, confirmed, decision, induct
from tests.support.people import sign_in
from wms.inspection.tables import review, verdict
from wms.kit.actor import SYSTEM
from wms.parcels.tables import parcel
from wms.sorting.build_directory import build_buckets
from wms.stock.tables import hold
from wms.workers.ingest import sort_messages, store_batch
from wms.workers.react import Reactor

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database_url, tmp_path) as one:
        yield one


async def _run(desk: Desk, *bodies: object, stream: Stream) -> None:
    await desk.db.run(store_batch, sort_messages([stream.message(body) for body in bodies]), actor=SYSTEM)
    reactor = Reactor(desk.db, "9501101")
    while await reactor.drain():
        pass


async def _held_on_line(desk: Desk, code: str) -> bool:
    """What the gateway is told about a parcel."""
    async with desk.db.read() as conn:
        buckets = await build_buckets(conn, 1000)
    return next(one.entries[code].h for one in buckets if code in one.entries)


async def test_a_parcel_is_blocked_until_it_is_released(desk: Desk):
    """On the line, in stock and for people with the right to lift holds: only a verdict opens it."""
    code, sorter = WAYBILLS[0], Stream()
    await _run(desk, induct("t1"), decision("t1", code, "c01"), stream=sorter)
    made = await desk.scan(code)
    assert await _held_on_line(desk, code)
    async with desk.db.read() as conn:
        (active,) = (await conn.execute(sa.select(hold).where(hold.c.released_at.is_(None)))).all()
    assert (active.reason, str(active.unit_id)) == ("inspection", made["parcel_id"])
    answer = await desk.api.client.post(
        f"/api/v1/holds/{active.id}/release", headers=desk.api.as_("admin"), json={"note": "please"}
    )
    assert answer.json()["code"] == "hold_of_inspection"
    await desk.api.client.post(
        f"/api/v1/parcels/{made['parcel_id']}/hold", headers=desk.api.as_("admin"), json={"hold": False, "note": "go"}
    )
    assert await _held_on_line(desk, code)
    await _run(desk, confirmed("t1", "c01"), stream=sorter)
    async with desk.db.read() as conn:
        assert await conn.scalar(sa.select(parcel.c.reason).where(parcel.c.waybill_no == code)) == "CUSTOMS_HOLD"
    await desk.decide("clear")
    assert not await _held_on_line(desk, code)
    async with desk.db.read() as conn:
        assert (await conn.execute(sa.select(hold).where(hold.c.released_at.is_(None)))).all() == []
    assert await desk.violations() == []


async def test_a_release_leaves_a_customs_hold_alone(desk: Desk):
    """A hold by instruction is another matter: the image being clear does not lift it."""
    made = await desk.scan()
    body = {"hold": True, "note": "CIQ 2026-118"}
    await desk.api.client.post(f"/api/v1/parcels/{made['parcel_id']}/hold", headers=desk.api.as_("admin"), json=body)
    await desk.decide("clear")
    assert not await desk.shut()
    assert await _held_on_line(desk, WAYBILLS[0])


async def test_an_opening_ends_in_release_or_detention(desk: Desk):
    """Nothing found releases after a photograph; a find stays shut until customs speak."""
    clean, bad = await desk.scan(), await desk.scan(WAYBILLS[1])
    for _ in range(2):
        await desk.decide("suspect")
    for made, outcome in ((clean, "nothing"), (bad, "found")):
        opening = next(one for one in (await desk.get("/openings"))["items"] if one["scan_id"] == made["id"])
        path = f"/openings/{opening['id']}/record"
        assert await desk.refused(path, {"outcome": outcome}, "officer") == "photo_missing"
        assert (await desk.send("/photos", b"GIF89a", "officer", opening_id=opening["id"])).status_code == 422
        kept = await desk.send("/photos", PNG, "officer", opening_id=opening["id"])
        assert len(kept.json()["photos"]) == 1
        if outcome == "found":
            assert await desk.refused(path, {"outcome": outcome}, "officer") == "category_missing"
        told = await desk.post(path, {"outcome": outcome, "category": "drugs", "seal_no": "S-1"}, "officer")
        assert told["opened_by"] == "officer"
        assert await desk.refused(path, {"outcome": "nothing"}, "officer") == "opening_over"
    assert await desk.state(clean) == ("released", "RELEASE")
    assert await desk.state(bad) == ("detained", "UNPACK")
    assert [await desk.shut(code) for code in WAYBILLS[:2]] == [False, True]
    figures = await desk.get("/measures", since="2020-01-01T00:00:00Z", until="2100-01-01T00:00:00Z")
    assert (figures["opening_hits"]["hits"], figures["opening_hits"]["n"]) == (1, 2)
    assert (figures["false_alarm"]["hits"], figures["false_alarm"]["n"]) == (1, 1)
    await desk.post(f"/scans/{bad['id']}/instruct", {"verdict": "RELEASE", "reference": "CIQ-7"}, "officer")
    assert not await desk.shut(WAYBILLS[1])
    assert await desk.violations() == []


async def test_customs_overrule_everybody(desk: Desk):
    """An instruction releases what timed out and calls back what was released; a reviewer may not give one."""
    made = await desk.scan()
    assert (
        await desk.refused(f"/scans/{made['id']}/instruct", {"verdict": "RELEASE", "reference": "x"}) == "not_allowed"
    )
    seen = await desk.look()
    await desk.post(f"/scans/{made['id']}/instruct", {"verdict": "UNPACK", "reference": "CIQ-1"}, "officer")
    assert await desk.refused(f"/reviews/{seen['id']}/decide", {"decision": "clear"}) == "review_over"
    await desk.post(f"/scans/{made['id']}/instruct", {"verdict": "RELEASE", "reference": "CIQ-2"}, "officer")
    assert not await desk.shut()
    assert (await desk.get("/openings"))["items"] == []
    told = await desk.post(f"/scans/{made['id']}/instruct", {"verdict": "UNPACK", "reference": "CIQ-3"}, "officer")
    assert await desk.shut()
    assert [one["reference"] for one in told["verdicts"] if one["level"] == "customs"] == ["CIQ-1", "CIQ-2", "CIQ-3"]
    assert await desk.violations() == []


async def test_a_new_scan_is_no_way_round_an_opening(desk: Desk):
    """Scanning again replaces a look that waits, but a parcel that is to be opened stays shut whatever the new image shows."""
    waiting = await desk.scan()
    again = await desk.scan()
    assert await desk.state(waiting) == ("rescan", "RESCAN")
    await desk.decide("suspect")
    third = await desk.scan()
    await desk.decide("clear", "two")
    assert await desk.state(again) == ("unpack", "UNPACK")
    assert await desk.state(third) == ("released", "RELEASE")
    assert await desk.shut()
    assert await desk.violations() == []


async def test_the_machine_alone_releases_only_where_it_may(database_url: str, tmp_path: Path):
    """With auto_release a plain CLEAR needs no eyes; an alarm does."""
    async with open_desk(database_url, tmp_path, auto_release=True) as desk:
        assert (await desk.scan())["verdict"] == "RELEASE"
        assert (await desk.scan(WAYBILLS[1], hidden_g=900))["verdict"] == "REVIEW"
        assert await desk.violations() == []


async def test_files_are_kept_once_and_only_with_their_scan(desk: Desk):
    """Damage, a foreign scan and a late file are refused with a reason; the same file again changes nothing."""
    made = await desk.induct()
    mine, other = files("t1", 1), files("t9", 9)
    for data, code in ((b"nonsense", "dicos_refused"), (mine["low"][:2000], "dicos_refused")):
        assert (await desk.send("/files", data, scan_id=made["id"])).json()["code"] == code
    assert (await desk.send("/files", other["low"], scan_id=made["id"])).json()["code"] == "file_of_another_scan"
    for _ in range(2):
        kept = await desk.send("/files", mine["low"], scan_id=made["id"])
        assert (kept.status_code, kept.json()["role"]) == (201, "low")
    await desk.post(f"/scans/{made['id']}/complete", None, "admin")
    assert await desk.state(made) == ("rescan", "RESCAN")  # one channel alone shows nothing
    assert (await desk.send("/files", mine["high"], scan_id=made["id"])).json()["code"] == "scan_complete"
    again = await desk.post(
        "/scans", {"site": "SFH-S", "scanner": "ct1", "tid": "t1", "scan_uid": made["scan_uid"]}, "admin"
    )
    assert again["id"] == made["id"]
    told = {"site": "SFH-S", "scanner": "ct1", "tid": "t2", "scan_uid": made["scan_uid"]}
    assert await desk.refused("/scans", told, "admin") == "scan_uid_reused"


async def test_the_same_picture_of_another_parcel_is_told(desk: Desk):
    """Handing in an old clean image for a new parcel is the oldest trick; the two look alike beyond chance."""
    threshold = {"value": 0.93, "pfa": 0.001, "n": 1000, "dataset": "simulated"}
    await desk.set_up(calibration={"duplicate": threshold})
    await desk.scan()
    made = await desk.induct(WAYBILLS[1])
    for data in files(made["tid"], 2, seed=1).values():
        await desk.send("/files", data, scan_id=made["id"])
    done = await desk.post(f"/scans/{made['id']}/complete", None, "admin")
    (found,) = [one for one in done["findings"] if one["kind"] == "duplicate_scan"]
    assert found["is_alarm"]
    assert found["score"] > 0.99
    assert found["calibration"] == {"pfa": 0.001, "n": 1000, "dataset": "simulated"}


async def test_what_lies_at_the_opening_table_is_opened(desk: Desk):
    """The diverter waits for nobody: a verdict that came too late for it gives way to where the parcel really is."""
    made, fine = await desk.scan(), await desk.scan(WAYBILLS[1])
    for _ in range(2):
        await desk.decide("clear")
    for _ in range(2):
        assert (await desk.post(f"/scans/{made['id']}/lane", {"lane": "U"}, "admin"))["verdict"] == "UNPACK"
    assert (await desk.post(f"/scans/{fine['id']}/lane", {"lane": "R"}, "admin"))["verdict"] == "RELEASE"
    assert [await desk.shut(code) for code in WAYBILLS[:2]] == [True, False]
    assert len((await desk.get("/openings"))["items"]) == 1
    assert await desk.violations() == []


async def test_a_tenant_sees_no_scan_and_another_site_neither(desk: Desk):
    """Parcels on a line are nobody's stock: who may see one owner's goods, or one other site, finds nothing here."""
    made = await desk.scan()
    await sign_in(desk.api, desk.db, "tenant", "administrator", owners=[uuid4()])
    for who in ("tenant", "elsewhere"):
        assert (await desk.get("/scans", who))["items"] == []
        assert (await desk.get("/openings", who))["items"] == []
        assert (await desk.api.get(f"/api/v1/inspection/scans/{made['id']}", who)).status_code == 404
        picture = await desk.api.get(f"/api/v1/inspection/scans/{made['id']}/view.png", who)
        assert picture.json()["code"] == "not_found"
    assert await desk.refused("/reviews/take", None, "tenant") == "not_found"
    assert await desk.take("elsewhere") is None
    assert (await desk.send("/files", b"x", "tenant", scan_id=made["id"])).json()["code"] == "not_found"


@pytest.mark.parametrize(
    ("forged", "law"),
    [
        ({"state": "released"}, "nothing leaves inspection without a verdict"),
        ({"alarmed": True}, "a release names who looked, and the look was in time"),
    ],
)
async def test_the_proof_sees_a_release_that_nobody_gave(desk: Desk, forged: dict[str, object], law: str):
    """A row changed by hand is found by `kouan prove`."""
    made = await desk.scan()
    if "alarmed" in forged:
        await desk.decide("clear")
    await desk.forge(made, **forged)
    assert law in {one.law for one in await desk.violations()}


async def test_the_proof_sees_a_release_after_a_timeout(desk: Desk):
    """Verdicts cannot be altered; one that was slipped in after a timeout breaks its law."""
    made = await desk.scan()
    desk.later(60)
    await desk.expire()
    async with desk.db.engine.begin() as conn:
        id = await conn.scalar(sa.select(review.c.id).where(review.c.scan_id == made["id"]))
        row = {"scan_id": made["id"], "verdict": "RELEASE", "level": "reviewer", "reason": "x", "review_id": id}
        await conn.execute(verdict.insert().values(**row, at=desk.now, actor_id=SYSTEM.id, actor_name="x"))
    laws = {one.law for one in await desk.violations()}
    assert "nobody releases after a timeout but an opening or customs" in laws
    assert "every verdict is in the audit trail" in laws
    with pytest.raises(DBAPIError):
        async with desk.db.engine.begin() as conn:
            await conn.execute(verdict.delete())

"""Who looks at which image, and what follows: the laws of review, over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support.inspection_desk import PNG, WAYBILLS, Desk, open_desk
from wms.access.tables import audit_entry
from wms.kit.facts import fact

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(database_url, tmp_path) as one:
        yield one


async def test_a_clear_look_releases(desk: Desk):
    """The whole path: induct, files, findings, one look, release; every step told and in the audit trail."""
    made = await desk.scan()
    assert (made["state"], made["verdict"], made["machine"], made["alarmed"]) == ("review", "REVIEW", "CLEAR", False)
    assert set(made["images"]) == {"low", "high", "density", "zeff", "report"}
    assert await desk.shut()
    assert await desk.decide("clear") == {"verdict": "RELEASE", "reason": "seen_clear", "projection": None}
    assert await desk.state(made) == ("released", "RELEASE")
    assert not await desk.shut()
    async with desk.db.read() as conn:
        told = list(
            await conn.scalars(sa.select(fact.c.kind).where(fact.c.kind.startswith("inspection.")).order_by(fact.c.id))
        )
        actions = list(
            await conn.scalars(
                sa.select(audit_entry.c.action).where(audit_entry.c.subject == made["id"]).order_by(audit_entry.c.id)
            )
        )
    assert [one for one in told if one != "inspection.image_kept"] == [
        "inspection.scanner_set",
        "inspection.scan_opened",
        "inspection.scan_completed",
        "inspection.verdict_given",
        "inspection.review_taken",
        "inspection.review_decided",
        "inspection.verdict_given",
    ]
    assert told.count("inspection.image_kept") == 5
    assert actions == ["inspection.open", "inspection.verdict", "inspection.take", "inspection.verdict"]
    assert await desk.violations() == []


async def test_a_timeout_never_releases(desk: Desk):
    """The belt does not wait: slow reviewer, no reviewer or no image, the parcel is opened, and a late «clear» is refused."""
    slow, none, blank = await desk.scan(), await desk.scan(WAYBILLS[1]), await desk.induct(WAYBILLS[2])
    seen = await desk.look()
    desk.later(46)
    assert await desk.refused(f"/reviews/{seen['id']}/decide", {"decision": "clear"}) == "review_over"
    assert await desk.take("two") is None
    assert await desk.expire() == 3
    for made in (slow, none, blank):
        assert await desk.state(made) == ("unpack", "UNPACK")
    assert await desk.refused(f"/reviews/{seen['id']}/decide", {"decision": "clear"}) == "review_over"
    assert [await desk.shut(code) for code in WAYBILLS] == [True, True, True]
    assert await desk.post(f"/scans/{blank['id']}/complete", None, "admin")
    assert await desk.state(blank) == ("unpack", "UNPACK")
    assert len((await desk.get("/openings"))["items"]) == 3
    assert await desk.violations() == []


async def test_two_reviewers_never_get_one_image(desk: Desk):
    """Ten ask at one instant for three images: each image goes to one person, each person has one image."""
    for code in WAYBILLS:
        await desk.scan(code)
    names = ["one", "two", "three", "leader", "admin"] * 2
    found = await asyncio.gather(*(desk.take(name) for name in names))
    given = {(name, one["id"]) for name, one in zip(names, found, strict=True) if one is not None}
    assert len({id for _, id in given}) == 3
    assert len(given) == 3
    held = next(one for one in given)
    other = next(name for name in ("one", "two", "three") if name != held[0])
    assert await desk.refused(f"/reviews/{held[1]}/decide", {"decision": "clear"}, other) == "review_not_yours"
    picture = await desk.api.get(f"/api/v1/inspection/reviews/{held[1]}/view.png", other)
    assert picture.json()["code"] == "review_not_yours"


async def test_an_abandoned_image_goes_to_another(desk: Desk):
    """A lease ends after a minute; who left can no longer decide, and the belt's deadline does not move."""
    await desk.scan(deadline_s=300)
    left = await desk.look()
    desk.later(61)
    found = await desk.take("two")
    assert found is not None
    assert found["id"] == left["id"]
    assert found["left_s"] == pytest.approx(239, abs=2)
    assert await desk.refused(f"/reviews/{left['id']}/decide", {"decision": "clear"}) == "review_not_yours"


async def test_after_twenty_minutes_a_pause_is_forced(desk: Desk):
    """Eyes tire: 20 minutes at a stretch, then ten of rest; another reviewer is not affected."""
    for _ in range(4):
        await desk.scan(deadline_s=3600)
        await desk.decide("clear")
        desk.later(300)
    await desk.scan(deadline_s=3600)
    answer = await desk.ask("/reviews/take")
    assert (answer.status_code, answer.json()["code"]) == (409, "review_pause")
    assert answer.json()["params"]["minutes"] == 5
    desk.later(300)
    assert await desk.take() is not None


async def test_who_disagrees_with_an_alarm_is_not_alone(desk: Desk):
    """«Clear» against a machine's alarm asks a second person, never the same one; that look decides."""
    made = await desk.scan(hidden_g=900)
    assert (made["machine"], made["alarmed"]) == ("ALARM", True)
    assert {one["kind"] for one in made["findings"]} >= {"anomaly", "dense_organic"}
    assert (await desk.decide("clear"))["reason"] == "disagrees_with_alarm"
    assert await desk.take("one") is None
    assert await desk.decide("clear", "two") == {"verdict": "RELEASE", "reason": "seen_clear", "projection": None}
    assert await desk.violations() == []


async def test_the_lot_asks_a_second_look(database_url: str, tmp_path: Path):
    """With a share of 1 every cleared image is seen twice; agreement is measured on those."""
    async with open_desk(database_url, tmp_path, second_share=1.0) as desk:
        await desk.scan()
        assert (await desk.decide("clear"))["reason"] == "drawn_by_lot"
        assert (await desk.decide("suspect", "two"))["verdict"] == "UNPACK"
        figures = await desk.get("/measures", since="2020-01-01T00:00:00Z", until="2100-01-01T00:00:00Z")
        assert (figures["second_agrees"]["hits"], figures["second_agrees"]["n"]) == (0, 1)


async def test_what_is_escalated_goes_to_a_shift_lead(desk: Desk):
    """An escalated image is offered to nobody else."""
    await desk.scan()
    assert (await desk.decide("escalate"))["reason"] == "escalated"
    assert await desk.take("two") is None
    told = await desk.decide("suspect", "leader")
    assert told["verdict"] == "UNPACK"
    (opening,) = (await desk.get("/openings"))["items"]
    assert (opening["marks"], opening["waybill_no"]) == ([[1, 2, 30, 40]], WAYBILLS[0])


async def test_a_decision_needs_the_picture_and_a_suspicion_its_place(desk: Desk):
    """Nobody decides on what was not on the screen, and an opening without a place to look finds less."""
    await desk.scan()
    taken = await desk.take()
    assert taken is not None
    assert await desk.refused(f"/reviews/{taken['id']}/decide", {"decision": "clear"}) == "review_unseen"
    await desk.post(f"/reviews/{taken['id']}/painted")
    assert await desk.refused(f"/reviews/{taken['id']}/decide", {"decision": "suspect"}) == "box_missing"


async def test_a_reviewer_sees_the_declaration_but_no_name(desk: Desk):
    """Goods, HS code, weights and history stand beside the picture; the consignee is masked."""
    await desk.scan()
    taken = await desk.look()
    told = taken["declaration"]
    assert (told["goods"], told["group"], told["consignee"]) == ("Cotton shirts", "apparel", "О***")
    assert taken["no_model"] is True
    for name in ("view", "volume"):
        picture = await desk.api.get(f"/api/v1/inspection/reviews/{taken['id']}/{name}.png", "one")
        assert picture.content.startswith(PNG[:8])


async def test_an_unreadable_image_is_scanned_again_once(desk: Desk):
    """RESCAN keeps the parcel shut; the second unreadable image has it opened."""
    first = await desk.scan()
    assert (await desk.decide("unreadable"))["verdict"] == "RESCAN"
    assert await desk.shut()
    await desk.scan()
    assert (await desk.decide("unreadable", "two"))["verdict"] == "UNPACK"
    assert await desk.state(first) == ("rescan", "RESCAN")
    assert await desk.shut()
    assert await desk.violations() == []


async def test_a_projected_threat_decides_nothing(database_url: str, tmp_path: Path):
    """It is told after the decision, kept out of real figures, and the same picture without it comes next."""
    async with open_desk(database_url, tmp_path, tip_share=1.0) as desk:
        made = await desk.scan()
        taken = await desk.look()
        assert "tip" not in str(taken)
        whole = {"decision": "suspect", "category": "explosive", "boxes": [[0, 0, 80, 80]]}
        told = await desk.post(f"/reviews/{taken['id']}/decide", whole)
        assert (told["verdict"], told["projection"]["hit"]) == (None, True)
        assert await desk.state(made) == ("review", "REVIEW")
        assert await desk.shut()
        again = await desk.look()
        assert again["id"] != taken["id"]
        assert (await desk.post(f"/reviews/{again['id']}/decide", {"decision": "clear"}))["verdict"] == "RELEASE"
        figures = await desk.get("/measures", since="2020-01-01T00:00:00Z", until="2100-01-01T00:00:00Z")
        assert (figures["detection"]["hits"], figures["detection"]["n"]) == (1, 1)
        assert (figures["seconds_suspect"]["n"], figures["seconds_projected"]["n"]) == (0, 1)
        assert figures["enough_projections"] is False
        assert await desk.violations() == []


async def test_no_threat_is_projected_over_an_alarm(database_url: str, tmp_path: Path):
    """A game must not stand between a reviewer and a real finding."""
    async with open_desk(database_url, tmp_path, tip_share=1.0) as desk:
        await desk.scan(hidden_g=900)
        assert (await desk.decide("suspect"))["verdict"] == "UNPACK"

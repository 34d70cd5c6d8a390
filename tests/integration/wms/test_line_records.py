"""The records of a line, through ingest and reactions on a real PostgreSQL."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from devices.contract.envelope import Envelope
from devices.contract.reasons import SortReason
from tests.support.line_events import (
    Stream,
    as_message,
    chute_state,
    confirmed,
    decision,
    induct,
    lost,
    scan,
    weight,
)
from wms.inbound.announce import Announce, announce
from wms.inbound.read_manifest import read_manifest
from wms.kit.actor import SYSTEM
from wms.kit.db import Database
from wms.kit.mqtt import Message
from wms.kit.seal import Seal
from wms.parcels.tables import bag, parcel
from wms.proof.prove import prove
from wms.sorting.tables import item
from wms.stock.tables import balance, journal
from wms.workers.ingest import sort_messages, store_batch
from wms.workers.react import Reactor
from wms.workers.skip_gaps import skip_old_gaps

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

MANIFEST = (
    "waybill_no,destination,service,weight_g,pieces,goods,hs_code,consignee_name,consignee_phone\n"
    "RA473124829CN,MOW,EXP,1200,1,Dried black fungus,071232,Ольга Выдуманная,+79990001122\n"
    "CP123456785CN,SVX,STD,800,1,Toy robots,950300,,\n"
    "CP000000005CN,IKT,STD,5100,1,Tools,820559,,\n"
)
SEAL = Seal(b"k" * 32)


async def announce_text(db: Database, text: str = MANIFEST):
    data = text.encode()
    command = Announce("SFH-S", "m.csv", data, read_manifest(data, "m.csv"), SEAL)
    return await db.run(announce, command, actor=SYSTEM)


async def bring(db: Database, *messages: Message) -> list:
    """Store messages as one batch and react to all of them."""
    acks = await db.run(store_batch, sort_messages(messages), actor=SYSTEM)
    reactor = Reactor(db, "9501101")
    while await reactor.drain():
        pass
    return [ack for _, ack in acks]


async def rows(db: Database, query) -> list:
    async with db.read() as conn:
        return list((await conn.execute(query)).all())


async def violations(db: Database) -> int:
    async with db.read() as conn:
        proof = await prove(conn)
    assert proof.first == []
    return proof.violations


async def test_a_parcel_is_followed_from_announcement_into_its_bag(db):
    """Announced, inducted, weighed, decided, diverted: each step is in the journal and the bag counts it."""
    await announce_text(db)
    sorter, scanner, scale = Stream("sorter"), Stream("scanner1"), Stream("scale1")
    await bring(
        db,
        sorter.message(induct("t1")),
        scale.message(weight("t1", 1210)),
        scanner.message(scan("t1", "RA473124829CN")),
        sorter.message(decision("t1", "RA473124829CN", "c01")),
    )
    (on_line,) = await rows(db, sa.select(parcel).where(parcel.c.waybill_no == "RA473124829CN"))
    assert (on_line.state, on_line.measured_weight_g) == ("on_line", 1210)
    await bring(db, sorter.message(confirmed("t1", "c01")))
    (done,) = await rows(db, sa.select(parcel).where(parcel.c.waybill_no == "RA473124829CN"))
    (opened,) = await rows(db, sa.select(bag))
    assert done.state == "sorted"
    assert (opened.parcels, opened.weight_g, opened.chute, opened.destination) == (1, 1210, "c01", "MOW")
    assert len(await rows(db, sa.select(journal))) == 3  # bag into the chute, parcel onto the belt, parcel into the bag
    assert await violations(db) == 0


async def test_a_second_confirmation_of_the_same_divert_changes_nothing(db):
    """Controllers repeat confirmations after a network blink; the ledger must not move a parcel twice."""
    await announce_text(db)
    sorter = Stream()
    steps = [induct("t1"), decision("t1", "RA473124829CN", "c01"), confirmed("t1", "c01"), confirmed("t1", "c01")]
    await bring(db, *[sorter.message(step) for step in steps])
    (one,) = await rows(db, sa.select(item))
    (opened,) = await rows(db, sa.select(bag))
    assert (one.result, one.repeats, opened.parcels) == ("sorted", 1, 1)
    assert await violations(db) == 0


async def test_the_same_message_again_is_stored_and_handled_once(db):
    """QoS 1 and resends deliver twice; identity is (dev, boot, seq)."""
    await announce_text(db)
    sorter = Stream()
    messages = [
        sorter.message(x) for x in (induct("t1"), decision("t1", "RA473124829CN", "c01"), confirmed("t1", "c01"))
    ]
    for _ in range(3):
        (ack,) = await bring(db, *messages)
        assert (ack.through_seq, ack.missing) == (3, [])
    (one,) = await rows(db, sa.select(item))
    assert (one.result, one.repeats) == ("sorted", 0)
    assert await violations(db) == 0


async def test_reports_of_different_machines_may_come_in_any_order(db):
    """A scan may be stored before its induction and a weight after its divert; the record is the same."""
    await announce_text(db)
    sorter, scanner, scale = Stream("sorter"), Stream("scanner1"), Stream("scale1")
    await bring(db, scanner.message(scan("t1", "CP123456785CN")))
    await bring(
        db,
        *[sorter.message(x) for x in (induct("t1"), decision("t1", "CP123456785CN", "c12"), confirmed("t1", "c12"))],
    )
    await bring(db, scale.message(weight("t1", 777)))
    (opened,) = await rows(db, sa.select(bag))
    assert opened.weight_g == 777
    assert await violations(db) == 0


async def test_a_hole_in_a_stream_holds_its_lane_until_it_is_filled(db):
    """Order within a device is part of the meaning: nothing after a hole is acted on before the hole is filled."""
    await announce_text(db)
    sorter = Stream()
    first, second, third = (
        sorter.message(x) for x in (induct("t1"), decision("t1", "RA473124829CN", "c01"), confirmed("t1", "c01"))
    )
    (ack,) = await bring(db, first, third)
    assert (ack.through_seq, ack.missing) == (1, [2])
    (one,) = await rows(db, sa.select(item))
    assert one.result == "on_line"
    (ack,) = await bring(db, second)
    assert (ack.through_seq, ack.missing) == (3, [])
    (one,) = await rows(db, sa.select(item))
    assert one.result == "sorted"


async def test_an_unread_item_becomes_a_parcel_that_somebody_must_code(db):
    """Nothing physical is without a record: what could not be read still lies in a chute."""
    sorter = Stream()
    steps = [induct("t1"), decision("t1", None, "c41", SortReason.NO_READ), confirmed("t1", "c41")]
    await bring(db, *[sorter.message(step) for step in steps])
    (one,) = await rows(db, sa.select(parcel))
    assert (one.waybill_no, one.state, one.reason) == (None, "exception", "NO_READ")
    assert await rows(db, sa.select(bag)) == []
    assert [row.units for row in await rows(db, sa.select(balance))] == [1]
    assert await violations(db) == 0


async def test_a_parcel_that_came_before_its_manifest_is_completed_by_it(db):
    """Carriers' manifests come late; the parcel waits under its number and is not announced a second time."""
    sorter = Stream()
    code = "RA473124829CN"
    steps = [induct("t1"), decision("t1", code, "c42", SortReason.NO_DATA), confirmed("t1", "c42")]
    await bring(db, *[sorter.message(step) for step in steps])
    result = await announce_text(db)
    assert (result.accepted, result.repeated) == (3, 0)
    (one,) = await rows(db, sa.select(parcel).where(parcel.c.waybill_no == code))
    assert (one.state, one.reason, one.destination) == ("exception", "NO_DATA", "MOW")
    steps = [induct("t2"), decision("t2", code, "c01"), confirmed("t2", "c01")]
    await bring(db, *[sorter.message(step) for step in steps])
    (one,) = await rows(db, sa.select(parcel).where(parcel.c.waybill_no == code))
    assert one.state == "sorted"
    assert await violations(db) == 0


@pytest.mark.parametrize("batches", [3, 1])
async def test_a_controller_that_counts_anew_loses_no_item(db, batches):
    """After a cold start the tracking ids of last week come again, for other parcels: both records are kept."""
    await announce_text(db)
    sorter, messages = Stream(), []
    for hours, code, chute in ((0, "RA473124829CN", "c01"), (1, "CP123456785CN", "c12"), (2, "CP000000005CN", "c13")):
        events = [sorter.event(step) for step in (induct("t1"), decision("t1", code, chute), confirmed("t1", chute))]
        messages += [as_message(one.model_copy(update={"ts": one.ts + timedelta(hours=hours)})) for one in events]
    for start in range(0, 9, 9 // batches):
        await bring(db, *messages[start : start + 9 // batches])
    found = await rows(db, sa.select(item.c.tid, item.c.actual, item.c.result).order_by(item.c.first_seen_at))
    assert [(row.tid.partition("~")[0], row.actual, row.result) for row in found] == [
        ("t1", "c01", "sorted"),
        ("t1", "c12", "sorted"),
        ("t1", "c13", "sorted"),
    ]
    states = await rows(db, sa.select(parcel.c.state).distinct())
    assert [row.state for row in states] == ["sorted"]
    assert await violations(db) == 0


async def test_a_weight_declared_late_reaches_the_bag(db):
    """A parcel fell into a bag before anybody announced it; the bag weighs what its manifest says, as the proof demands."""
    sorter = Stream()
    code = "RA473124829CN"
    await bring(
        db, *[sorter.message(step) for step in (induct("t1"), decision("t1", code, "c01"), confirmed("t1", "c01"))]
    )
    (before,) = await rows(db, sa.select(bag.c.weight_g))
    await announce_text(db)
    (after,) = await rows(db, sa.select(bag.c.weight_g))
    assert (before.weight_g, after.weight_g) == (0, 1200)
    assert await violations(db) == 0


async def test_two_items_with_one_label_never_become_one_parcel(db):
    """A copied label is a fraud or a mistake; the second item stays unidentified and an alarm names both."""
    await announce_text(db)
    sorter = Stream()
    code = "RA473124829CN"
    steps = [
        induct("t1"),
        induct("t2"),
        decision("t1", code, "c01"),
        decision("t2", code, "c01"),
        confirmed("t1", "c01"),
        confirmed("t2", "c01"),
    ]
    await bring(db, *[sorter.message(step) for step in steps])
    parcels = await rows(db, sa.select(parcel.c.id).join(item, item.c.parcel_id == parcel.c.id))
    assert len(set(parcels)) == 2
    assert await violations(db) == 0


async def test_a_lost_item_stands_in_the_ledger_as_lost(db):
    """When tracking is lost, nobody knows the place; the ledger says exactly that until a person finds the parcel."""
    await announce_text(db)
    sorter = Stream()
    steps = [induct("t1"), decision("t1", "RA473124829CN", "c01"), lost("t1"), confirmed("t1", "c01")]
    await bring(db, *[sorter.message(step) for step in steps])
    (one,) = await rows(db, sa.select(parcel).where(parcel.c.waybill_no == "RA473124829CN"))
    assert (one.state, one.reason) == ("exception", "LOST_TRACKING")
    assert await violations(db) == 0


@pytest.mark.parametrize("batch", [1, 7, 200])
async def test_bags_close_on_count_and_on_a_full_chute(db, batch):
    """Forty parcels or a full chute end a bag: it gets an SSCC, its parcels leave the directory, a new bag begins."""
    sorter = Stream()
    header = MANIFEST.splitlines()[0]
    codes = [f"SF10000000{n:05d}" for n in range(95)]
    text = "\n".join([header] + [f"{code},MOW,EXP,100,1,Tea,,," for code in codes])
    assert (await announce_text(db, text)).accepted == 95
    steps = []
    for n, code in enumerate(codes):
        steps += [induct(f"t{n}"), decision(f"t{n}", code, "c01"), confirmed(f"t{n}", "c01")]
    steps.append(chute_state("c01", "full"))
    messages = [sorter.message(step) for step in steps]
    for start in range(0, len(messages), batch * 3):
        await bring(db, *messages[start : start + batch * 3])
    closed = await rows(db, sa.select(bag).order_by(bag.c.sscc))
    assert [(one.parcels, one.close_reason) for one in closed] == [(40, "count"), (40, "count"), (15, "full")]
    assert len({one.sscc for one in closed}) == 3
    assert all(len(one.sscc) == 18 for one in closed)
    states = await rows(db, sa.select(parcel.c.state).distinct())
    assert [row.state for row in states] == ["bagged"]
    assert await violations(db) == 0


async def test_a_message_that_is_no_event_is_parked_and_blocks_nobody(db):
    """Malformed JSON, unknown versions, foreign devices: visible, never lost, never a crash."""
    sorter = Stream()
    good = sorter.message(induct("t1"))
    topic = good.topic
    version2 = good.payload.replace(b'"v":1', b'"v":2')
    foreign = Message(topic.replace("/sorter/", "/scale1/"), good.payload, False, (1, 1, 1))
    bad = [
        Message(topic, b"\xff\xfe{", False, (1, 1, 1)),
        Message(topic, b"{" * 70_000, False, (1, 1, 1)),
        Message(topic, version2, False, (1, 1, 1)),
        foreign,
        Message("kouan/v1/x", b"{}", False, (1, 1, 1)),
    ]
    await bring(db, *bad, good, *bad)
    parked = await rows(db, sa.text("SELECT code, times FROM parked_message ORDER BY code"))
    assert parked == [
        ("bad_topic", 2),
        ("foreign_device", 2),
        ("not_json", 2),
        ("too_large", 2),
        ("unknown_version", 2),
    ]
    assert len(await rows(db, sa.select(item))) == 1


async def test_an_event_of_unknown_type_keeps_its_place_and_is_rejected(db):
    """A newer gateway may send what this version does not know: the lane goes on, the sender is told, a person can look."""
    sorter = Stream()
    strange = sorter.event(induct("t1"))
    strange = Envelope.model_validate(strange.model_dump() | {"type": "levitate"})
    (ack,) = await bring(db, as_message(strange), sorter.message(induct("t2")))
    assert ack.through_seq == 2
    assert [(one.seq, one.code) for one in ack.rejected] == [(1, "unknown_type")]
    assert [row.tid for row in await rows(db, sa.select(item.c.tid))] == ["t2"]


async def test_a_nul_character_cannot_poison_a_batch(db):
    """PostgreSQL stores no NUL in text; one such code must not hold up a thousand good events."""
    sorter = Stream()
    poison = sorter.event(induct("t1"))
    payload = poison.to_json().replace(b'"in-1"', b'"in\\u0000"')
    await bring(db, Message(as_message(poison).topic, payload, False, (1, 1, 1)), sorter.message(induct("t2")))
    assert [row.tid for row in await rows(db, sa.select(item.c.tid))] == ["t2"]


async def test_the_journal_refuses_to_be_rewritten(db):
    """The ledger is evidence: the database itself refuses UPDATE and DELETE."""
    await announce_text(db)
    sorter = Stream()
    await bring(db, *[sorter.message(x) for x in (induct("t1"), decision("t1", "RA473124829CN", "c01"))])
    for statement in ("UPDATE journal SET cause = 'x'", "DELETE FROM journal", "TRUNCATE journal"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            async with db.engine.begin() as conn:
                await conn.execute(sa.text(statement))


async def test_the_proof_names_what_somebody_changed_by_hand(db):
    """A proof that cannot fail proves nothing: each tampering is found."""
    await announce_text(db)
    sorter = Stream()
    steps = [induct("t1"), decision("t1", "RA473124829CN", "c01"), confirmed("t1", "c01")]
    await bring(db, *[sorter.message(step) for step in steps])
    tamperings = [
        "UPDATE balance SET units = units + 1 WHERE place_id IN (SELECT id FROM bag)",
        "UPDATE bag SET parcels = 2",
        "UPDATE parcel SET state = 'announced' WHERE waybill_no = 'RA473124829CN'",
        "UPDATE unit SET place_id = (SELECT id FROM location WHERE name = 'S1-c05') WHERE kind = 'parcel'",
        "UPDATE unit SET chain = repeat('f', 64) WHERE kind = 'parcel'",
        "UPDATE tracked_item SET finished_at = NULL",
        "ALTER TABLE journal DISABLE TRIGGER ALL; UPDATE journal SET happened_at = now() WHERE cause = 'decision'",
    ]
    for tampering in tamperings:
        async with db.engine.connect() as conn:
            for statement in tampering.split(";"):
                await conn.execute(sa.text(statement))
            proof = await _prove_here(conn)
            assert proof.violations > 0, tampering
            await conn.rollback()
    assert await violations(db) == 0


async def _prove_here(conn):
    """Prove inside an open transaction that holds uncommitted tampering."""
    from wms.proof import prove as module

    found = [violation async for violation in module._violations(conn)]
    return module.Proof(0, len(found), found)


async def test_the_line_is_told_of_a_hold_by_its_directory(db):
    """A customs hold reaches the gateway as a new version of the parcel's bucket."""
    from dataclasses import replace

    from devices.contract.sort_table import bucket_of
    from wms.access.rights import rights_of
    from wms.kit.actor import Actor
    from wms.parcels.hold import ChangeHold
    from wms.sorting.build_directory import build_buckets, mark_published
    from wms.sorting.hold_parcel import hold_parcel

    await announce_text(db)
    async with db.read() as conn:
        buckets = await build_buckets(conn, 256)
    await db.run(mark_published, buckets, actor=SYSTEM)
    (row,) = await rows(db, sa.select(parcel).where(parcel.c.waybill_no == "RA473124829CN"))
    officer = Actor(row.id, "officer", "customs_officer", rights_of("customs_officer"), None)
    await db.run(hold_parcel, ChangeHold(parcel_id=row.id, hold=True, note="布控 42"), actor=officer)
    async with db.read() as conn:
        (bucket,) = await build_buckets(conn, 256)
    assert bucket.bucket == bucket_of("RA473124829CN")
    assert bucket.entries["RA473124829CN"].h
    assert replace(officer, sites=frozenset({"MLX-S"})).may("parcel.hold", "SFH-S") is False


async def test_an_empty_scale_weighs_nothing(db):
    """A scale that answers after the parcel left says 0 g; a bag must not be weighed by that."""
    await announce_text(db)
    sorter, scale = Stream("sorter"), Stream("scale1")
    light = decision("t1", "RA473124829CN", "c01").model_copy(update={"weight_g": 0})
    await bring(
        db, scale.message(weight("t1", 0)), *[sorter.message(x) for x in (induct("t1"), light, confirmed("t1", "c01"))]
    )
    (opened,) = await rows(db, sa.select(bag))
    assert opened.weight_g == 1200
    assert await violations(db) == 0


async def test_a_hole_nobody_can_fill_is_given_up_after_a_long_wait_with_an_alarm(db):
    """A gateway that lost its disk cannot send again; the line must be followed again, and a person must know."""
    sorter = Stream()
    first, _, third = (sorter.message(induct(tid)) for tid in ("t1", "t2", "t3"))
    await bring(db, first, third)
    assert await db.run(skip_old_gaps, timedelta(minutes=10), actor=SYSTEM) == 0
    assert await db.run(skip_old_gaps, timedelta(seconds=-1), actor=SYSTEM) == 1
    reactor = Reactor(db, "9501101")
    while await reactor.drain():
        pass
    assert sorted(row.tid for row in await rows(db, sa.select(item.c.tid))) == ["t1", "t3"]
    (raised,) = await rows(db, sa.text("SELECT code, params FROM alarm"))
    assert (raised.code, raised.params) == ("sequence_gap", {"missing": 1, "after": 1})
    assert await violations(db) == 0

"""A proof that cannot fail proves nothing: every law is broken by hand once, and named."""

import pytest
import sqlalchemy as sa

from tests.support.line_events import Stream, confirmed, decision, induct, weight
from wms.inbound.announce import Announce, announce
from wms.inbound.read_manifest import read_manifest
from wms.kit.actor import SYSTEM
from wms.kit.db import Database
from wms.kit.seal import Seal
from wms.parcels.tables import bag
from wms.proof.prove import _LAWS, _violations, prove
from wms.sorting.close_bag import CloseBag, close_bag
from wms.workers.ingest import sort_messages, store_batch
from wms.workers.react import Reactor

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

CODES = [f"SF10000000{n:05d}" for n in range(5)]
OFF = "ALTER TABLE journal DISABLE TRIGGER ALL; ALTER TABLE unit DISABLE TRIGGER ALL; "
ON_BELT = "(SELECT id FROM parcel WHERE state = 'on_line')"
BROKEN = {
    "balance equals the units whose journal ends there": ["UPDATE balance SET units = units + 1"],
    "a bag counts and weighs what the journal put in": [
        "UPDATE bag SET parcels = parcels + 1",
        "UPDATE bag SET weight_g = weight_g - 1",
        "UPDATE parcel SET measured_weight_g = 5 WHERE state = 'bagged'",
    ],
    "a parcel is where its state says": [
        "UPDATE parcel SET state = 'sorted' WHERE state = 'bagged'",
        "UPDATE parcel SET state = 'exception' WHERE state = 'announced'",
        "UPDATE parcel SET state = 'announced' WHERE state = 'exception'",
    ],
    "every unit came by the journal": [f"{OFF}DELETE FROM journal WHERE unit_id IN {ON_BELT}"],
    "a bag bears the code of its unit": ["UPDATE unit SET sscc = reverse(sscc) WHERE kind = 'bag'"],
    "nothing held or unknown is sealed": [
        "UPDATE parcel SET hold = true WHERE state = 'bagged'",
        "UPDATE parcel SET waybill_no = NULL WHERE state = 'bagged'",
    ],
    "a parcel is on the belt as exactly one item": [
        f"UPDATE tracked_item SET parcel_id = NULL WHERE parcel_id IN {ON_BELT}",
        "INSERT INTO tracked_item (line, tid, first_seen_at, codes, scans, passes, result, repeats, parcel_id) "
        f"SELECT line, 'twin', now(), '[]', 0, 0, 'on_line', 0, parcel_id FROM tracked_item WHERE parcel_id IN {ON_BELT}",
    ],
    "an item that ended landed once": [
        f"{OFF}INSERT INTO journal (unit_id, from_place_id, to_place_id, happened_at, recorded_at, cause, cause_id, actor_id, "
        "digest) SELECT unit_id, from_place_id, to_place_id, now(), now(), cause, gen_random_uuid(), actor_id, digest "
        "FROM journal WHERE cause = 'sort_conf'",
        "UPDATE tracked_item SET parcel_id = (SELECT id FROM parcel WHERE state = 'announced' LIMIT 1) WHERE result = 'sorted'",
    ],
    "a manifest counts the parcels it brought": [
        "UPDATE manifest SET accepted = accepted - 1, repeated = repeated + 1",
        "UPDATE manifest SET rows = rows + 1",
        "UPDATE parcel SET manifest_id = NULL WHERE state = 'announced'",
    ],
    "a finished item has a parcel, an unfinished one no result": [
        "UPDATE tracked_item SET finished_at = now() WHERE result = 'on_line'",
        "UPDATE tracked_item SET parcel_id = NULL WHERE result = 'sorted'",
    ],
    "no event was handled beyond what was received": ["UPDATE inbox_lane SET handled_seq = through_seq + 1"],
    "every event up to the acknowledged end is stored": [
        "DELETE FROM inbox_event WHERE seq = 2",
        "UPDATE inbox_lane SET skipped = 1",
    ],
    "the journal's chain is unbroken": [
        f"{OFF}UPDATE journal SET happened_at = now()",
        f"{OFF}DELETE FROM journal WHERE cause = 'decision'",
    ],
    "a unit leaves from where it was": [
        f"{OFF}UPDATE journal SET from_place_id = (SELECT lost_id FROM line) WHERE cause = 'sort_conf'"
    ],
    "a unit is where its journal ends": [
        f"{OFF}UPDATE unit SET place_id = (SELECT lost_id FROM line) WHERE id IN {ON_BELT}",
        f"{OFF}DELETE FROM journal WHERE cause = 'sort_conf'",
        "UPDATE unit SET chain = repeat('f', 64)",
    ],
    "the audit trail is unbroken": [
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL; UPDATE audit_entry SET actor_name = 'x', action = 'y'",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL; DELETE FROM audit_entry WHERE id = (SELECT min(id) FROM audit_entry)",
    ],
}


@pytest.fixture
async def day(db: Database) -> Database:
    """One parcel in each state: announced, on the belt, an exception, sorted into an open bag, in a closed bag."""
    text = "waybill_no,destination,service,weight_g,pieces,goods\n"
    data = (text + "".join(f"{code},MOW,EXP,700,1,Tea\n" for code in CODES)).encode()
    await db.run(
        announce, Announce("SFH-S", "m.csv", data, read_manifest(data, "m.csv"), Seal(b"k" * 32)), actor=SYSTEM
    )
    sorter = Stream()
    steps = [
        *(induct("t1"), decision("t1", CODES[0], "c01"), confirmed("t1", "c01"), weight("t1", 710)),
        *(induct("t2"), decision("t2", CODES[1], "c01")),
        *(induct("t3"), decision("t3", None, "c41"), confirmed("t3", "c41")),
    ]
    await _bring(db, sorter, steps)
    async with db.read() as conn:
        id = await conn.scalar(sa.select(bag.c.id))
    leader = SYSTEM.__class__(SYSTEM.id, "leader", "shift_leader", frozenset({"bag.close"}), None)
    await db.run(close_bag, CloseBag(bag_id=id, company_prefix="9501101"), actor=leader)
    await _bring(db, sorter, [induct("t4"), decision("t4", CODES[2], "c01"), confirmed("t4", "c01")])
    return db


async def _bring(db: Database, stream: Stream, steps: list) -> None:
    await db.run(store_batch, sort_messages([stream.message(step) for step in steps]), actor=SYSTEM)
    reactor = Reactor(db, "9501101")
    while await reactor.drain():
        pass


async def test_an_untouched_day_is_proven(day: Database):
    """The day of these tests has a parcel in every state, and no contradiction."""
    async with day.read() as conn:
        assert (await prove(conn)).first == []
        states = set(await conn.scalars(sa.text("SELECT state FROM parcel")))
    assert states == {"announced", "on_line", "exception", "sorted", "bagged"}


async def test_every_law_names_what_breaks_it(day: Database):
    """Each tampering is found, and by the law that speaks of it."""
    for law, tamperings in BROKEN.items():
        for tampering in tamperings:
            async with day.engine.connect() as conn:
                for statement in tampering.split("; "):
                    await conn.execute(sa.text(statement))
                found = {violation.law async for violation in _violations(conn)}
                assert law in found, (law, tampering, found)
                await conn.rollback()


def test_every_law_is_broken_here():
    """A new law comes with a tampering that it finds."""
    assert set(_LAWS) <= set(BROKEN)

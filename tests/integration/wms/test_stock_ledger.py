"""The ledger of quantities: what it keeps, what it refuses, and what it remembers."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import sqlalchemy as sa

from tests.support.goods import SITE, Goods
from wms.command.refusals import CONSTRAINTS
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.kit.refusal import Refusal
from wms.stock.correct import ReversePosting, reverse_posting
from wms.stock.find import StockFilter, find_stock
from wms.stock.look_back import look_back
from wms.stock.move import Move, move_units
from wms.stock.place_hold import PlaceHold, ReleaseHold, place_hold, release_hold
from wms.stock.post import Entry, post
from wms.stock.reserve import Want, release, reserve
from wms.stock.stock_key import StockKey
from wms.stock.virtual import virtual_location

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


@pytest.fixture
async def goods(database_url: str):
    db = Database(database_url, refusals=CONSTRAINTS)
    yield Goods(db)
    await db.close()


async def posting(goods: Goods, *entries: Entry, cause: str = "test"):
    async def verb(tx: Tx, _: None):
        return await post(tx, entries, cause=cause, site=goods.site)

    return await goods.db.run(verb, None, actor=SYSTEM)


async def refused(goods: Goods, *entries: Entry) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await posting(goods, *entries)
    return caught.value


async def outside(goods: Goods):
    async def verb(tx: Tx, _: None):
        return await virtual_location(tx, goods.site, "outside")

    return await goods.db.run(verb, None, actor=SYSTEM)


async def test_the_database_computes_the_same_row_id(goods: Goods):
    """Python and the database derive a stock row's id from its dimensions alike, or equal goods would lie in two rows."""
    item = await goods.item(tracking="lot")
    full = await goods.key(await goods.place(), item, lot_id=await goods.lot(item, "L1"))
    async with goods.db.read() as conn:
        for key in (full, full.become(lot_id=None, condition="damaged")):
            assert key.id == await conn.scalar(
                sa.select(
                    sa.func.stock_id(
                        *(key.place_id, key.item_id, key.owner_id, key.customs_status, key.condition),
                        *(key.lot_id, key.serial_id, key.account_line_id),
                    )
                )
            )


async def test_what_is_not_there_cannot_be_taken(goods: Goods):
    """Row 30: no posting, alone or in a batch, leaves a negative balance, and the refusal says what there is."""
    key = await goods.stock(quantity=10)
    target = key.at(await goods.place("T-01-02"))
    error = await refused(goods, Entry(key, target, Decimal(6)), Entry(key, target, Decimal(5)))
    assert error.code == "insufficient_stock"
    assert error.params | {"place": "T-01-01", "available": "10", "wanted": "11"} == error.params
    assert (await goods.balance(key))[0] == 10
    assert (await goods.balance(target))[0] == 0


async def test_the_database_itself_refuses_negative_stock_and_changed_history(goods: Goods):
    """Rows 30 and 31: below all code, CHECK constraints and triggers hold the same laws."""
    key = await goods.stock(quantity=10)
    for statement in (
        f"UPDATE stock SET quantity = -1 WHERE id = '{key.id}'",
        f"UPDATE stock SET reserved = 11 WHERE id = '{key.id}'",
        "UPDATE stock_entry SET quantity = 9",
        "DELETE FROM stock_entry",
        "TRUNCATE stock_entry",
    ):
        with pytest.raises(sa.exc.DBAPIError):
            async with goods.db.engine.begin() as conn:
                await conn.execute(sa.text(statement))


async def test_twenty_clients_reserving_ten(goods: Goods):
    """Row 14: of twenty who reserve one of ten at once exactly ten succeed; the others are told so, nobody sees an error."""
    key = await goods.stock(quantity=10)

    async def one() -> bool:
        async def verb(tx: Tx, _: None):
            return await reserve(tx, [Want(key.id, uuid4(), Decimal(1))])

        try:
            await goods.db.run(verb, None, actor=SYSTEM)
        except Refusal as error:
            if error.code != "insufficient_stock":
                raise
            return False
        return True

    assert sum(await asyncio.gather(*(one() for _ in range(20)))) == 10
    assert await goods.balance(key) == (10, 10, 0)


async def test_reserved_goods_are_taken_only_by_their_reservation(goods: Goods):
    """Row 14: a reservation is hard. Others take only the rest; it gives once; what is released is free."""
    key = await goods.stock(quantity=10)
    target = key.at(await goods.place("T-01-02"))

    async def wish(tx: Tx, quantity: Decimal):
        return (await reserve(tx, [Want(key.id, uuid4(), quantity)]))[0]

    first = await goods.db.run(wish, Decimal(6), actor=SYSTEM)
    second = await goods.db.run(wish, Decimal(3), actor=SYSTEM)
    assert (await refused(goods, Entry(key, target, Decimal(2)))).code == "insufficient_stock"
    await posting(goods, Entry(key, target, Decimal(4), reservation_id=first))
    assert await goods.balance(key) == (6, 5, 0)
    assert (await refused(goods, Entry(key, target, Decimal(3), reservation_id=first))).code == "reservation_gone"

    async def free(tx: Tx, _: None):
        await release(tx, [first, second])

    await goods.db.run(free, None, actor=SYSTEM)
    await goods.db.run(free, None, actor=SYSTEM)
    assert await goods.balance(key) == (6, 0, 0)


async def test_owners_and_customs_statuses_never_mix_in_one_bin(goods: Goods):
    """Rows 9 and 34: equal articles in one bin stay apart by owner and by customs status; each is taken only as what it is."""
    mine = await goods.stock(quantity=5)
    theirs = mine.become(owner_id=await goods.party("CRAB"))
    bonded = mine.become(customs_status="duty_unpaid")
    await goods.bring(theirs, 7)
    await goods.bring(bonded, 9)
    target = await goods.place("T-01-02")
    assert (await refused(goods, Entry(mine, mine.at(target), Decimal(6)))).code == "insufficient_stock"
    assert [(await goods.balance(key))[0] for key in (mine, theirs, bonded)] == [5, 7, 9]


async def test_the_account_line_follows_what_is_physically_there(goods: Goods):
    """Row 35: an account line equals the sum of its stock at all times; it is never overdrawn."""
    item = await goods.item()
    line = await goods.account_line(item)
    key = await goods.key(await goods.place(), item, customs_status="duty_unpaid", account_line_id=line)
    await goods.bring(key, 100)
    moved = key.at(await goods.place("T-01-02"))
    await posting(goods, Entry(key, moved, Decimal(30)))
    await posting(goods, Entry(moved, await outside(goods), Decimal(12)))
    released = moved.become(customs_status="free", account_line_id=None)
    await posting(goods, Entry(moved, released, Decimal(8)))
    assert (await refused(goods, Entry(moved, await outside(goods), Decimal(11)))).code == "insufficient_stock"
    async with goods.db.read() as conn:
        account = await conn.scalar(sa.text("SELECT quantity FROM account_line WHERE id = :id").bindparams(id=line))
        physical = await conn.scalar(
            sa.text("SELECT sum(quantity) FROM stock WHERE account_line_id = :id").bindparams(id=line)
        )
    assert account == physical == 80


async def test_one_of_a_hundred_brings_a_serial(goods: Goods):
    """Row 8: a hundred who bring one serial at once: one succeeds, the database refuses the others."""
    item = await goods.item("DRONE", tracking="serial")
    one = await goods.serial(item, "SN-1")
    keys = [await goods.key(await goods.place(f"T-02-{n:02}"), item, serial_id=one) for n in range(100)]

    async def bring(key: StockKey) -> bool:
        try:
            await goods.bring(key, 1)
        except Refusal as error:
            if error.code != "serial_exists":
                raise
            return False
        return True

    await outside(goods)
    await goods.party()
    assert sum(await asyncio.gather(*(bring(key) for key in keys))) == 1


async def test_a_serial_moves_between_bins(goods: Goods):
    """Row 8: uniqueness must not forbid the move of the one there is, also not within a batch that swaps two."""
    item = await goods.item("DRONE", tracking="serial")
    here, there = await goods.place(), await goods.place("T-01-02")
    first = await goods.key(here, item, serial_id=await goods.serial(item, "SN-1"))
    second = await goods.key(there, item, serial_id=await goods.serial(item, "SN-2"))
    await goods.bring(first, 1)
    await goods.bring(second, 1)
    await posting(goods, Entry(first, first.at(there), Decimal(1)), Entry(second, second.at(here), Decimal(1)))
    assert [(await goods.balance(key))[0] for key in (first.at(there), second.at(here), first, second)] == [1, 1, 0, 0]


@pytest.mark.parametrize(
    ("limits", "item", "code"),
    [
        ({"temperature": "frozen"}, {}, "wrong_temperature"),
        ({"customs_statuses": ["duty_unpaid"]}, {}, "wrong_customs_zone"),
        ({"max_weight_g": 999}, {"weight_g": 100}, "location_overweight"),
        ({"max_volume_mm3": 999}, {"length_mm": 10, "width_mm": 10, "height_mm": 1}, "location_full"),
        ({"dangerous_classes": ["9"]}, {"dangerous_class": "3"}, "dangerous_goods_refused"),
        ({"mixing": "one_item"}, {}, "mixing_forbidden"),
        ({"mixing": "one_owner"}, {}, "mixing_forbidden"),
    ],
)
async def test_a_place_refuses_what_it_may_not_hold(goods: Goods, limits: dict, item: dict, code: str):
    """Row 5: temperature, customs zone, weight, volume, class and mixing are refused with a reason, and nothing moves."""
    key = await goods.key(await goods.place(), await goods.item(**item))
    await goods.bring(key, 10)
    limited = await goods.place("L-01", **limits)
    if code == "mixing_forbidden":
        other = await goods.key(limited, await goods.item("OTHER"), owner_id=await goods.party("CRAB"))
        await goods.bring(other, 1)
    assert (await refused(goods, Entry(key, key.at(limited), Decimal(10)))).code == code
    assert (await goods.balance(key))[0] == 10


async def test_two_that_fit_one_by_one_do_not_both_pass(goods: Goods):
    """Row 5: capacity holds under concurrency; ten who bring 3 kg each to a place of 10 kg leave 9 kg there."""
    key = await goods.key(await goods.place(), await goods.item(weight_g=1000))
    await goods.bring(key, 100)
    limited = await goods.place("L-01", max_weight_g=10_000)

    async def bring() -> bool:
        try:
            await posting(goods, Entry(key, key.at(limited), Decimal(3)))
        except Refusal as error:
            if error.code != "location_overweight":
                raise
            return False
        return True

    assert sum(await asyncio.gather(*(bring() for _ in range(10)))) == 3


async def test_classes_that_react_are_kept_apart(goods: Goods):
    """Row 57: class 3 next to class 5.1 is refused."""
    async with goods.db.engine.begin() as conn:
        await conn.execute(sa.text("INSERT INTO dangerous_segregation VALUES ('3', '5.1') ON CONFLICT DO NOTHING"))
    shelf = await goods.place()
    await goods.bring(await goods.key(shelf, await goods.item("THINNER", dangerous_class="3")), 1)
    peroxide = await goods.key(await goods.place("T-09"), await goods.item("PEROXIDE", dangerous_class="5.1"))
    await goods.bring(peroxide, 1)
    assert (await refused(goods, Entry(peroxide, peroxide.at(shelf), Decimal(1)))).code == "segregation"


async def test_a_late_entry_counts_from_when_it_happened(goods: Goods):
    """Rows 32 and 33: a back-dated entry rewrites nothing; the past by event time includes it, by record time does not."""
    key = await goods.stock(quantity=10)
    target = key.at(await goods.place("T-01-02"))
    before = datetime.now(UTC)
    await asyncio.sleep(0.01)
    async with goods.db.read() as conn:
        rows = await conn.scalar(sa.text("SELECT count(*) FROM stock_entry"))
    await posting(goods, Entry(key, target, Decimal(4), happened_at=before - timedelta(hours=1)))
    async with goods.db.read() as conn:
        assert await conn.scalar(sa.text("SELECT count(*) FROM stock_entry")) == rows + 1
        then = {
            basis: {row.location: row.quantity for row in await look_back(conn, SYSTEM, before, basis=basis)}  # type: ignore[arg-type]
            for basis in ("recorded", "happened")
        }
        now = {row.location: row.quantity for row in await look_back(conn, SYSTEM, datetime.now(UTC))}
    assert then == {"recorded": {"T-01-01": 10}, "happened": {"T-01-01": 6, "T-01-02": 4}}
    assert now == {"T-01-01": 6, "T-01-02": 4}


async def test_a_pallet_of_three_levels_moves_by_one_scan(goods: Goods):
    """Row 11: the pallet moves, and all in it is elsewhere; the past still knows where."""
    item = await goods.item()
    dock, aisle = await goods.place("DOCK", "dock"), await goods.place()
    pallet = await goods.unit(dock)
    bags = [await goods.unit(pallet, "bag") for _ in range(3)]
    boxes = [await goods.unit(bag, "case") for bag in bags for _ in range(4)]
    for box in boxes:
        await goods.bring(await goods.key(box, item), 5)
    before = datetime.now(UTC)
    await asyncio.sleep(0.01)

    async def move(tx: Tx, _: None):
        await move_units(tx, [Move(pallet, aisle, tx.now, "move", tx.new_id())])

    await goods.db.run(move, None, actor=SYSTEM)
    async with goods.db.read() as conn:
        found = await find_stock(conn, SYSTEM, StockFilter(site=SITE))
        assert {row.location for row in found} == {"T-01-01"}
        assert sum(row.quantity for row in found) == 60
        past = await look_back(conn, SYSTEM, before)
        assert {row.location for row in past} == {"DOCK"}
        assert sum(row.quantity for row in past) == 60
        assert await conn.scalar(sa.text("SELECT count(*) FROM journal WHERE cause = 'move'")) == 1


async def test_a_unit_cannot_go_into_itself_or_leave_full(goods: Goods):
    """Row 11: no unit inside its own content, and no unit leaves the ledger with goods the ledger still counts."""
    place = await goods.place()
    pallet = await goods.unit(place)
    bag = await goods.unit(pallet, "bag")
    await goods.bring(await goods.key(bag, await goods.item()), 1)
    gone = await outside(goods)
    for target, code in ((bag, "unit_in_itself"), (gone, "unit_not_empty")):

        async def move(tx: Tx, to):
            await move_units(tx, [Move(pallet, to, tx.now, "move", tx.new_id())])

        with pytest.raises(Refusal) as caught:
            await goods.db.run(move, target, actor=SYSTEM)
        assert caught.value.code == code


async def test_a_hold_stops_a_lot_everywhere(goods: Goods):
    """Row 28: from the moment a hold on a lot is placed, none of it can be reserved or leave at any site."""

    boss = replace(SYSTEM, rights=frozenset({"hold.write"}))
    item = await goods.item(tracking="lot")
    lot = await goods.lot(item, "L-BAD", date(2027, 1, 1))
    keys = []
    for site in ("IKT-O", "MOW-O", "SFH-B"):
        there = Goods(goods.db, site=site, parties=goods.parties)
        pallet = await there.unit(await there.place())
        keys.append(await there.key(pallet, item, lot_id=lot))
        await there.bring(keys[-1], 10)

    async def promise(tx: Tx, key: StockKey):
        return await reserve(tx, [Want(key.id, uuid4(), Decimal(1))])

    reservation = (await goods.db.run(promise, keys[0], actor=SYSTEM))[0]
    held = await goods.db.run(place_hold, PlaceHold(lot_id=lot, reason="recall", note="foreign bodies"), actor=boss)
    for key in keys:
        with pytest.raises(Refusal) as caught:
            await goods.db.run(promise, key, actor=SYSTEM)
        assert caught.value.code == "on_hold"
        assert (await refused(goods, Entry(key, await outside(goods), Decimal(1)))).code == "on_hold"
    picked = Entry(keys[0], keys[0].at(await goods.place("TOTE", "packing")), Decimal(1), reservation, guard=True)
    assert (await refused(goods, picked)).code == "on_hold"
    async with goods.db.read() as conn:
        assert {row.available for row in await find_stock(conn, SYSTEM, StockFilter(lot="L-BAD"))} == {0}
    await posting(goods, Entry(keys[1], keys[1].at(await goods.place("QUARANTINE")), Decimal(1)))
    await goods.db.run(release_hold, ReleaseHold(id=held.id, note="tests passed"), actor=boss)
    await goods.db.run(promise, keys[1], actor=SYSTEM)


async def test_a_correction_is_a_reversal_and_happens_once(goods: Goods):
    """Row 31: what was wrong stays in the journal beside its reverse; it cannot be undone twice."""
    clerk = replace(SYSTEM, rights=frozenset({"stock.correct"}))
    key = await goods.stock(quantity=10)
    target = key.at(await goods.place("T-01-02"))
    wrong = await posting(goods, Entry(key, target, Decimal(4)), cause="move")
    undo = ReversePosting(posting_id=wrong, reason="wrong bin")
    await goods.db.run(reverse_posting, undo, actor=clerk)
    assert [(await goods.balance(one))[0] for one in (key, target)] == [10, 0]
    with pytest.raises(Refusal) as caught:
        await goods.db.run(reverse_posting, undo, actor=clerk)
    assert caught.value.code == "not_reversible"


async def test_catch_weight_is_counted_in_grams_beside_the_quantity(goods: Goods):
    """Row 13: cases are counted and weighed; both sums are exact, and neither is taken below zero."""
    key = await goods.key(await goods.place(), await goods.item("CRAB", catch_weight=True))
    target = key.at(await goods.place("T-01-02"))
    for grams in (10_120, 9_880, 10_005):
        await goods.bring(key, 1, weight_g=grams)
    await posting(goods, Entry(key, target, Decimal(1), weight_g=9_880))
    assert (await refused(goods, Entry(target, key, Decimal(1), weight_g=9_881))).code == "insufficient_stock"
    async with goods.db.read() as conn:
        rows = await conn.execute(sa.text("SELECT quantity, weight_g FROM stock ORDER BY quantity"))
        assert [tuple(row) for row in rows] == [(1, 9_880), (2, 20_125)]


async def test_what_a_document_owns_is_not_undone_behind_its_back(goods: Goods):
    """Row 31: a receipt or shipment is undone by its own verb, which takes the document back too."""
    clerk = replace(SYSTEM, rights=frozenset({"stock.correct"}))
    key = await goods.stock(quantity=10)
    shipped = await posting(goods, Entry(key, await outside(goods), Decimal(4)), cause="ship")
    with pytest.raises(Refusal) as caught:
        await goods.db.run(reverse_posting, ReversePosting(posting_id=shipped, reason="x"), actor=clerk)
    assert caught.value.code == "not_reversible"


async def test_a_hold_may_name_a_site_and_an_owner(goods: Goods):
    """Row 28: selectors narrow together; the same lot at another site, or of another owner, goes on."""
    boss = replace(SYSTEM, rights=frozenset({"hold.write"}))
    mine = await goods.stock(quantity=5)
    theirs = mine.become(owner_id=await goods.party("CRAB"))
    await goods.bring(theirs, 5)
    command = PlaceHold(owner_id=mine.owner_id, site=goods.site, reason="credit", note="unpaid")
    await goods.db.run(place_hold, command, actor=boss)
    gone = await outside(goods)
    assert (await refused(goods, Entry(mine, gone, Decimal(1)))).code == "on_hold"
    await posting(goods, Entry(theirs, gone, Decimal(1)))


async def test_a_serial_is_one_and_not_a_part_of_one(goods: Goods):
    """Half of a serial in two bins would be one thing in two places."""
    item = await goods.item("PHONE", tracking="serial")
    key = await goods.key(await goods.place(), item, serial_id=await goods.serial(item, "SN-1"))
    await goods.bring(key, 1)
    assert (
        await refused(goods, Entry(key, key.at(await goods.place("T-01-02")), Decimal("0.5")))
    ).code == "serial_exists"


async def test_both_ends_round_alike(goods: Goods):
    """A seventh decimal, rounded at one end only, would make goods of nothing."""
    key = await goods.stock()
    target = key.at(await goods.place("T-01-02"))
    await posting(goods, Entry(key, target, Decimal("0.3333335")))
    assert (await goods.balance(key))[0] + (await goods.balance(target))[0] == 100


async def test_what_customs_detains_is_not_promised(goods: Goods):
    """An order must not be promised goods that nobody may take."""
    key = await goods.key(await goods.place(), await goods.item(), customs_status="detained")
    await goods.bring(key, 10)

    async def verb(tx: Tx, _: None):
        return await reserve(tx, [Want(key.id, uuid4(), Decimal(1))])

    with pytest.raises(Refusal) as caught:
        await goods.db.run(verb, None, actor=SYSTEM)
    assert caught.value.code == "customs_blocked"


async def test_taking_and_releasing_lock_in_one_order(goods: Goods):
    """One who takes reserved goods and one who releases them meet on both rows: stock first, then the reservation."""
    key = await goods.stock()
    target = key.at(await goods.place("T-01-02"))

    async def promise(tx: Tx, _: None):
        return await reserve(tx, [Want(key.id, uuid4(), Decimal(1))])

    (id,) = await goods.db.run(promise, None, actor=SYSTEM)
    async with goods.db.engine.begin() as conn:
        await conn.execute(sa.text("SELECT FROM stock WHERE id = :id FOR UPDATE"), {"id": key.id})
        taking = asyncio.create_task(posting(goods, Entry(key, target, Decimal(1), reservation_id=id)))
        waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        for _ in range(500):
            if await conn.scalar(waiting):
                break
            await asyncio.sleep(0.01)
        await conn.execute(sa.text("SELECT FROM reservation WHERE id = :id FOR UPDATE NOWAIT"), {"id": id})
    await taking


async def test_a_pallet_and_a_box_that_react_do_not_arrive_at_once(goods: Goods):
    """Each alone may stand there; the second waits for the first and is then refused, also in a place without limits."""
    async with goods.db.engine.begin() as conn:
        await conn.execute(sa.text("INSERT INTO dangerous_segregation VALUES ('3', '5.1') ON CONFLICT DO NOTHING"))
    bay = await goods.place("DG-01")
    pallet = await goods.unit(await goods.place("T-02-01"))
    await goods.bring(await goods.key(pallet, await goods.item("THINNER", dangerous_class="3")), 1)
    box = await goods.key(await goods.place(), await goods.item("PEROXIDE", dangerous_class="5.1"))
    await goods.bring(box, 1)

    async with goods.db.engine.begin() as conn:
        tx = Tx(conn, SYSTEM, goods.db.clock())
        await move_units(tx, [Move(pallet, bay, tx.now, "move", tx.new_id())])
        second = asyncio.create_task(posting(goods, Entry(box, box.at(bay), Decimal(1))))
        await asyncio.wait([second], timeout=0.5)
    with pytest.raises(Refusal) as caught:
        await second
    assert caught.value.code == "segregation"

"""The proof of the ledger of quantities: honest books pass, and every tampering is found by the law that forbids it."""

from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from tests.support.goods import Goods
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.ownership.issue_receipt import issue_receipt
from wms.ownership.wire import IssueReceipt, ReceiptLineBody
from wms.proof.prove import _violations, prove
from wms.proof.stock_laws import STOCK_LAWS
from wms.stock.post import Entry, post
from wms.stock.reserve import Want, reserve

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

ENTRIES = "ALTER TABLE stock_entry DISABLE TRIGGER ALL; "
FREE = "ALTER TABLE stock DROP CONSTRAINT ck_stock_balance; "
TAMPERINGS = {
    "stock equals its journal": [
        f"{FREE}UPDATE stock SET quantity = quantity + 1 WHERE quantity > 1",
        "UPDATE stock SET weight_g = weight_g + 1",
        f"{ENTRIES}DELETE FROM stock_entry WHERE id = (SELECT max(id) FROM stock_entry)",
    ],
    "no stock is negative": [
        f"{FREE}UPDATE stock SET quantity = -1",
        f"{FREE}UPDATE stock SET reserved = quantity + 1",
    ],
    "a stock row's id is the digest of its dimensions": ["UPDATE stock SET customs_status = 'free'"],
    "the journal of quantities is chained": [
        f"{ENTRIES}UPDATE stock_entry SET happened_at = happened_at - interval '1 hour' WHERE cause = 'move'",
        f"{ENTRIES}UPDATE stock_entry SET cause = 'x' WHERE id = (SELECT max(id) FROM stock_entry)",
        f"{ENTRIES}DELETE FROM stock_entry WHERE id = (SELECT max(id) FROM stock_entry)",
        "UPDATE stock SET chain = 'x'::bytea",
    ],
    "what is reserved is what reservations hold": [
        "UPDATE reservation SET quantity = quantity + 1",
        "UPDATE stock SET reserved = 0",
    ],
    "an account line is what physically lies there": ["UPDATE account_line SET quantity = quantity + 1"],
    "what is held is what receipts stand for": [
        "UPDATE stock SET held = 0",
        "UPDATE warehouse_receipt_line SET quantity = quantity - 1",
    ],
    "a receipt stands for goods of its owner at its site": [
        "UPDATE warehouse_receipt SET state = 'closed'",
        "UPDATE warehouse_receipt SET owner_id = (SELECT id FROM party WHERE id <> owner_id LIMIT 1)",
    ],
    "a serial is in one place": ["UPDATE stock SET present_serial_id = NULL"],
    "a unit stands at the root of its tree": [
        "UPDATE unit SET location_id = (SELECT id FROM location WHERE name = 'T-09') WHERE kind = 'bag'"
    ],
    "nothing of the ledger lies outside": [
        "UPDATE unit SET location_id = (SELECT id FROM location WHERE virtual LIMIT 1)",
    ],
}


@pytest.fixture
async def busy(db: Database) -> Goods:
    """Goods loose, nested, reserved, bonded, serial, moved and held by a receipt."""
    goods = Goods(db)
    key = await goods.stock(quantity=10)
    other = await goods.place("T-09")
    pallet = await goods.unit(await goods.place())
    bag = await goods.unit(pallet, "bag")
    item = await goods.item()
    await goods.bring(await goods.key(bag, item), 3)
    line = await goods.account_line(item)
    await goods.bring(await goods.key(other, item, customs_status="duty_unpaid", account_line_id=line), 4)
    drone = await goods.item("DRONE", tracking="serial")
    await goods.bring(await goods.key(other, drone, serial_id=await goods.serial(drone, "SN-1")), 1)

    async def work(tx: Tx, _: None) -> None:
        await post(tx, [Entry(key, key.at(other), Decimal(2))], cause="move", site=goods.site)
        await reserve(tx, [Want(key.id, tx.new_id(), Decimal(5))])

    await db.run(work, None, actor=SYSTEM)
    clerk = replace(SYSTEM, rights=frozenset({"warehouse_receipt.write"}))
    line = ReceiptLineBody(stock_id=key.id, quantity=Decimal(2))
    await db.run(issue_receipt, IssueReceipt(site=goods.site, owner_id=key.owner_id, lines=[line]), actor=clerk)
    return goods


async def test_an_honest_ledger_is_proven(busy: Goods):
    """Row 31: replay gives the balances; chains, reservations, accounts and trees hold."""
    async with busy.db.read() as conn:
        proof = await prove(conn)
    assert proof.first == []
    assert proof.journal_rows > 5


async def test_every_law_of_stock_names_what_breaks_it(busy: Goods):
    """Rows 31 and 64: each tampering is found, and by the law that speaks of it."""
    assert set(STOCK_LAWS) == set(TAMPERINGS)
    for law, tamperings in TAMPERINGS.items():
        for tampering in tamperings:
            async with busy.db.engine.connect() as conn:
                for statement in tampering.split("; "):
                    await conn.execute(sa.text(statement))
                found = {violation.law async for violation in _violations(conn)}
                assert law in found, (law, tampering, found)
                await conn.rollback()


async def test_an_altered_entry_is_named(busy: Goods):
    """Row 64: the check names the row that was altered, and no row before it."""
    async with busy.db.engine.connect() as conn:
        await conn.execute(sa.text("ALTER TABLE stock_entry DISABLE TRIGGER ALL"))
        altered = await conn.scalar(sa.text("UPDATE stock_entry SET weight_g = 7 WHERE cause = 'move' RETURNING id"))
        named = [v.subject async for v in _violations(conn) if v.law == "the journal of quantities is chained"]
        await conn.rollback()
    assert named[0] == str(altered)

"""The proof of goods between sites and of returns: honest books pass, and every tampering is found by its law."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
import sqlalchemy as sa

from tests.support.goods import Goods
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.proof.network_laws import NETWORK_LAWS
from wms.proof.prove import _violations, prove
from wms.returns.announce_return import announce_return
from wms.returns.wire import AnnounceReturn, ReturnLineBody
from wms.stock.post import Entry, post
from wms.stock.virtual import virtual_location
from wms.transfers.create_transfer import create_transfer
from wms.transfers.reserve_transfer import ReserveTransfer, reserve_transfer
from wms.transfers.ship_transfer import ShipTransfer, ship_transfer
from wms.transfers.wire import CreateTransfer, TransferLineBody

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

CLERK = replace(SYSTEM, rights=frozenset({"transfer.write", "transfer.ship", "return.write"}))
TAMPERINGS = {
    "what a transfer sent is received, lost or in transit": [
        "UPDATE transfer_line SET received = 1",
        "UPDATE transfer_goods SET quantity = quantity - 1",
        "UPDATE reservation SET quantity = quantity + 1",
    ],
    "what is under way lies in transit": [
        "UPDATE transfer SET transit_id = (SELECT id FROM location WHERE virtual LIMIT 1)"
    ],
    "no more comes back than left": [
        "UPDATE returned_entry SET returned = returned + 1",
        "UPDATE return_line SET quantity = quantity + 1",
        "UPDATE returned_entry SET shipped = shipped + 1",
    ],
}


@pytest.fixture
async def busy(db: Database) -> Database:
    """A transfer on its way, and a return that was announced."""
    goods = Goods(db)
    key = await goods.stock(quantity=10)
    line = TransferLineBody(item_id=key.item_id, quantity=Decimal(4))
    wanted = CreateTransfer(from_site=goods.site, to_site="MOW-O", owner_id=key.owner_id, reference="T", lines=[line])
    made = await db.run(create_transfer, wanted, actor=CLERK)
    await db.run(reserve_transfer, ReserveTransfer(id=made.id), actor=CLERK)
    await db.run(ship_transfer, ShipTransfer(id=made.id), actor=CLERK)

    async def leave(tx: Tx, _: None) -> int:
        outside = await virtual_location(tx, goods.site, "outside")
        entry = Entry(key, outside, Decimal(3), document_id=UUID(int=1))
        await post(tx, [entry], cause="ship", site=goods.site)
        id: int = await tx.conn.scalar(sa.text("SELECT max(id) FROM stock_entry"))
        return id

    lines = [ReturnLineBody(entry_id=await db.run(leave, None, actor=SYSTEM), quantity=Decimal(2))]
    back = AnnounceReturn(owner_id=key.owner_id, reference="R", kind="customer", reason="too many", lines=lines)
    await db.run(announce_return, back, actor=CLERK)
    return db


async def test_honest_books_between_sites_are_proven(busy: Database):
    """Rows 25 and 27: what is under way and what may come back add up."""
    async with busy.read() as conn:
        assert (await prove(conn)).first == []


async def test_every_law_between_sites_names_what_breaks_it(busy: Database):
    """Rows 25, 27 and 31: each tampering is found, and by the law that speaks of it."""
    assert set(NETWORK_LAWS) == set(TAMPERINGS)
    for law, tamperings in TAMPERINGS.items():
        for tampering in tamperings:
            async with busy.engine.connect() as conn:
                await conn.execute(sa.text(tampering))
                found = {violation.law async for violation in _violations(conn)}
                assert law in found, (law, tampering, found)
                await conn.rollback()

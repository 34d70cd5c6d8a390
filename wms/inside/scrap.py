"""Scrapping: set aside at once, destroyed only by a second person; bonded goods only with the authority's number.

Set aside means quarantine, in the same place, and reserved for the scrapping: nobody can pick, move or change them meanwhile.
Goods on hold cannot be reserved; those the hold keeps.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from wms.access.audit import audit
from wms.inside.goods import Goods, read_goods
from wms.inside.tables import scrap_order
from wms.inside.wire import Note, SiteCode, Text60
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.stock.find import on_hold
from wms.stock.post import Entry, post
from wms.stock.reserve import Want, release, reserve
from wms.stock.site_of_place import site_of_place
from wms.stock.tables import stock
from wms.stock.virtual import virtual_location
from wms.stock.wire import PositiveQuantity, quantity_text


class AskScrap(BaseModel):
    site: SiteCode
    stock_id: UUID
    quantity: PositiveQuantity
    reason: Note


class StoreAuthority(BaseModel):
    scrap_id: UUID
    reference: Text60


class DecideScrap(BaseModel):
    scrap_id: UUID
    note: Note


class ScrapChanged(BaseModel):
    id: UUID
    state: str
    bonded: bool
    authority_ref: str | None
    posting_id: UUID | None
    at: datetime


async def ask_scrap(tx: Tx, command: AskScrap) -> ScrapChanged:
    """Refuses `not_found`, `already_there` for goods that are set aside, and `insufficient_stock`."""
    tx.actor.need("scrap.request", command.site)
    row = await _goods(tx, command.stock_id)
    tx.actor.need_owner(row.key.owner_id)
    if await site_of_place(tx, row.key.place_id) != command.site:
        raise Refusal("not_found", field="stock_id")
    id, aside = tx.new_id(), row.key.become(condition="quarantine")
    grams = row.grams(command.quantity)
    if aside != row.key:
        entry = Entry(row.key, aside, command.quantity, document_id=id, weight_g=grams)
        await post(tx, [entry], cause="set_aside", site=command.site)
    reservation_id = await _lock_goods(tx, aside.id, id, command.quantity)
    bonded = row.key.account_line_id is not None or row.key.customs_status == "duty_unpaid"
    await tx.conn.execute(
        scrap_order.insert().values(
            id=id,
            site=command.site,
            owner_id=row.key.owner_id,
            from_stock_id=row.key.id,
            stock_id=aside.id,
            reservation_id=reservation_id,
            quantity=command.quantity,
            weight_g=grams,
            reason=command.reason,
            bonded=bonded,
            state="requested",
            requested_by=tx.actor.id,
            requested_at=tx.now,
        )
    )
    told = {"sku": row.sku, "quantity": quantity_text(command.quantity), "bonded": bonded}
    await tell(tx, "scrap.requested", id, site=command.site, owner_id=row.key.owner_id, **told)
    return ScrapChanged(id=id, state="requested", bonded=bonded, authority_ref=None, posting_id=None, at=tx.now)


async def store_authority(tx: Tx, command: StoreAuthority) -> ScrapChanged:
    """Keep the number under which the authority lets bonded goods be destroyed."""
    row = await _lock(tx, command.scrap_id, "customs.release")
    return await _save(tx, row, "scrap.authority", command.reference, authority_ref=command.reference)


async def approve_scrap(tx: Tx, command: DecideScrap) -> ScrapChanged:
    """Destroy the goods. Refuses `four_eyes` to who asked for it, and `authority_reference_missing` for bonded goods."""
    row = await _lock(tx, command.scrap_id, "scrap.approve")
    if row.requested_by == tx.actor.id:
        raise Refusal("four_eyes")
    if row.bonded and row.authority_ref is None:
        raise Refusal("authority_reference_missing")
    goods = await _goods(tx, row.stock_id)
    scrapped = await virtual_location(tx, row.site, "scrapped")
    entry = Entry(
        goods.key,
        scrapped,
        row.quantity,
        reservation_id=row.reservation_id,
        despite_holds=True,
        document_id=row.id,
        weight_g=row.weight_g,
    )
    posting_id = await post(tx, [entry], cause="scrap", site=row.site)
    told = {"sku": goods.sku, "quantity": quantity_text(row.quantity)}
    await tell(tx, "stock.scrapped", row.id, site=row.site, owner_id=row.owner_id, **told)
    return await _save(tx, row, "scrap.approve", command.note, state="scrapped", posting_id=posting_id, **_decided(tx))


async def reject_scrap(tx: Tx, command: DecideScrap) -> ScrapChanged:
    """The goods become what they were before they were set aside."""
    row = await _lock(tx, command.scrap_id, "scrap.approve")
    if row.reservation_id is not None:
        await release(tx, [row.reservation_id])
    goods = await _goods(tx, row.stock_id)
    condition = await tx.conn.scalar(sa.select(stock.c.condition).where(stock.c.id == row.from_stock_id))
    if condition is not None and condition != goods.key.condition:
        back = goods.key.become(condition=condition)
        entry = Entry(goods.key, back, row.quantity, document_id=row.id, weight_g=row.weight_g)
        await post(tx, [entry], cause="set_aside", site=row.site)
    await tell(tx, "scrap.rejected", row.id, site=row.site, owner_id=row.owner_id)
    return await _save(tx, row, "scrap.reject", command.note, state="rejected", **_decided(tx))


async def _lock_goods(tx: Tx, stock_id: UUID, scrap_id: UUID, quantity: Any) -> UUID | None:
    if await tx.conn.scalar(sa.select(on_hold).where(stock.c.id == stock_id)):
        return None
    [id] = await reserve(tx, [Want(stock_id, scrap_id, quantity)])
    return id


async def _goods(tx: Tx, stock_id: UUID) -> Goods:
    rows = await read_goods(tx.conn, stock.c.id == stock_id)
    if not rows:
        raise Refusal("not_found", field="stock_id")
    return rows[0]


async def _lock(tx: Tx, id: UUID, right: str) -> sa.Row[Any]:
    tx.actor.need(right)
    row = (await tx.conn.execute(sa.select(scrap_order).where(scrap_order.c.id == id).with_for_update())).one_or_none()
    if row is None:
        raise Refusal("not_found")
    tx.actor.need(right, row.site)
    tx.actor.need_owner(row.owner_id)
    if row.state != "requested":
        raise Refusal("scrap_decided", state=row.state)
    return row


def _decided(tx: Tx) -> dict[str, Any]:
    return {"decided_by": tx.actor.id, "decided_at": tx.now}


async def _save(tx: Tx, row: sa.Row[Any], act: str, why: str, **values: Any) -> ScrapChanged:
    await tx.conn.execute(scrap_order.update().where(scrap_order.c.id == row.id).values(values))
    now = dict(row._mapping) | values
    await audit(tx, act, str(row.id), why=why, quantity=quantity_text(row.quantity), bonded=row.bonded)
    names = ("id", "state", "bonded", "authority_ref", "posting_id")
    return ScrapChanged(**{name: now[name] for name in names}, at=tx.now)

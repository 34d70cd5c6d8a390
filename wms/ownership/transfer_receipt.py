"""Transferring a receipt to another owner, and moving what it stands for to another place of the house.

In both the goods are never free for a moment: they are let go, posted and held again as one.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.access.audit import audit
from wms.catalog.tables import trade_item
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.ownership.receipt_lines import HeldLine, load_lines, lock_receipt, repoint_lines
from wms.ownership.rules import share_of_weight
from wms.ownership.tables import warehouse_receipt
from wms.ownership.wire import MoveReceipted, ReceiptIssued, TransferReceipt
from wms.parties.tables import party
from wms.stock.move_held import move_held
from wms.stock.move_stock import Posted
from wms.stock.post import Entry
from wms.stock.site_of_place import site_of_place
from wms.stock.stock_key import StockKey
from wms.stock.tables import location, stock


@dataclass(frozen=True, slots=True)
class _Goods:
    key: StockKey
    quantity: Decimal
    weight_g: int
    sku: str
    article_owner_id: UUID | None


async def transfer_receipt(tx: Tx, command: TransferReceipt) -> ReceiptIssued:
    """The receipt and its goods become another owner's.

    Refuses `receipt_pledged`, `unknown_party`, `already_there`, `article_not_shared` for articles of the old owner alone,
    and what `post` refuses: goods on hold change no owner, and a place for one owner takes no second.
    """
    receipt = await lock_receipt(tx, command.id, "warehouse_receipt.write", states=("open",))
    absent = Refusal("unknown_party", field="new_owner_id", party=str(command.new_owner_id))
    tx.actor.need_owner(command.new_owner_id, absent=absent)
    if await tx.conn.scalar(sa.select(party.c.id).where(party.c.id == command.new_owner_id)) is None:
        raise absent
    if command.new_owner_id == receipt.owner_id:
        raise Refusal("already_there", field="new_owner_id", place=receipt.number)
    lines = await load_lines(tx, command.id)
    goods = await _load_goods(tx, lines)
    for one in goods.values():
        if one.article_owner_id is not None:
            raise Refusal("article_not_shared", sku=one.sku)
    targets = {number: goods[line.stock_id].key.become(owner_id=command.new_owner_id) for number, line in lines.items()}
    await _post(tx, receipt, lines, goods, targets, "receipt_transfer")
    changed = warehouse_receipt.update().where(warehouse_receipt.c.id == command.id)
    await tx.conn.execute(changed.values(owner_id=command.new_owner_id))
    told = {"number": receipt.number, "reference": command.reference}
    for owner_id in (receipt.owner_id, command.new_owner_id):
        await tell(tx, "warehouse_receipt.transferred", command.id, site=receipt.site, owner_id=owner_id, **told)
    await audit(
        tx, "warehouse_receipt.transfer", str(command.id), to=str(command.new_owner_id), reference=command.reference
    )
    return ReceiptIssued(id=command.id, number=receipt.number, state="open")


async def move_receipted(tx: Tx, command: MoveReceipted) -> Posted:
    """Move a whole line to another place of the same site, pledged or not.

    Refuses `not_found`, `unknown_line_no`, `already_there`, `another_site` (pledged goods leave no site), and what `post` does.
    """
    receipt = await lock_receipt(tx, command.id, "warehouse_receipt.move")
    lines = await load_lines(tx, command.id)
    line = lines.get(command.line_no)
    if line is None:
        raise Refusal("unknown_line_no", field="line_no", line_no=command.line_no)
    site = await site_of_place(tx, command.to_place_id)
    if site != receipt.site:
        tx.actor.need("warehouse_receipt.move", site)
        raise Refusal("another_site", field="to_place_id", site=receipt.site)
    goods = await _load_goods(tx, {line.line_no: line})
    key = goods[line.stock_id].key
    if key.place_id == command.to_place_id:
        raise Refusal("already_there", field="to_place_id", place=str(command.to_place_id))
    await _refuse_virtual(tx, command.to_place_id)
    moved = {line.line_no: key.at(command.to_place_id)}
    posting_id = await _post(tx, receipt, {line.line_no: line}, goods, moved, "move")
    told = {"number": receipt.number, "line_no": line.line_no}
    await tell(tx, "warehouse_receipt.moved", command.id, site=site, owner_id=receipt.owner_id, **told)
    return Posted(posting_id=posting_id, entries=1)


async def _post(
    tx: Tx,
    receipt: sa.Row[Any],
    lines: dict[int, HeldLine],
    goods: dict[UUID, _Goods],
    targets: dict[int, StockKey],
    cause: str,
) -> UUID:
    entries = []
    for number, line in lines.items():
        one = goods[line.stock_id]
        grams = share_of_weight(one.weight_g, one.quantity, line.quantity)
        sold = cause == "receipt_transfer"
        entry = Entry(one.key, targets[number], line.quantity, guard=sold, document_id=receipt.id, weight_g=grams)
        entries.append(entry)
    posting_id = await move_held(tx, entries, cause=cause, site=receipt.site)
    await repoint_lines(tx, receipt.id, {number: key.id for number, key in targets.items()})
    return posting_id


async def _load_goods(tx: Tx, lines: dict[int, HeldLine]) -> dict[UUID, _Goods]:
    ids = [line.stock_id for line in lines.values()]
    query = (
        sa.select(
            *(stock.c.place_id, stock.c.item_id, stock.c.owner_id, stock.c.customs_status, stock.c.condition),
            *(stock.c.lot_id, stock.c.serial_id, stock.c.account_line_id, stock.c.quantity, stock.c.weight_g),
            *(trade_item.c.sku, trade_item.c.owner_id.label("article_owner_id"), stock.c.id),
        )
        .join(trade_item, trade_item.c.id == stock.c.item_id)
        .where(stock.c.id == sa.any_(sa.literal(ids, ARRAY(sa.Uuid))))
    )
    rows = await tx.conn.execute(query)
    return {row.id: _Goods(StockKey(*row[:8]), *row[8:12]) for row in rows}


async def _refuse_virtual(tx: Tx, place_id: UUID) -> None:
    outside = sa.select(location.c.virtual).where(location.c.id == place_id)
    if await tx.conn.scalar(outside):
        raise Refusal("not_found")

"""Creating transfers. An owner's reference names one transfer for ever: sending it again changes nothing."""

import hashlib
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from wms.catalog.tables import trade_item
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.parties.tables import party
from wms.sites.tables import site
from wms.stock.names import REGIME_STATUS
from wms.stock.tables import lot
from wms.transfers.sql import among
from wms.transfers.tables import transfer, transfer_line
from wms.transfers.wire import CreateTransfer, TransferChanged, TransferLineBody

_NOTHING = dict.fromkeys(("reserved", "shipped", "received", "damaged", "lost"), 0)


async def create_transfer(tx: Tx, command: CreateTransfer) -> TransferChanged:
    """Write a transfer with all its lines, or give the one that its reference already names.

    Refuses `unknown_site`, `same_site`, `unknown_item` and `unknown_lot` with the line, and `reference_reused`.
    """
    tx.actor.need("transfer.write", command.from_site)
    tx.actor.need_owner(command.owner_id)
    status = REGIME_STATUS.get(await _check_ends(tx, command), "free")
    digest = hashlib.sha256(command.model_dump_json().encode()).hexdigest()
    values: dict[str, Any] = command.model_dump(exclude={"lines"}) | {
        "id": tx.new_id(),
        "digest": digest,
        "state": "new",
        "line_count": len(command.lines),
        "created_at": tx.now,
    }
    made = insert(transfer).values(values).on_conflict_do_nothing(index_elements=["owner_id", "reference"])
    if await tx.conn.scalar(made.returning(transfer.c.id)) is None:
        return await _the_one_there(tx, command, digest)
    await _insert_lines(tx, values["id"], command, status)
    ends = {"to_site": command.to_site, "reference": command.reference}
    await tell(tx, "transfer.created", values["id"], site=command.from_site, owner_id=command.owner_id, **ends)
    return TransferChanged(id=values["id"], state="new")


async def _check_ends(tx: Tx, command: CreateTransfer) -> str:
    """The kind of the sending site."""
    if command.from_site == command.to_site:
        raise Refusal("same_site", site=command.to_site, field="to_site")
    query = sa.select(site.c.code, site.c.kind).where(site.c.code.in_((command.from_site, command.to_site)))
    kinds: dict[str, str] = {row.code: row.kind for row in await tx.conn.execute(query)}
    for field in ("from_site", "to_site"):
        if getattr(command, field) not in kinds:
            raise Refusal("unknown_site", site=getattr(command, field), field=field)
    if await tx.conn.scalar(sa.select(party.c.id).where(party.c.id == command.owner_id)) is None:
        raise Refusal("not_found", field="owner_id")
    return kinds[command.from_site]


async def _the_one_there(tx: Tx, command: CreateTransfer, digest: str) -> TransferChanged:
    query = sa.select(transfer.c.id, transfer.c.state, transfer.c.digest).where(
        transfer.c.owner_id == command.owner_id, transfer.c.reference == command.reference
    )
    row = (await tx.conn.execute(query)).one()
    if row.digest != digest:
        raise Refusal("reference_reused", field="reference", reference=command.reference)
    return TransferChanged(id=row.id, state=row.state)


async def _insert_lines(tx: Tx, transfer_id: UUID, command: CreateTransfer, status: str) -> None:
    items = await _find_items(tx, command)
    lots = await _find_lots(tx, command, items)
    rows = [
        {
            "id": tx.new_id(),
            "transfer_id": transfer_id,
            "line_no": number,
            "item_id": items[line.item_id or line.sku],
            "lot_id": lots[items[line.item_id or line.sku], line.lot_no] if line.lot_no else None,
            "customs_status": line.customs_status or status,
            "quantity": line.quantity,
            **_NOTHING,
        }
        for number, line in enumerate(command.lines, 1)
    ]
    await tx.conn.execute(transfer_line.insert(), rows)


async def _find_items(tx: Tx, command: CreateTransfer) -> dict[UUID | str | None, UUID]:
    """Items by id and by article number. Where owner and house use one number, the owner's article is meant."""
    ids = {line.item_id for line in command.lines if line.item_id is not None}
    skus = sorted({line.sku for line in command.lines if line.sku is not None})
    found = await tx.conn.execute(
        sa.select(trade_item.c.id, trade_item.c.sku)
        .where(
            trade_item.c.active,
            sa.or_(trade_item.c.owner_id.is_(None), trade_item.c.owner_id == command.owner_id),
            sa.or_(among(trade_item.c.id, ids), trade_item.c.sku == sa.any_(sa.cast(skus, ARRAY(sa.String)))),
        )
        .order_by(trade_item.c.owner_id.nulls_first())
    )
    items: dict[UUID | str | None, UUID] = {}
    for row in found:
        items[row.id] = items[row.sku] = row.id
    for place, line in enumerate(command.lines):
        if (line.item_id or line.sku) not in items:
            raise Refusal("unknown_item", field=f"lines.{place}", sku=line.sku or str(line.item_id))
    return items


async def _find_lots(
    tx: Tx, command: CreateTransfer, items: dict[UUID | str | None, UUID]
) -> dict[tuple[UUID, str], UUID]:
    def item_of(line: TransferLineBody) -> UUID:
        return items[line.item_id or line.sku]

    ids = {item_of(line) for line in command.lines if line.lot_no}
    if not ids:
        return {}
    found = await tx.conn.execute(sa.select(lot.c.id, lot.c.item_id, lot.c.lot_no).where(among(lot.c.item_id, ids)))
    lots = {(row.item_id, row.lot_no): row.id for row in found}
    for place, line in enumerate(command.lines):
        if line.lot_no and (item_of(line), line.lot_no) not in lots:
            raise Refusal("unknown_lot", field=f"lines.{place}", lot=line.lot_no)
    return lots

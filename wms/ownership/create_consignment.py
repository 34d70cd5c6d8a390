"""Agreeing that a supplier's goods lie at a site, theirs until the buyer pulls them; and ending that."""

from collections.abc import Iterable
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.access.audit import audit
from wms.catalog.tables import trade_item
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.ownership.find_consignments import record_of
from wms.ownership.tables import consignment, consignment_line
from wms.ownership.wire import ConsignmentRecord, CreateConsignment
from wms.parties.tables import party
from wms.sites.tables import site


async def create_consignment(tx: Tx, command: CreateConsignment) -> ConsignmentRecord:
    """Refuses `unknown_site`, `unknown_party`, `unknown_item`, `article_not_shared`, `repeated_line`, `reference_reused`."""
    absent = Refusal("unknown_site", site=command.site)
    tx.actor.need("consignment.write", command.site, absent=absent)
    if await tx.conn.scalar(sa.select(site.c.code).where(site.c.code == command.site)) is None:
        raise absent
    await _check_parties(tx, command)
    await check_shared(tx, [line.item_id for line in command.lines])
    row = command.model_dump(exclude={"lines"}) | {"id": tx.new_id(), "created_at": tx.now, "created_by": tx.actor.name}
    await tx.conn.execute(consignment.insert().values(row))
    lines = [
        {"consignment_id": row["id"], "line_no": number, **line.model_dump()}
        for number, line in enumerate(command.lines, start=1)
    ]
    await tx.conn.execute(consignment_line.insert(), lines)
    for owner_id in (command.supplier_id, command.buyer_id):
        await tell(tx, "consignment.agreed", row["id"], site=command.site, owner_id=owner_id, lines=len(lines))
    await audit(tx, "consignment.agree", str(row["id"]), reference=command.reference, currency=command.currency)
    return await record_of(tx.conn, tx.actor, row["id"])


async def end_consignment(tx: Tx, id: UUID) -> ConsignmentRecord:
    """Nothing is pulled under it any more. The goods stay the supplier's. Ending twice changes nothing."""
    row = (await tx.conn.execute(sa.select(consignment).where(consignment.c.id == id).with_for_update())).one_or_none()
    found = await record_of(tx.conn, tx.actor, id)
    tx.actor.need("consignment.write", found.site)
    if row is not None and row.ended_at is None:
        await tx.conn.execute(consignment.update().where(consignment.c.id == id).values(ended_at=tx.now))
        for owner_id in (found.supplier_id, found.buyer_id):
            await tell(tx, "consignment.ended", id, site=found.site, owner_id=owner_id)
        await audit(tx, "consignment.end", str(id))
    return await record_of(tx.conn, tx.actor, id)


async def check_shared(tx: Tx, item_ids: Iterable[UUID]) -> None:
    """Refuse `repeated_line`, `unknown_item`, and `article_not_shared` for a supplier's own article."""
    wanted = list(item_ids)
    ids = set(wanted)
    if len(ids) < len(wanted):
        raise Refusal("repeated_line", field="lines")
    query = sa.select(trade_item.c.id, trade_item.c.sku, trade_item.c.owner_id)
    known = {
        row.id: row
        for row in await tx.conn.execute(query.where(trade_item.c.id == sa.any_(sa.literal(wanted, ARRAY(sa.Uuid)))))
    }
    for item_id in wanted:
        item = known.get(item_id)
        if item is None or not (item.owner_id is None or tx.actor.owns(item.owner_id)):
            raise Refusal("unknown_item", field="lines", sku=str(item_id))
        if item.owner_id is not None:
            raise Refusal("article_not_shared", field="lines", sku=item.sku)


async def _check_parties(tx: Tx, command: CreateConsignment) -> None:
    if command.supplier_id == command.buyer_id:
        raise Refusal("invalid_request", field="buyer_id")
    for field, id in (("supplier_id", command.supplier_id), ("buyer_id", command.buyer_id)):
        absent = Refusal("unknown_party", field=field, party=str(id))
        tx.actor.need_owner(id, absent=absent)
        if await tx.conn.scalar(sa.select(party.c.id).where(party.c.id == id)) is None:
            raise absent

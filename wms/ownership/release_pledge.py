"""Releasing pledged goods, in part or whole: one person enters the bank's letter, another one approves it.

What stays pledged must still cover what stays owed at the warning ratio.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from wms.access.audit import audit
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.ownership.receipt_lines import load_lines, lock_receipt, lower_lines, wanted_of
from wms.ownership.rules import alert_of
from wms.ownership.tables import pledge_release, pledge_release_line, warehouse_receipt
from wms.ownership.watch_pledges import values_of, watch
from wms.ownership.wire import DecideRelease, LineQuantity, ReleaseRecord, RequestRelease
from wms.stock.hold_quantity import hold_quantity


async def request_release(tx: Tx, command: RequestRelease) -> ReleaseRecord:
    """Enter a release; nothing is free yet. Refuses `receipt_not_pledged`, `over_receipt_line`, `release_pending`."""
    receipt = await lock_receipt(tx, command.id, "pledge.write", states=("pledged",))
    pending = sa.select(pledge_release.c.id).where(
        pledge_release.c.receipt_id == command.id, pledge_release.c.state == "requested"
    )
    if await tx.conn.scalar(pending) is not None:
        raise Refusal("release_pending", number=receipt.number)
    wanted = wanted_of(await load_lines(tx, command.id), command.lines)
    asked = {"bank_reference": command.bank_reference, "loan": command.loan}
    id = tx.new_id()
    who = {"requested_at": tx.now, "requested_by_id": tx.actor.id, "requested_by": tx.actor.name}
    await tx.conn.execute(
        pledge_release.insert().values({"id": id, "receipt_id": command.id, "state": "requested"} | asked | who)
    )
    rows = [{"release_id": id, "line_no": number, "quantity": quantity} for number, quantity in wanted.items()]
    await tx.conn.execute(pledge_release_line.insert(), rows)
    told = {"receipt_id": str(command.id), "number": receipt.number, "bank_reference": command.bank_reference}
    await tell(tx, "pledge.release_requested", id, site=receipt.site, owner_id=receipt.owner_id, **told)
    await audit(tx, "pledge.release_request", str(id), **told)
    return await _record(tx, id)


async def decide_release(tx: Tx, command: DecideRelease) -> ReleaseRecord:
    """Approve or refuse a release as another person than asked for it.

    Refuses `not_found`, `four_eyes`, `release_decided`, `ratio_too_low` for what would stay.
    """
    receipt_id = await tx.conn.scalar(sa.select(pledge_release.c.receipt_id).where(pledge_release.c.id == command.id))
    if receipt_id is None:
        raise Refusal("not_found")
    receipt = await lock_receipt(tx, receipt_id, "pledge.release", states=("pledged", "open", "closed", "split"))
    asked = (await tx.conn.execute(sa.select(pledge_release).where(pledge_release.c.id == command.id))).one()
    if asked.state != "requested":
        raise Refusal("release_decided", number=receipt.number)
    if asked.requested_by_id == tx.actor.id:
        raise Refusal("four_eyes")
    if command.approve:
        await _free(tx, receipt, asked)
    state = "approved" if command.approve else "refused"
    decided = pledge_release.update().where(pledge_release.c.id == command.id)
    await tx.conn.execute(decided.values(state=state, decided_at=tx.now, decided_by=tx.actor.name))
    told = {"receipt_id": str(receipt_id), "number": receipt.number, "bank_reference": asked.bank_reference}
    fact = "pledge.released" if command.approve else "pledge.release_refused"
    await tell(tx, fact, command.id, site=receipt.site, owner_id=receipt.owner_id, **told)
    await audit(tx, "pledge.release_decide", str(command.id), state=state, requested_by=asked.requested_by, **told)
    return await _record(tx, command.id)


async def _free(tx: Tx, receipt: sa.Row[Any], asked: sa.Row[Any]) -> None:
    """Let the goods go. With the last of them, or with nothing owed any more and nothing left, the receipt is closed."""
    query = sa.select(pledge_release_line.c.line_no, pledge_release_line.c.quantity)
    rows = await tx.conn.execute(query.where(pledge_release_line.c.release_id == asked.id))
    wanted = [LineQuantity(line_no=row.line_no, quantity=row.quantity) for row in rows]
    lines = await load_lines(tx, receipt.id)
    freed = wanted_of(lines, wanted)
    await lower_lines(tx, receipt.id, freed)
    await hold_quantity(tx, [(lines[number].stock_id, -quantity) for number, quantity in freed.items()])
    whole = freed == {number: line.quantity for number, line in lines.items()}
    changed = warehouse_receipt.update().where(warehouse_receipt.c.id == receipt.id)
    if whole:
        await tx.conn.execute(changed.values(state="closed", loan=asked.loan, value=Decimal(0)))
        return
    value = (await values_of(tx, {receipt.id: receipt.currency}))[receipt.id]
    if alert_of(value, asked.loan, receipt.warning_ratio, receipt.call_ratio) != "none":
        raise Refusal(
            "ratio_too_low", number=receipt.number, value=str(value), loan=str(asked.loan),
            ratio=str(receipt.warning_ratio),
        )  # fmt: skip
    await tx.conn.execute(changed.values(loan=asked.loan))
    again = await tx.conn.execute(sa.select(warehouse_receipt).where(warehouse_receipt.c.id == receipt.id))
    await watch(tx, again)


async def _record(tx: Tx, id: UUID) -> ReleaseRecord:
    row = (await tx.conn.execute(sa.select(pledge_release).where(pledge_release.c.id == id))).one()
    return ReleaseRecord.model_validate(row._mapping)

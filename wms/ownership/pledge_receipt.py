"""Pledging a receipt to a bank (质押): from then on only a release by two people frees its goods."""

from typing import Any

import sqlalchemy as sa

from wms.access.audit import audit
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.ownership.receipt_lines import lock_receipt
from wms.ownership.rules import alert_of, ratio_of
from wms.ownership.tables import warehouse_receipt
from wms.ownership.watch_pledges import values_of
from wms.ownership.wire import Pledged, PledgeReceipt
from wms.parties.tables import party


async def pledge_receipt(tx: Tx, command: PledgeReceipt) -> Pledged:
    """Refuses `receipt_pledged`, `receipt_closed`, `not_a_bank`, and `ratio_too_low` when the goods do not cover the loan at
    the warning ratio; goods without a price cover nothing."""
    receipt = await lock_receipt(tx, command.id, "pledge.write", states=("open",))
    roles: Any = await tx.conn.scalar(sa.select(party.c.roles).where(party.c.id == command.bank_id))
    if roles is None or "bank" not in roles:
        raise Refusal("not_a_bank", field="bank_id")
    value = (await values_of(tx, {command.id: command.currency}))[command.id]
    alert = alert_of(value, command.loan, command.warning_ratio, command.call_ratio)
    if alert != "none":
        raise Refusal(
            "ratio_too_low", number=receipt.number, value=str(value), loan=str(command.loan),
            ratio=str(command.warning_ratio),
        )  # fmt: skip
    terms = command.model_dump(exclude={"id"}) | {"value": value, "alert": alert, "pledged_at": tx.now}
    changed = warehouse_receipt.update().where(warehouse_receipt.c.id == command.id)
    await tx.conn.execute(changed.values(state="pledged", **terms))
    told = {"number": receipt.number, "bank_id": str(command.bank_id), "loan": str(command.loan), "value": str(value)}
    told |= {"currency": command.currency, "bank_reference": command.bank_reference}
    await tell(tx, "pledge.made", command.id, site=receipt.site, owner_id=receipt.owner_id, **told)
    await audit(tx, "pledge.make", str(command.id), **told)
    return Pledged(id=command.id, state="pledged", value=value, ratio=ratio_of(value, command.loan), alert=alert)

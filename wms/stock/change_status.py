"""Changing what goods are, where they lie: released by customs, found damaged, passed by quality, returned to good."""

from uuid import UUID

from pydantic import BaseModel, Field

from wms.access.audit import audit
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.stock.find import read_keys
from wms.stock.move_stock import Condition, CustomsStatus, Posted
from wms.stock.post import Entry, post
from wms.stock.site_of_place import site_of_place
from wms.stock.wire import PositiveQuantity


class ChangeStatus(BaseModel):
    """Of a quantity of one stock row; `reference` is the document that says so, and customs changes need one."""

    stock_id: UUID
    quantity: PositiveQuantity
    customs_status: CustomsStatus | None = None
    condition: Condition | None = None
    reason: str = Field(min_length=1, max_length=200)
    reference: str | None = Field(default=None, max_length=60)


async def change_status(tx: Tx, command: ChangeStatus) -> Posted:
    """Refuses `not_found`, `already_there` for no change, `reference_missing` and `not_allowed` for customs statuses."""
    found = await read_keys(tx.conn, ids=[command.stock_id])
    if not found:
        raise Refusal("not_found")
    key = found[0].key
    site = await site_of_place(tx, key.place_id)
    tx.actor.need("stock.correct", site)
    tx.actor.need_owner(key.owner_id)
    target = key.become(
        customs_status=command.customs_status or key.customs_status, condition=command.condition or key.condition
    )
    if target == key:
        raise Refusal("already_there", place=key.condition)
    if target.customs_status != key.customs_status:
        tx.actor.need("customs.release", site)
        if not command.reference:
            raise Refusal("reference_missing", field="reference")
    entry = Entry(key, target, command.quantity, guard=target.condition == "good" != key.condition)
    posting_id = await post(tx, [entry], cause="status", site=site)
    changed = {
        "customs_status": target.customs_status,
        "condition": target.condition,
        "quantity": str(command.quantity),
    }
    await tell(tx, "stock.status_changed", posting_id, site=site, owner_id=key.owner_id, **changed)
    await audit(tx, "stock.status", str(posting_id), reason=command.reason, reference=command.reference, **changed)
    return Posted(posting_id=posting_id, entries=1)

"""Customs say what happens with a parcel; that outranks every look and every clock."""

from dataclasses import dataclass
from uuid import UUID

from wms.inspection.rules import Step
from wms.inspection.settle_scan import lock_scan, settle_scan
from wms.inspection.wire import Instruct
from wms.kit.db import Tx
from wms.kit.refusal import Refusal


@dataclass(frozen=True, slots=True)
class InstructScan:
    id: UUID
    body: Instruct


async def instruct_scan(tx: Tx, command: InstructScan) -> UUID:
    """Give the verdict of an instruction. Refuses `not_found`, and `parcel_not_holdable` for a parcel that left in a bag."""
    row = await lock_scan(tx, command.id)
    if row is None:
        raise Refusal("not_found")
    tx.actor.need("inspection.instruct", row.site)
    tx.actor.need_owner(None)
    step = Step(command.body.verdict, "instruction")
    await settle_scan(tx, row, step, "customs", reference=command.body.reference)
    return command.id

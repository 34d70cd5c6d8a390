"""Splitting a receipt into several: the sum stays, no hold changes, and the old number is never used again."""

from decimal import Decimal
from uuid import UUID

from wms.access.audit import audit
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.ownership.receipt_lines import HeldLine, load_lines, lock_receipt, lower_lines, wanted_of, write_receipt
from wms.ownership.tables import warehouse_receipt
from wms.ownership.wire import ReceiptIssued, ReceiptSplit, SplitReceipt

_Lines = list[tuple[UUID, UUID, Decimal]]


async def split_receipt(tx: Tx, command: SplitReceipt) -> ReceiptSplit:
    """Refuses `not_found`, `receipt_pledged` (the bank holds it), `receipt_closed`, and `over_receipt_line`."""
    receipt = await lock_receipt(tx, command.id, "warehouse_receipt.write", states=("open",))
    lines = await load_lines(tx, command.id)
    made = []
    for part in _parts(lines, command):
        id, number = await write_receipt(tx, receipt.site, receipt.owner_id, part, parent_id=command.id)
        made.append(ReceiptIssued(id=id, number=number, state="open"))
    await lower_lines(tx, command.id, {number: line.quantity for number, line in lines.items()})
    await tx.conn.execute(warehouse_receipt.update().where(warehouse_receipt.c.id == command.id).values(state="split"))
    told = {"number": receipt.number, "into": [one.number for one in made]}
    await tell(tx, "warehouse_receipt.split", command.id, site=receipt.site, owner_id=receipt.owner_id, **told)
    await audit(tx, "warehouse_receipt.split", str(command.id), **told)
    return ReceiptSplit(receipts=made)


def _parts(lines: dict[int, HeldLine], command: SplitReceipt) -> list[_Lines]:
    """What each new receipt stands for; the last one what no part names, if anything is left."""
    rest = {number: line.quantity for number, line in lines.items()}
    parts: list[dict[int, Decimal]] = []
    for wanted in command.parts:
        parts.append(wanted_of(lines, wanted))
        for number, quantity in parts[-1].items():
            rest[number] -= quantity
    for number, quantity in rest.items():
        if quantity < 0:
            raise Refusal("over_receipt_line", line_no=number, held=str(lines[number].quantity))
    if left := {number: quantity for number, quantity in rest.items() if quantity > 0}:
        parts.append(left)
    return [[(lines[n].stock_id, lines[n].item_id, quantity) for n, quantity in part.items()] for part in parts]

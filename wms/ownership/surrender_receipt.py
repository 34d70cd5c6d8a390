"""Surrendering a receipt (提货): what it stood for is free again, in part or whole."""

from wms.access.audit import audit
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.ownership.receipt_lines import load_lines, lock_receipt, lower_lines, wanted_of
from wms.ownership.tables import warehouse_receipt
from wms.ownership.wire import ReceiptIssued, SurrenderReceipt
from wms.stock.hold_quantity import hold_quantity


async def surrender_receipt(tx: Tx, command: SurrenderReceipt) -> ReceiptIssued:
    """Refuses `not_found`, `receipt_pledged` (the bank releases first), `receipt_closed`, `over_receipt_line`."""
    receipt = await lock_receipt(tx, command.id, "warehouse_receipt.write", states=("open",))
    lines = await load_lines(tx, command.id)
    freed = wanted_of(lines, command.lines)
    await hold_quantity(tx, [(lines[number].stock_id, -quantity) for number, quantity in freed.items()])
    await lower_lines(tx, command.id, freed)
    whole = freed == {number: line.quantity for number, line in lines.items()}
    if whole:
        closed = warehouse_receipt.update().where(warehouse_receipt.c.id == command.id)
        await tx.conn.execute(closed.values(state="closed"))
    told = {"number": receipt.number, "lines": len(freed), "whole": whole}
    await tell(tx, "warehouse_receipt.surrendered", command.id, site=receipt.site, owner_id=receipt.owner_id, **told)
    await audit(tx, "warehouse_receipt.surrender", str(command.id), **told)
    return ReceiptIssued(id=command.id, number=receipt.number, state="closed" if whole else "open")

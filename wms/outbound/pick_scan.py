"""What a picker's scans must say before anything is posted. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from wms.kit.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Expected:
    """What a pick wants: `left` of an item, in one lot or serial, from one location into one tote (None: any empty one)."""

    location: str
    item_id: UUID
    sku: str
    lot_no: str | None
    serial_no: str | None
    left: Decimal
    slot_tote_id: UUID | None


@dataclass(frozen=True, slots=True)
class Scanned:
    """`item_ids`: every item that the scanned code may call."""

    location: str
    item_ids: frozenset[UUID]
    code: str
    lot_no: str | None
    serial_no: str | None
    quantity: Decimal
    tote_id: UUID


def check_scan(expected: Expected, scanned: Scanned) -> Refusal | None:
    """The first thing that is wrong, in the order in which a picker meets it; None when all is right.

    Where the pick wants a lot, the lot must be scanned: a bin with two lots is where the wrong one is taken.
    """
    if scanned.location != expected.location:
        return Refusal("wrong_location", field="location", wanted=expected.location, scanned=scanned.location)
    if expected.item_id not in scanned.item_ids:
        return Refusal("wrong_item", field="item", wanted=expected.sku, scanned=scanned.code)
    if expected.lot_no is not None and scanned.lot_no != expected.lot_no:
        return Refusal("wrong_lot", field="lot_no", wanted=expected.lot_no, scanned=scanned.lot_no or "")
    if expected.serial_no is not None and scanned.serial_no != expected.serial_no:
        return Refusal("wrong_serial", field="serial_no", wanted=expected.serial_no, scanned=scanned.serial_no or "")
    if scanned.quantity > expected.left:
        return Refusal("over_pick", field="quantity", left=str(expected.left.normalize()), sku=expected.sku)
    if expected.slot_tote_id is not None and scanned.tote_id != expected.slot_tote_id:
        return Refusal("wrong_tote", field="tote")
    return None

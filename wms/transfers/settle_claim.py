"""Settling a claim, whole or in part: found, lost, paid by the carrier, accepted or sent back.

Only here goods leave transit without having come, or come without having left: the sum over all sites changes by a document.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field, model_validator

from wms.access.audit import audit
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.stock.post import Entry, post
from wms.stock.share_weights import share_weights
from wms.stock.stock_key import StockKey
from wms.stock.virtual import virtual_location
from wms.stock.wire import PositiveQuantity, Quantity
from wms.transfers.open_claims import refresh_state
from wms.transfers.receive_transfer import find_receiving_place
from wms.transfers.rules import FITTING_OUTCOMES, Coming, take_count
from wms.transfers.sql import Changes, arrived, key_of, load_goods, lock_transfer
from wms.transfers.tables import claim, settlement
from wms.transfers.wire import Money, Outcome, Text60, TransferState

_LOSSES = ("lost", "carrier_pays")


class SettleBody(BaseModel):
    """Without `quantity`: all that is open. `location`: where what was found or accepted lies at the receiving site."""

    outcome: Outcome
    quantity: PositiveQuantity | None = None
    location: Text60 | None = None
    lot_no: Text60 | None = None
    serial_no: Text60 | None = None
    note: str = Field(min_length=1, max_length=200)
    carrier_ref: Text60 | None = None
    amount: Money | None = None
    currency: Annotated[str | None, Field(pattern="^[A-Z]{3}$")] = None

    @model_validator(mode="after")
    def _says_enough(self) -> "SettleBody":
        if (self.amount is None) != (self.currency is None):
            raise ValueError("an amount has a currency")
        if self.outcome in ("found", "accepted") or self.location is None:
            return self
        raise ValueError("a location only for what is here")


class SettleClaim(SettleBody):
    id: UUID


class ClaimSettled(BaseModel):
    id: UUID
    outcome: Outcome
    open: Quantity
    transfer_state: TransferState


async def settle_claim(tx: Tx, command: SettleClaim) -> ClaimSettled:
    """Refuses `not_found`, `claim_settled`, `wrong_outcome` for one that does not fit its kind, `over_claim` for more than is
    open, and `unknown_location`."""
    tx.actor.need("claim.settle")
    transfer_id = await tx.conn.scalar(sa.select(claim.c.transfer_id).where(claim.c.id == command.id))
    if transfer_id is None:
        raise Refusal("not_found")
    found = await lock_transfer(tx, transfer_id, "claim.settle", "either", "in_transit", "claimed", "closed")
    row = (await tx.conn.execute(sa.select(claim).where(claim.c.id == command.id).with_for_update())).one()
    quantity = _check(command, row)
    posting_id = await _post(tx, command, found, row, quantity)
    await _save(tx, command, row.id, quantity, posting_id)
    state = found.state
    if state == "claimed":
        state = await refresh_state(tx, found, finished=True)
    told: dict[str, Any] = {"difference": row.kind, "outcome": command.outcome, "quantity": str(quantity)}
    await tell(tx, "transfer.claim_settled", found.id, site=found.to_site, owner_id=found.owner_id, **told)
    paid = str(command.amount) if command.amount is not None else None
    await audit(tx, "claim.settle", str(row.id), **told, note=command.note, amount=paid, currency=command.currency)
    left = row.quantity - row.settled - quantity
    return ClaimSettled(id=row.id, outcome=command.outcome, open=left, transfer_state=state)


def _check(command: SettleClaim, row: sa.Row[Any]) -> Decimal:
    left: Decimal = row.quantity - row.settled
    if left == 0:
        raise Refusal("claim_settled")
    if command.outcome not in FITTING_OUTCOMES[row.kind]:
        raise Refusal("wrong_outcome", field="outcome", difference=row.kind, outcome=command.outcome)
    quantity = command.quantity or left
    if quantity > left:
        raise Refusal("over_claim", field="quantity", open=str(left))
    return quantity


async def _post(tx: Tx, command: SettleClaim, found: sa.Row[Any], row: sa.Row[Any], quantity: Decimal) -> UUID | None:
    """Move what the outcome moves; None when the goods are where they are."""
    if row.kind == "damaged" or command.outcome == "returned":
        return None
    if command.outcome in _LOSSES:
        target = await virtual_location(tx, found.from_site, "lost")
        return await _end_transit(tx, command, found, row, quantity, target)
    if command.location is None:
        raise Refusal("unknown_location", field="location", location="")
    place = (await find_receiving_place(tx, found.to_site, command.location)).id
    if row.kind == "short":
        return await _end_transit(tx, command, found, row, quantity, place)
    known = (await load_goods(tx, found.id, line_id=row.line_id, settled=True))[0]
    source = await virtual_location(tx, found.from_site, "lost")
    entry = Entry(source, arrived(key_of(known), place, found.arrival_status), quantity, document_id=row.line_id)
    return await post(tx, [entry], cause="transfer_surplus", site=found.to_site)


async def _end_transit(
    tx: Tx, command: SettleClaim, found: sa.Row[Any], row: sa.Row[Any], quantity: Decimal, place: UUID
) -> UUID:
    """Take a quantity of the line out of transit: to a place where it was found, or to where losses go."""
    goods = await load_goods(tx, found.id, line_id=row.line_id)
    by_id = {one.id: one for one in goods}
    coming = [Coming(g.id, g.line_no, g.lot_no, g.serial_no, g.unit_id is not None, g.quantity) for g in goods]
    taken, missing = take_count(coming, quantity, lot_no=command.lot_no, serial_no=command.serial_no, damaged=False)
    if missing:
        raise Refusal("over_claim", field="quantity", open=str(quantity - missing))
    loss = command.outcome in _LOSSES
    changes = Changes()
    for one in taken:
        changes.use(one.coming_id, one.quantity)
    changes.add(row.line_id, **{"lost" if loss else "received": quantity})
    entries = _entries([(by_id[one.coming_id], one.quantity) for one in taken], found, place, loss=loss)
    cause = "transfer_lost" if loss else "transfer_found"
    posting_id = await post(tx, entries, cause=cause, site=found.from_site if loss else found.to_site)
    await changes.save(tx)
    return posting_id


def _entries(
    parts: Sequence[tuple[sa.Row[Any], Decimal]], found: sa.Row[Any], place: UUID, *, loss: bool
) -> list[Entry]:
    rows = {row.stock_id: (row.on_hand, row.weight_g) for row, _ in parts}
    grams = share_weights([(row.stock_id, quantity) for row, quantity in parts], rows)
    entries = []
    for (row, quantity), own in zip(parts, grams, strict=True):
        key = key_of(row)
        target: StockKey | UUID = place if loss else arrived(key, place, found.arrival_status)
        entries.append(
            Entry(
                source=key,
                target=target,
                quantity=quantity,
                reservation_id=row.reservation_id,
                despite_holds=True,  # a loss is a loss, whatever holds the goods
                document_id=row.line_id,
                weight_g=own,
            )
        )
    return entries


async def _save(tx: Tx, command: SettleClaim, claim_id: UUID, quantity: Decimal, posting_id: UUID | None) -> None:
    await tx.conn.execute(claim.update().where(claim.c.id == claim_id).values(settled=claim.c.settled + quantity))
    values = command.model_dump(include={"outcome", "note", "carrier_ref", "amount", "currency"}) | {
        "id": tx.new_id(),
        "claim_id": claim_id,
        "quantity": quantity,
        "posting_id": posting_id,
        "settled_at": tx.now,
        "settled_by": tx.actor.id,
    }
    await tx.conn.execute(settlement.insert().values(values))

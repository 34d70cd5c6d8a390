"""Variances of bonded goods: posted with the number of customs' document, or rejected; never of themselves."""

from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel

from wms.access.audit import audit
from wms.counting.approve_count import adjust, key_of
from wms.counting.rules import needs_another
from wms.counting.sql import need_house
from wms.counting.tables import count, count_line, count_proposal
from wms.counting.wire import Note, ProposalState, Text60
from wms.kit.db import Tx
from wms.kit.refusal import Refusal


class PostProposal(BaseModel):
    proposal_id: UUID
    reference: Text60 | None = None


class RejectProposal(BaseModel):
    proposal_id: UUID
    note: Note


class ProposalDecided(BaseModel):
    id: UUID
    state: ProposalState
    posting_id: UUID | None


async def post_proposal(tx: Tx, command: PostProposal) -> ProposalDecided:
    """Refuses `reference_missing`, `four_eyes` to who counted, `proposal_decided`, and what the ledger refuses."""
    row, line = await _lock(tx, command.proposal_id)
    if command.reference is None:
        raise Refusal("reference_missing", field="reference")
    posting_id = await adjust(tx, row.site, row.id, [(key_of(line), row.quantity, line)])
    await _save(tx, row.id, "posted", reference=command.reference, posting_id=posting_id)
    await audit(tx, "count.post_proposal", str(row.id), reference=command.reference, quantity=f"{row.quantity:f}")
    return ProposalDecided(id=row.id, state="posted", posting_id=posting_id)


async def reject_proposal(tx: Tx, command: RejectProposal) -> ProposalDecided:
    row, _ = await _lock(tx, command.proposal_id)
    await _save(tx, row.id, "rejected")
    await audit(tx, "count.reject_proposal", str(row.id), note=command.note)
    return ProposalDecided(id=row.id, state="rejected", posting_id=None)


async def _lock(tx: Tx, id: UUID) -> tuple[sa.Row, sa.Row]:  # type: ignore[type-arg] # rows of two tables, read by name
    tx.actor.need("customs.release")
    need_house(tx)
    query = sa.select(count_proposal).where(count_proposal.c.id == id)
    row = (await tx.conn.execute(query.with_for_update())).one_or_none()
    if row is None:
        raise Refusal("not_found")
    tx.actor.need("customs.release", row.site)
    if row.state != "proposed":
        raise Refusal("proposal_decided", state=row.state)
    if needs_another(tx.actor.id, await tx.conn.scalar(sa.select(count.c.counters).where(count.c.id == row.count_id))):
        raise Refusal("four_eyes")
    mine = (count_line.c.count_id == row.count_id, count_line.c.round == row.round)
    line = (await tx.conn.execute(sa.select(count_line).where(*mine, count_line.c.stock_id == row.stock_id))).one()
    return row, line


async def _save(tx: Tx, id: UUID, state: str, **values: object) -> None:
    decided = {"state": state, "decided_by": tx.actor.id, "decided_at": tx.now} | values
    await tx.conn.execute(count_proposal.update().where(count_proposal.c.id == id).values(decided))

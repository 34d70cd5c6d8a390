"""Counts and stocktakes over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from wms.access.api import Who
from wms.counting.approve_count import CountApproved, DecideCount, approve_count, ask_recount, cancel_count
from wms.counting.ask_counts import (
    AskCounts,
    AskDueCounts,
    AskZeroBins,
    CountsAsked,
    ask_counts,
    ask_due_counts,
    ask_zero_bins,
)
from wms.counting.decide_proposal import PostProposal, ProposalDecided, RejectProposal, post_proposal, reject_proposal
from wms.counting.find_counts import (
    CountProposal,
    StocktakeRow,
    find_counts,
    find_lines,
    find_proposals,
    find_stocktakes,
)
from wms.counting.set_policy import SetCountPolicy, set_policy
from wms.counting.start_count import StartCount, start_count
from wms.counting.stocktake import (
    BeginStocktake,
    CloseStocktake,
    StocktakeBegun,
    StocktakeClosed,
    begin_stocktake,
    close_stocktake,
)
from wms.counting.submit_count import ConfirmEmpty, CountedBody, SubmitCount, confirm_empty, submit_count
from wms.counting.wire import (
    CountChanged,
    CountLineRow,
    CountReason,
    CountRow,
    CountSheet,
    CountState,
    Note,
    ProposalState,
    Text60,
)
from wms.kit.http import ERRORS, Actor, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page, page_of, read_id
from wms.kit.refusal import Refusal

router = APIRouter(prefix="/api/v1", tags=["counting"], responses=ERRORS)
Site = Annotated[str | None, Query(max_length=8)]


class NoteBody(BaseModel):
    note: Note


class ReferenceBody(BaseModel):
    """`reference`: the number of the customs document that lets it be posted."""

    reference: Text60 | None = None


@router.post("/counts", status_code=201)
async def post_counts(command: AskCounts, held: Held, who: Who, key: IdempotencyKey = None) -> CountsAsked:
    """Have named places counted."""
    return await held.db.run(ask_counts, command, actor=who, key=key)


@router.post("/counts/due", status_code=201)
async def post_due_counts(command: AskDueCounts, held: Held, who: Who, key: IdempotencyKey = None) -> CountsAsked:
    """Have the places counted whose time has come by the site's policy."""
    return await held.db.run(ask_due_counts, command, actor=who, key=key)


@router.post("/counts/zero-bins", status_code=201)
async def post_zero_bins(command: AskZeroBins, held: Held, who: Who, key: IdempotencyKey = None) -> CountsAsked:
    """Have bins looked at that were picked empty."""
    return await held.db.run(ask_zero_bins, command, actor=who, key=key)


@router.put("/count-policy")
async def put_policy(command: SetCountPolicy, held: Held, who: Who) -> SetCountPolicy:
    return await held.db.run(set_policy, command, actor=who)


@router.post("/counts/start")
async def post_start(command: StartCount, held: Held, who: Who, key: IdempotencyKey = None) -> CountSheet:
    """Begin counting a place by scanning it."""
    return await held.db.run(start_count, command, actor=who, key=key)


@router.post("/counts/confirm-empty")
async def post_confirm_empty(command: ConfirmEmpty, held: Held, who: Who, key: IdempotencyKey = None) -> CountChanged:
    """Say of a bin that nothing is in it."""
    return await held.db.run(confirm_empty, command, actor=who, key=key)


@router.post("/counts/{id}/submit")
async def post_submit(id: UUID, body: CountedBody, held: Held, who: Who, key: IdempotencyKey = None) -> CountChanged:
    """Hand in everything that lies at the place."""
    command = SubmitCount.model_construct(
        count_id=id, **{name: getattr(body, name) for name in CountedBody.model_fields}
    )
    return await held.db.run(submit_count, command, actor=who, key=key)


@router.post("/counts/{id}/approve")
async def post_approve(id: UUID, body: NoteBody, held: Held, who: Who, key: IdempotencyKey = None) -> CountApproved:
    return await held.db.run(approve_count, DecideCount(count_id=id, note=body.note), actor=who, key=key)


@router.post("/counts/{id}/recount")
async def post_recount(id: UUID, body: NoteBody, held: Held, who: Who, key: IdempotencyKey = None) -> CountChanged:
    return await held.db.run(ask_recount, DecideCount(count_id=id, note=body.note), actor=who, key=key)


@router.post("/counts/{id}/cancel")
async def post_cancel(id: UUID, body: NoteBody, held: Held, who: Who, key: IdempotencyKey = None) -> CountChanged:
    return await held.db.run(cancel_count, DecideCount(count_id=id, note=body.note), actor=who, key=key)


@router.get("/counts")
async def get_counts(
    held: Held,
    who: Who,
    site: Site = None,
    state: CountState | None = None,
    reason: CountReason | None = None,
    stocktake_id: UUID | None = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[CountRow]:
    """The newest first."""
    who.need("stock.read", site)
    exact: dict[str, Any] = {"site": site, "state": state, "reason": reason, "stocktake_id": stocktake_id}
    async with held.db.read() as conn:
        found = await find_counts(conn, who, before=read_id(after) if after else None, limit=limit + 1, **exact)
    return page_of(found, limit, lambda row: str(row.id))


@router.get("/counts/{id}")
async def get_count(id: UUID, held: Held, who: Who) -> CountRow:
    who.need("stock.read")
    return await _one(held, who, id)


@router.get("/counts/{id}/lines")
async def get_count_lines(
    id: UUID, held: Held, who: Who, after: After = None, limit: Limit = 100
) -> Page[CountLineRow]:
    who.need("stock.read")
    row = await _one(held, who, id)
    async with held.db.read() as conn:
        found = await find_lines(conn, who, row, after=read_id(after) if after else None, limit=limit + 1)
    return page_of(found, limit, lambda line: str(line.stock_id))


async def _one(held: Held, who: Actor, id: UUID) -> CountRow:
    async with held.db.read() as conn:
        found = await find_counts(conn, who, id=id)
    if not found:
        raise Refusal("not_found")
    return found[0]


@router.get("/count-proposals")
async def get_proposals(
    held: Held,
    who: Who,
    site: Site = None,
    state: ProposalState | None = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[CountProposal]:
    """Variances of bonded goods."""
    who.need("stock.read", site)
    before = read_id(after) if after else None
    async with held.db.read() as conn:
        found = await find_proposals(conn, who, site=site, state=state, before=before, limit=limit + 1)
    return page_of(found, limit, lambda row: str(row.id))


@router.post("/count-proposals/{id}/post")
async def post_post_proposal(
    id: UUID, body: ReferenceBody, held: Held, who: Who, key: IdempotencyKey = None
) -> ProposalDecided:
    command = PostProposal(proposal_id=id, reference=body.reference)
    return await held.db.run(post_proposal, command, actor=who, key=key)


@router.post("/count-proposals/{id}/reject")
async def post_reject_proposal(
    id: UUID, body: NoteBody, held: Held, who: Who, key: IdempotencyKey = None
) -> ProposalDecided:
    return await held.db.run(reject_proposal, RejectProposal(proposal_id=id, note=body.note), actor=who, key=key)


@router.post("/stocktakes", status_code=201)
async def post_stocktake(command: BeginStocktake, held: Held, who: Who, key: IdempotencyKey = None) -> StocktakeBegun:
    """Count every place of a site or a zone."""
    return await held.db.run(begin_stocktake, command, actor=who, key=key)


@router.get("/stocktakes")
async def get_stocktakes(
    held: Held, who: Who, site: Site = None, after: After = None, limit: Limit = 100
) -> Page[StocktakeRow]:
    who.need("stock.read", site)
    before = read_id(after) if after else None
    async with held.db.read() as conn:
        found = await find_stocktakes(conn, who, site=site, id=None, before=before, limit=limit + 1)
    return page_of(found, limit, lambda row: str(row.id))


@router.post("/stocktakes/{id}/close")
async def post_close_stocktake(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> StocktakeClosed:
    return await held.db.run(close_stocktake, CloseStocktake(id=id), actor=who, key=key)

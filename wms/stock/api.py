"""Stock over HTTP: looking, moving, holding, correcting, and the past."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, Field

from wms.access.api import Who
from wms.kit.actor import Actor
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page, page_of
from wms.kit.refusal import Refusal
from wms.stock.change_status import ChangeStatus, change_status
from wms.stock.correct import Reversed, ReversePosting, reverse_posting
from wms.stock.find import StockFilter, StockRow, find_stock, select_stock
from wms.stock.look_back import Basis, PastStock, look_back
from wms.stock.move_stock import MoveBatch, Posted, StockMove, move_stock
from wms.stock.place_hold import HoldPlaced, PlaceHold, ReleaseHold, place_hold, release_hold
from wms.stock.read_entries import EntryRow, read_entries
from wms.stock.read_holds import HoldRow, read_holds
from wms.stock.tables import stock

router = APIRouter(prefix="/api/v1", tags=["stock"], responses=ERRORS)
Text = Annotated[str | None, Query(max_length=60)]


class HoldRelease(BaseModel):
    note: Annotated[str, Field(min_length=1, max_length=200)]


def cursor_id(after: str | None) -> UUID | None:
    """A cursor that is an id. Refuses `invalid_request`."""
    try:
        return UUID(after) if after else None
    except ValueError:
        raise Refusal("invalid_request", field="after") from None


# The two routes by which scans come ask for one dependency only: each costs as much as rights and names together.


@router.post("/sites/{site}/stock/moves", status_code=201)
async def post_move(site: str, body: StockMove, request: Request, who: Who, key: IdempotencyKey = None) -> Posted:
    """Move goods from one place to another."""
    return await _move(site, [body], request, who, key)


@router.post("/sites/{site}/stock/move-batches", status_code=201)
async def post_moves(site: str, body: MoveBatch, request: Request, who: Who, key: IdempotencyKey = None) -> Posted:
    """Move many at once: all of them happen, or none."""
    return await _move(site, body.moves, request, who, key)


async def _move(site: str, moves: list[StockMove], request: Request, who: Actor, key: str | None) -> Posted:
    who.need("stock.move", site, absent=Refusal("unknown_site", site=site))
    state = request.app.state
    return await move_stock(state.services.db, state.names, site, moves, who, key, await request.body())


async def _filter(
    site: Annotated[str | None, Query(max_length=8)] = None,
    location: Text = None,
    zone: Text = None,
    unit_id: UUID | None = None,
    item_id: UUID | None = None,
    sku: Text = None,
    owner: Text = None,
    lot: Text = None,
    serial: Text = None,
    customs_status: Text = None,
    condition: Text = None,
    empty: bool = False,
) -> StockFilter:
    return StockFilter(
        site, location, zone, unit_id, item_id, sku, owner, lot, serial, customs_status, condition, empty
    )


@router.get("/stock")
async def get_stock(
    held: Held, who: Who, wanted: Annotated[StockFilter, Depends(_filter)], after: After = None, limit: Limit = 100
) -> Page[StockRow]:
    """What lies where, whose it is, what customs says of it and how much of it may be taken."""
    who.need("stock.read", wanted.site)
    async with held.db.read() as conn:
        found = await find_stock(conn, who, wanted, after=cursor_id(after), limit=limit + 1)
    return page_of(found, limit, lambda row: str(row.id))


@router.get("/stock/as-of")
async def get_past_stock(
    held: Held,
    who: Who,
    at: AwareDatetime,
    basis: Basis = "recorded",
    site: Annotated[str | None, Query(max_length=8)] = None,
    item_id: UUID | None = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[PastStock]:
    """What lay where at an instant: as the system knew it then (`recorded`), or as it was (`happened`)."""
    who.need("stock.read", site)
    async with held.db.read() as conn:
        found = await look_back(
            conn, who, at, basis=basis, site=site, item_id=item_id, after=cursor_id(after), limit=limit + 1
        )
    return page_of(found, limit, lambda row: str(row.stock_id))


@router.get("/stock/{id}")
async def get_stock_row(id: UUID, held: Held, who: Who) -> StockRow:
    who.need("stock.read")
    async with held.db.read() as conn:
        query = select_stock(who, StockFilter(empty=True)).where(stock.c.id == id)
        row = (await conn.execute(query)).one_or_none()
    if row is None:
        raise Refusal("not_found")
    return StockRow.model_validate(row._mapping)


@router.get("/stock/{id}/entries")
async def get_entries(id: UUID, held: Held, who: Who, after: After = None, limit: Limit = 100) -> Page[EntryRow]:
    """The journal of one balance, newest first."""
    await get_stock_row(id, held, who)
    async with held.db.read() as conn:
        found = await read_entries(conn, stock_id=id, before=_cursor_number(after), limit=limit + 1)
    return page_of(found, limit, lambda row: str(row.id))


@router.get("/postings/{id}")
async def get_posting(id: UUID, held: Held, who: Who, after: After = None, limit: Limit = 100) -> Page[EntryRow]:
    """The entries of one posting, newest first."""
    who.need("stock.read")
    async with held.db.read() as conn:
        found = await read_entries(conn, posting_id=id, actor=who, before=_cursor_number(after), limit=limit + 1)
    if not found and after is None:
        raise Refusal("not_found")
    return page_of(found, limit, lambda row: str(row.id))


def _cursor_number(after: str | None) -> int | None:
    if after is None:
        return None
    if not after.isascii() or not after.isdigit() or len(after) > 18:
        raise Refusal("invalid_request", field="after")
    return int(after)


@router.post("/stock/status-changes", status_code=201)
async def post_status_change(body: ChangeStatus, held: Held, who: Who, key: IdempotencyKey = None) -> Posted:
    """Change condition or customs status of goods where they lie."""
    who.need("stock.correct")
    return await held.db.run(change_status, body, actor=who, key=key)


@router.post("/stock/reversals", status_code=201)
async def post_reversal(body: ReversePosting, held: Held, who: Who, key: IdempotencyKey = None) -> Reversed:
    """Undo a posting by its reverse; the journal keeps both."""
    who.need("stock.correct")
    return await held.db.run(reverse_posting, body, actor=who, key=key)


@router.post("/holds", status_code=201, tags=["hold"])
async def post_hold(body: PlaceHold, held: Held, who: Who, key: IdempotencyKey = None) -> HoldPlaced:
    """Hold goods by lot, unit, owner, article, location, site or HS code: none of them can be reserved, picked or shipped."""
    who.need("hold.write")
    return await held.db.run(place_hold, body, actor=who, key=key)


@router.get("/holds", tags=["hold"])
async def get_holds(
    held: Held, who: Who, active: bool = True, after: After = None, limit: Limit = 100
) -> Page[HoldRow]:
    who.need("stock.read")
    async with held.db.read() as conn:
        found = await read_holds(conn, who, active=active, before=cursor_id(after), limit=limit + 1)
    return page_of(found, limit, lambda row: str(row.id))


@router.post("/holds/{id}/release", tags=["hold"])
async def post_release(id: UUID, body: HoldRelease, held: Held, who: Who, key: IdempotencyKey = None) -> HoldPlaced:
    who.need("hold.write")
    return await held.db.run(release_hold, ReleaseHold(id=id, note=body.note), actor=who, key=key)

"""Routes of the line screen, the lookup and the lists behind them."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel

from devices.contract.topics import ROOT
from wms.access.api import Who, current_actor
from wms.boards.find_parcel import BagFound, ParcelView, find_by_code, parcel_view
from wms.boards.line_view import LineSummary, LineView
from wms.boards.read_line import find_line, read_line, read_lines
from wms.boards.watch_line import LineWatch
from wms.kit.http import ERRORS, Held
from wms.kit.inbox import parked
from wms.kit.refusal import Refusal
from wms.parcels.tables import bag, parcel
from wms.sites.tables import site

router = APIRouter(prefix="/api/v1", responses=ERRORS)
_TOKEN_CHECKED_EVERY = timedelta(seconds=30)


class SiteRow(BaseModel):
    """`verified` False: the name and regime were not checked against a source; screens say so."""

    code: str
    kind: str
    regime: str
    time_zone: str
    names: dict[str, str]
    languages: list[str]
    verified: bool


class ParcelRow(BaseModel):
    id: UUID
    waybill_no: str | None
    destination: str | None
    service: str | None
    state: str
    reason: str | None
    state_at: datetime
    hold: bool
    measured_weight_g: int | None
    declared_weight_g: int | None


class BagRow(BaseModel):
    id: UUID
    chute: str
    destination: str | None
    sscc: str | None
    parcels: int
    weight_g: int
    opened_at: datetime
    closed_at: datetime | None
    close_reason: str | None


class ParkedRow(BaseModel):
    """A message that was no event. `text` is its start, undecodable bytes replaced."""

    id: int
    topic: str
    code: str
    detail: str
    size_bytes: int
    times: int
    at: datetime
    text: str


@router.get("/sites", tags=["sites"])
async def get_sites(held: Held, who: Who) -> list[SiteRow]:
    who.need("site.read")
    async with held.db.read() as conn:
        rows = await conn.execute(sa.select(site).order_by(site.c.code))
        return [SiteRow.model_validate(row._mapping) for row in rows if who.may("site.read", row.code)]


@router.get("/lines", tags=["line"])
async def get_lines(held: Held, who: Who) -> list[LineSummary]:
    who.need("line.read")
    async with held.db.read() as conn:
        return await read_lines(conn, who.sites)


@router.get("/lines/{site_name}/{area}/{name}", tags=["line"])
async def get_line(site_name: str, area: str, name: str, held: Held, who: Who) -> LineView:
    who.need("line.read")
    async with held.db.read() as conn:
        path = f"{site_name}/{area}/{name}"
        who.need("line.read", (await find_line(conn, path)).site, absent=Refusal("unknown_line", line=path))
        return await read_line(conn, path, held.db.clock())


@router.get("/lines/{site_name}/{area}/{name}/live", tags=["line"], response_class=StreamingResponse)
async def get_line_live(
    site_name: str, area: str, name: str, request: Request, held: Held, who: Who
) -> StreamingResponse:
    """Server-sent events, each a whole LineView. Read it with fetch, so that the token stays out of the address."""
    who.need("line.read")
    path = f"{site_name}/{area}/{name}"
    async with held.db.read() as conn:
        who.need("line.read", (await find_line(conn, path)).site, absent=Refusal("unknown_line", line=path))
    watch: LineWatch = request.app.state.line_watch

    async def stream() -> AsyncIterator[bytes]:
        checked_at = held.db.clock()
        async with aclosing(watch.views(path)) as views:  # a client that goes must not leave a watcher behind
            async for view in views:
                if view.at - checked_at > _TOKEN_CHECKED_EVERY:
                    checked_at = view.at
                    if not await _still_reads(request, view.line.site):
                        return
                yield b"event: line\ndata: " + view.model_dump_json().encode() + b"\n\n"

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


async def _still_reads(request: Request, site: str) -> bool:
    """A stream may outlive its sign-in by days; it ends with it."""
    try:
        return (await current_actor(request)).may("line.read", site)
    except Refusal:
        return False


@router.get("/codes/{code:path}", tags=["parcel"])
async def get_code(code: str, held: Held, who: Who) -> ParcelView | BagFound:
    """Where something is and what to do with it, by any code on it."""
    who.need("parcel.read")
    if len(code) > 256:
        raise Refusal("unknown_parcel", code=code[:60])
    async with held.db.read() as conn:
        return await find_by_code(conn, code, who, held.seal)


@router.get("/parcels", tags=["parcel"])
async def get_parcels(
    held: Held,
    who: Who,
    site: Annotated[str, Query(max_length=8)],
    state: Annotated[str | None, Query(pattern="^(announced|on_line|sorted|exception|bagged)$")] = None,
    reason: Annotated[str | None, Query(max_length=24)] = None,
    before: AwareDatetime | None = None,
    before_id: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[ParcelRow]:
    """Newest change first. The next page starts `before` the last row's `state_at` and `before_id` its `id`.

    A whole manifest has one `state_at`: a page that is asked for without `before_id` passes over the rest of it.
    """
    who.need("parcel.read", site)
    query = sa.select(parcel).where(parcel.c.site == site)
    query = query.order_by(parcel.c.state_at.desc(), parcel.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(parcel.c.state == state)
    if reason is not None:
        query = query.where(parcel.c.reason == reason)
    if before is not None and before_id is not None:
        query = query.where(sa.tuple_(parcel.c.state_at, parcel.c.id) < sa.tuple_(before, before_id))
    elif before is not None:
        query = query.where(parcel.c.state_at < before)
    async with held.db.read() as conn:
        return [ParcelRow.model_validate(row._mapping, extra="ignore") for row in await conn.execute(query)]


@router.get("/parcels/{id}", tags=["parcel"])
async def get_parcel(id: UUID, held: Held, who: Who) -> ParcelView:
    who.need("parcel.read")
    async with held.db.read() as conn:
        row = (await conn.execute(sa.select(parcel).where(parcel.c.id == id))).one_or_none()
        if row is None:
            raise Refusal("unknown_parcel", code=str(id))
        who.need("parcel.read", row.site, absent=Refusal("unknown_parcel", code=str(id)))
        return await parcel_view(conn, row, who, held.seal)


@router.get("/bags", tags=["bag"])
async def get_bags(
    held: Held,
    who: Who,
    site: Annotated[str, Query(max_length=8)],
    open: bool | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[BagRow]:
    """Newest first."""
    who.need("bag.read", site)
    query = sa.select(bag).where(bag.c.site == site).order_by(bag.c.opened_at.desc()).limit(limit)
    if open is not None:
        query = query.where(bag.c.closed_at.is_(None) if open else bag.c.closed_at.is_not(None))
    async with held.db.read() as conn:
        return [BagRow.model_validate(row._mapping, extra="ignore") for row in await conn.execute(query)]


@router.get("/parked", tags=["edge"])
async def get_parked(held: Held, who: Who, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[ParkedRow]:
    """Messages from devices that could not be events, newest first. Those that name no site are for people of every site."""
    who.need("parked.read")
    query = sa.select(parked).order_by(parked.c.at.desc()).limit(limit)
    if who.sites is not None:
        mine = [parked.c.topic.startswith(f"{ROOT}/{site.lower()}/", autoescape=True) for site in sorted(who.sites)]
        query = query.where(sa.or_(sa.false(), *mine))
    async with held.db.read() as conn:
        return [
            ParkedRow(
                id=row.id,
                topic=row.topic,
                code=row.code,
                detail=row.detail,
                size_bytes=row.size_bytes,
                times=row.times,
                at=row.at,
                text=row.payload[:500].decode("utf-8", "replace"),
            )
            for row in await conn.execute(query)
        ]

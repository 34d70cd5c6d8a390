"""Returns and their windows over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from wms.access.api import Who
from wms.kit.http import ERRORS, Held, IdempotencyKey
from wms.kit.page import After, Limit, Page
from wms.returns.announce_return import announce_return
from wms.returns.close_return import CloseReturn, close_return
from wms.returns.find_returns import find_lines, find_return, find_returns, find_windows
from wms.returns.inspect_return import InspectBody, InspectReturn, ReturnInspected, inspect_return
from wms.returns.receive_return import ReceiveBody, ReceiveReturn, ReturnReceived, receive_return
from wms.returns.windows import put_window
from wms.returns.wire import (
    AnnounceReturn,
    ReturnChanged,
    ReturnKind,
    ReturnLineRecord,
    ReturnRecord,
    ReturnState,
    WindowBody,
    WindowRecord,
)

router = APIRouter(prefix="/api/v1", tags=["returns"], responses=ERRORS)


@router.post("/returns", status_code=201)
async def post_return(command: AnnounceReturn, held: Held, who: Who, key: IdempotencyKey = None) -> ReturnChanged:
    return await held.db.run(announce_return, command, actor=who, key=key)


@router.get("/returns")
async def get_returns(
    held: Held,
    who: Who,
    site: Annotated[str | None, Query(max_length=8)] = None,
    owner_id: UUID | None = None,
    kind: ReturnKind | None = None,
    state: ReturnState | None = None,
    reference: Annotated[str | None, Query(max_length=60)] = None,
    after: After = None,
    limit: Limit = 100,
) -> Page[ReturnRecord]:
    who.need("return.read", site)
    filters = {"site": site, "owner_id": owner_id, "kind": kind, "state": state, "reference": reference}
    async with held.db.read() as conn:
        return await find_returns(conn, who, after, limit, **filters)


@router.get("/returns/{id}")
async def get_return(id: UUID, held: Held, who: Who) -> ReturnRecord:
    async with held.db.read() as conn:
        return await find_return(conn, who, id)


@router.get("/returns/{id}/lines")
async def get_lines(id: UUID, held: Held, who: Who, after: After = None, limit: Limit = 100) -> Page[ReturnLineRecord]:
    async with held.db.read() as conn:
        await find_return(conn, who, id)
        return await find_lines(conn, id, after, limit)


@router.post("/returns/{id}/receive")
async def post_receive(id: UUID, body: ReceiveBody, held: Held, who: Who, key: IdempotencyKey = None) -> ReturnReceived:
    return await held.db.run(receive_return, ReceiveReturn(id=id, **dict(body)), actor=who, key=key)


@router.post("/returns/{id}/inspect")
async def post_inspect(
    id: UUID, body: InspectBody, held: Held, who: Who, key: IdempotencyKey = None
) -> ReturnInspected:
    return await held.db.run(inspect_return, InspectReturn(id=id, **dict(body)), actor=who, key=key)


@router.post("/returns/{id}/close")
async def post_close(id: UUID, held: Held, who: Who, key: IdempotencyKey = None) -> ReturnChanged:
    """Nothing more will come: what did not come may be returned another time."""
    return await held.db.run(close_return, CloseReturn(id=id), actor=who, key=key)


@router.get("/return-windows")
async def get_windows(held: Held, who: Who, after: After = None, limit: Limit = 100) -> Page[WindowRecord]:
    """Until when goods may come back, by law; `verified` false where its source was not read."""
    who.need("return.read")
    async with held.db.read() as conn:
        return await find_windows(conn, after, limit)


@router.put("/return-windows")
async def put_return_window(body: WindowBody, held: Held, who: Who) -> WindowRecord:
    return await held.db.run(put_window, body, actor=who)

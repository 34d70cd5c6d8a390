"""What every route uses: who asks, the door to the database, and refusals as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from wms.kit.actor import Actor
from wms.kit.db import Database, is_bad_value, is_outage
from wms.kit.listen import Listener
from wms.kit.refusal import Refusal
from wms.kit.seal import Seal


@dataclass(frozen=True, slots=True)
class Services:
    """What the application holds while it runs."""

    db: Database
    listener: Listener
    seal: Seal
    token_hours: int
    company_prefix: str
    max_upload_bytes: int


class FieldProblem(BaseModel):
    field: str
    code: str


class RefusalBody(BaseModel):
    """Every error of the API: a code to translate, parameters for its sentence, and the fields that are wrong."""

    code: str
    params: dict[str, Any] = {}
    field: str | None = None
    fields: list[FieldProblem] = []


async def services(request: Request) -> Services:
    """Async on purpose, as every dependency here: FastAPI runs the others in threads, which costs more than the work."""
    held: Services = request.app.state.services
    return held


Held = Annotated[Services, Depends(services)]
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=80)]

ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": RefusalBody} for status in (400, 401, 403, 404, 409, 413, 422, 423, 503)
}


def bearer_token(request: Request) -> str:
    """The bearer token of a request, or Refusal `not_signed_in`."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refusal("not_signed_in")
    return token.strip()


def install_refusals(app: FastAPI) -> None:
    """Turn refusals, wrong requests, unknown paths and a database that is away into one JSON shape."""

    @app.exception_handler(Refusal)
    async def _refusal(_: Request, error: Refusal) -> JSONResponse:
        return _answer(error)

    @app.exception_handler(SQLAlchemyError)
    @app.exception_handler(asyncpg.PostgresError)
    @app.exception_handler(asyncpg.InterfaceError)
    @app.exception_handler(OSError)
    async def _database(_: Request, error: Exception) -> JSONResponse:
        if is_outage(error):
            return _answer(Refusal("busy"))
        if is_bad_value(error):
            return _answer(Refusal("invalid_request"))
        raise error

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse(_invalid_body(error.errors()), 422)

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        code = {401: "not_signed_in", 404: "not_found", 413: "too_large"}.get(error.status_code, "invalid_request")
        return JSONResponse({"code": code, "params": {}, "field": None}, error.status_code, error.headers)


def _answer(refusal: Refusal) -> JSONResponse:
    headers = {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else None
    return JSONResponse(refusal.body(), refusal.status, headers)


def _field(loc: Sequence[Any]) -> str:
    """The path of a field. The names in it may be a stranger's: half a surrogate pair could not be sent back."""
    return ".".join(str(part) for part in loc[1:]).encode("utf-8", "replace").decode()[:200]


def _invalid_body(errors: Sequence[Any]) -> dict[str, Any]:
    fields = [{"field": _field(one["loc"]), "code": one["type"]} for one in errors[:20]]
    first = fields[0]["field"] if fields else None
    return {"code": "invalid_request", "params": {"field": first or ""}, "field": first, "fields": fields}


__all__ = ["ERRORS", "Actor", "Held", "IdempotencyKey", "RefusalBody", "Services", "bearer_token", "install_refusals"]

"""The web application, put together from the slices."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from devices.dicos.check import DicosGate
from devices.vision.decode_file import FileDecoder
from wms.access.api import router as access_router
from wms.access.remember_actors import ActorMemory
from wms.boards.api import router as boards_router
from wms.boards.network_api import router as network_router
from wms.boards.watch_line import LineWatch
from wms.catalog.api import router as catalog_router
from wms.coldchain.api import router as coldchain_router
from wms.counting.api import router as counting_router
from wms.equipment.api import router as equipment_router
from wms.imports.api import UPLOAD_PATHS as IMPORT_PATHS
from wms.imports.api import router as imports_router
from wms.inbound.api import UPLOAD_PATHS
from wms.inbound.api import router as inbound_router
from wms.inbound.discrepancies_api import router as discrepancies_router
from wms.inbound.notices_api import router as notices_router
from wms.inbound.quality_api import router as quality_router
from wms.inside.faces_api import router as faces_router
from wms.inside.kits_api import router as kits_router
from wms.inside.reports_api import router as reports_router
from wms.inside.units_api import router as units_router
from wms.inspection.api import UPLOAD_PATHS as SCAN_PATHS
from wms.inspection.api import Inspection
from wms.inspection.api import router as inspection_router
from wms.inspection.image_store import ImageStore
from wms.inspection.review_api import router as review_router
from wms.kit.asgi import LimitBody, SecureHeaders
from wms.kit.http import Services, bearer_token, install_refusals
from wms.kit.refusal import Refusal
from wms.labels.api import router as labels_router
from wms.labels.decode_api import UPLOAD_PATHS as PICTURE_PATHS
from wms.labels.decode_api import router as decode_router
from wms.outbound.floor_api import router as floor_router
from wms.outbound.orders_api import router as orders_router
from wms.ownership.consignment_api import router as consignment_router
from wms.ownership.receipts_api import router as receipts_router
from wms.ownership.reports_api import router as owner_reports_router
from wms.parties.api import router as parties_router
from wms.putaway.api import router as putaway_router
from wms.returns.api import router as returns_router
from wms.sorting.api import router as sorting_router
from wms.stock.api import router as stock_router
from wms.stock.codes_api import router as codes_router
from wms.stock.locations_api import router as locations_router
from wms.stock.names import Names
from wms.tasks.api import router as tasks_router
from wms.transfers.api import router as transfers_router
from wms.transport.api import UPLOAD_PATHS as PLAN_PATHS
from wms.transport.api import router as transport_router
from wms.webhooks.api import router as webhooks_router
from wms.workers.open_demand import open_demand
from wms.workers.row_kinds import ROW_KINDS

WEB_DIST = Path(__file__).parent / "web" / "dist"
_FORM_OVERHEAD_BYTES = 10_000
_ENTRIES = ("console", "handheld")


def create_app(
    held: Services, *, metrics_token: str | None = None, webhooks_to_private: bool = False, home: Path = Path(".kouan")
) -> FastAPI:
    """The application on these services. It starts the listener and closes the database at its end; images lie in `home`."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        jobs = [asyncio.create_task(held.listener.run()), asyncio.create_task(app.state.actors.run(held.listener))]
        yield
        for job in jobs:
            job.cancel()
        await held.db.close()
        app.state.file_decoder.close()
        app.state.inspection.gate.close()

    app = FastAPI(
        title="Kouan", version="1", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json"
    )
    app.state.services = held
    app.state.row_kinds = ROW_KINDS
    app.state.open_demand = open_demand
    app.state.names = Names()
    app.state.webhooks_to_private = webhooks_to_private
    app.state.actors = ActorMemory()
    app.state.file_decoder = FileDecoder()
    app.state.inspection = Inspection(ImageStore(home / "images"), DicosGate(), random.SystemRandom())
    app.state.line_watch = LineWatch(held.db, held.listener)
    install_refusals(app)
    for router in (
        stock_router,  # first: routes are tried in order, and scans come by the thousand
        access_router,
        parties_router,
        catalog_router,
        locations_router,
        codes_router,
        imports_router,
        labels_router,
        decode_router,
        inbound_router,
        notices_router,
        discrepancies_router,
        quality_router,
        putaway_router,
        boards_router,
        sorting_router,
        equipment_router,
        tasks_router,
        webhooks_router,
        orders_router,
        floor_router,
        consignment_router,
        receipts_router,
        owner_reports_router,
        coldchain_router,
        transfers_router,
        returns_router,
        network_router,
        units_router,
        faces_router,
        kits_router,
        reports_router,
        counting_router,
        transport_router,
        inspection_router,
        review_router,
    ):
        app.include_router(router)
    _add_health(app, held, metrics_token)
    _add_screens(app)

    app.add_middleware(
        LimitBody,
        upload_limit_bytes=held.max_upload_bytes + _FORM_OVERHEAD_BYTES,
        upload_paths=UPLOAD_PATHS | IMPORT_PATHS | PICTURE_PATHS | SCAN_PATHS | PLAN_PATHS,
    )
    app.add_middleware(SecureHeaders)
    return app


def _add_health(app: FastAPI, held: Services, metrics_token: str | None) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> JSONResponse:
        return JSONResponse({"status": "alive"})

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        try:
            async with asyncio.timeout(2), held.db.read() as conn:
                await conn.execute(sa.text("SELECT 1"))
        except Exception:
            return JSONResponse({"status": "no_database"}, 503)
        return JSONResponse({"status": "ready"})

    @app.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        given = bearer_token(request).encode()
        if metrics_token is None or not secrets.compare_digest(given, metrics_token.encode()):
            return JSONResponse({"code": "not_signed_in", "params": {}}, 401)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _add_screens(app: FastAPI) -> None:
    """The built screens, when they are built: `/` is the console, `/handheld/` the handheld."""
    if not (WEB_DIST / "console" / "index.html").exists():
        return
    app.mount("/assets", StaticFiles(directory=WEB_DIST / "assets"), name="assets")

    @app.get("/", include_in_schema=False)
    async def root() -> RedirectResponse:
        return RedirectResponse("/console/")

    @app.get("/{entry}/{path:path}", include_in_schema=False)
    async def entry_page(entry: str, path: str) -> FileResponse:
        if entry not in _ENTRIES:
            raise Refusal("not_found")
        page = WEB_DIST / entry
        if _is_file_below(page, path):
            return FileResponse(page / path)
        return FileResponse(page / "index.html", headers={"Cache-Control": "no-cache"})


def _is_file_below(folder: Path, path: str) -> bool:
    try:
        wanted = (folder / path).resolve()
        return wanted.is_relative_to(folder.resolve()) and wanted.is_file()
    except (OSError, ValueError):  # a name too long for the disk, or with a NUL
        return False

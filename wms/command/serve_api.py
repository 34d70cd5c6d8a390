"""`kouan api`: the web server."""

import gc

import uvicorn
from fastapi import FastAPI

from wms.access.sign_in import ACCESS_CHANNEL
from wms.app import create_app
from wms.command.places import Home, personal_data_seal
from wms.command.refusals import CONSTRAINTS
from wms.kit.db import Database
from wms.kit.http import Services
from wms.kit.listen import Listener
from wms.kit.log import configure_logs
from wms.settings import Settings, settings
from wms.workers.react import LIVE_CHANNEL


def serve_api(chosen: Settings) -> int:
    """Serve until SIGTERM. The database has to be there: `kouan up` or `kouan migrate` prepares it."""
    if not chosen.database_url:
        raise SystemExit("kouan api needs KOUAN_DATABASE_URL; `kouan up` starts everything on one machine")
    configure_logs(chosen.log_level)
    uvicorn.run(
        f"{__name__}:make_app",
        factory=True,
        workers=chosen.http_workers,
        host=chosen.http_host,
        port=chosen.http_port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    return 0


def make_app() -> FastAPI:
    """The application of one server process, from the settings in its environment."""
    chosen = settings()
    assert chosen.database_url is not None
    configure_logs(chosen.log_level)
    held = Services(
        db=Database(chosen.database_url, refusals=CONSTRAINTS),
        listener=Listener(chosen.database_url, (LIVE_CHANNEL, ACCESS_CHANNEL)),
        seal=personal_data_seal(chosen),
        token_hours=chosen.token_hours,
        company_prefix=chosen.gs1_company_prefix,
        max_upload_bytes=chosen.max_upload_bytes,
    )
    app = create_app(
        held,
        metrics_token=Home(chosen).secret("metrics_token"),
        webhooks_to_private=chosen.webhooks_to_private_networks,
        home=chosen.home,
    )
    # What stands at the start stands to the end. Looking through all of it at every full collection held up a scan by a
    # quarter of a second (measured: p99 of fifty handhelds 280 ms, 30 ms without).
    gc.collect()
    gc.freeze()
    return app

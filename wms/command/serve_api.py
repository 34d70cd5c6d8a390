"""`kouan api`: the web server."""

import uvicorn

from wms.access.sign_in import ACCESS_CHANNEL
from wms.app import create_app
from wms.command.places import Home, personal_data_seal
from wms.command.refusals import CONSTRAINTS
from wms.kit.db import Database
from wms.kit.http import Services
from wms.kit.listen import Listener
from wms.kit.log import configure_logs
from wms.settings import Settings
from wms.workers.react import LIVE_CHANNEL


def serve_api(settings: Settings) -> int:
    """Serve until SIGTERM. The database has to be there: `kouan up` or `kouan migrate` prepares it."""
    if not settings.database_url:
        raise SystemExit("kouan api needs KOUAN_DATABASE_URL; `kouan up` starts everything on one machine")
    configure_logs(settings.log_level)
    held = Services(
        db=Database(settings.database_url, refusals=CONSTRAINTS),
        listener=Listener(settings.database_url, (LIVE_CHANNEL, ACCESS_CHANNEL)),
        seal=personal_data_seal(settings),
        token_hours=settings.token_hours,
        company_prefix=settings.gs1_company_prefix,
        max_upload_bytes=settings.max_upload_bytes,
    )
    app = create_app(held, metrics_token=Home(settings).secret("metrics_token"))
    uvicorn.run(
        app,
        host=settings.http_host,
        port=settings.http_port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    return 0

"""The loop that plans routes, one job at a time: the search uses two cores itself."""

import structlog

from wms.kit.db import Database, is_outage
from wms.kit.listen import Listener
from wms.transport.run_job import run_next
from wms.transport.start_job import PLAN_CHANNEL

_POLL_S = 5.0  # also how soon the job of a dead worker is looked at again
_log = structlog.get_logger()


async def plan_routes(db: Database, listener: Listener) -> None:
    while True:
        try:
            while await run_next(db):
                pass
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("plan_waits", error=repr(error)[:200])
        await listener.wait(PLAN_CHANNEL, _POLL_S)

"""Asking every second which scans passed the belt's deadline undecided: those are opened by hand, never released."""

import asyncio

import structlog

from wms.inspection.expire_scans import expire_scans
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, is_outage

_EVERY_S = 1.0
_log = structlog.get_logger()


async def watch_scans(db: Database) -> None:
    while True:
        await asyncio.sleep(_EVERY_S)
        try:
            if late := await db.run(expire_scans, None, actor=SYSTEM):
                _log.info("scans_expired", scans=late)
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("scans_not_watched", error=repr(error)[:200])

"""Asking every minute which probes of cold zones fell silent."""

import asyncio

import structlog

from wms.coldchain.watch_silence import watch_silence
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, is_outage

_EVERY_S = 60.0
_log = structlog.get_logger()


async def watch_probes(db: Database) -> None:
    while True:
        await asyncio.sleep(_EVERY_S)
        try:
            if silent := await db.run(watch_silence, None, actor=SYSTEM):
                _log.warning("probes_silent", probes=silent)
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("probes_not_watched", error=repr(error)[:200])

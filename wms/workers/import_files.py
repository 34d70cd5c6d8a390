"""The loop that imports files. Several processes may run it: each job is leased to one of them."""

import structlog

from wms.imports.forget_files import forget_files
from wms.imports.row_kind import RowKinds
from wms.imports.run_job import run_next
from wms.imports.start_import import IMPORT_CHANNEL
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, is_outage
from wms.kit.listen import Listener

_POLL_S = 5.0  # also how soon the job of a dead worker is looked at again
_log = structlog.get_logger()


async def import_files(db: Database, listener: Listener, kinds: RowKinds) -> None:
    while True:
        try:
            while await run_next(db, kinds):
                pass
            await db.run(forget_files, None, actor=SYSTEM)
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("import_waits", error=repr(error)[:200])
        await listener.wait(IMPORT_CHANNEL, _POLL_S)

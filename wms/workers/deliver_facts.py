"""The loop that writes the feed and delivers to webhooks."""

import structlog

from wms.kit.db import Database, is_outage
from wms.kit.listen import Listener
from wms.kit.outbox import OUTBOX_CHANNEL
from wms.kit.seal import Seal
from wms.webhooks.deliver import Deliverer, run_round

_POLL_S = 0.5
_log = structlog.get_logger()


async def deliver_facts(db: Database, listener: Listener, seal: Seal, *, allow_private: bool) -> None:
    deliverer = Deliverer(db, seal, allow_private=allow_private)
    while True:
        try:
            while await run_round(deliverer, db):
                pass
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("deliver_waits", error=repr(error)[:200])
        await listener.wait(OUTBOX_CHANNEL, _POLL_S)

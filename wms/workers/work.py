"""One process with the chosen loops (LOOPS). Each lives until the process is told to stop."""

import asyncio
import os
import signal
from pathlib import Path

import structlog

from devices.contract.topics import (
    CONNECTION_FILTER,
    EVENT_FILTER,
    GATEWAY_CONNECTION_FILTER,
    GATEWAY_STATE_FILTER,
    STATE_FILTER,
)
from wms.imports.start_import import IMPORT_CHANNEL
from wms.kit.db import Database
from wms.kit.inbox import INBOX_CHANNEL
from wms.kit.listen import Listener
from wms.kit.mqtt import MqttClient
from wms.kit.outbox import OUTBOX_CHANNEL
from wms.kit.seal import Seal
from wms.transport.start_job import PLAN_CHANNEL
from wms.workers.deliver_facts import deliver_facts
from wms.workers.import_files import import_files
from wms.workers.ingest import Ingest
from wms.workers.plan_routes import plan_routes
from wms.workers.plan_shelf_work import plan_shelf_work
from wms.workers.react import Reactor
from wms.workers.relay import Relay
from wms.workers.row_kinds import ROW_KINDS
from wms.workers.skip_gaps import watch_gaps
from wms.workers.tidy import keep_tidy
from wms.workers.watch_probes import watch_probes
from wms.workers.watch_scans import watch_scans
from wms.workers.watch_status import watch_status

LOOPS = ("ingest", "react", "relay", "status", "import", "deliver", "plan")
_PATIENT = {"import", "deliver", "plan"}  # nobody at a belt waits for these
_STATUS_FILTERS = (CONNECTION_FILTER, STATE_FILTER, GATEWAY_CONNECTION_FILTER, GATEWAY_STATE_FILTER)
_log = structlog.get_logger()


async def work(
    loops: tuple[str, ...],
    database_url: str,
    mqtt_url: str,
    mqtt_password: str | None,
    company_prefix: str,
    refusals: dict[str, str] | None = None,
    seal: Seal | None = None,
    *,
    webhooks_to_private: bool = False,
) -> None:
    """Run loops until SIGTERM or SIGINT. A loop that fails ends the process: its supervisor starts it afresh."""
    if _PATIENT.issuperset(loops):
        os.nice(10)
    db = Database(database_url, pool_size=4, refusals=refusals)
    listener = Listener(database_url, (INBOX_CHANNEL, OUTBOX_CHANNEL, IMPORT_CHANNEL, PLAN_CHANNEL))

    def client(name: str, filters: tuple[str, ...] = ()) -> MqttClient:
        return MqttClient(mqtt_url, mqtt_password, f"kouan-{name}", filters, window=1000)

    jobs = [listener.run()]
    if "ingest" in loops:
        mqtt = client("ingest", (EVENT_FILTER,))
        jobs += [mqtt.run(), Ingest(db, mqtt).run()]
    if "react" in loops:
        jobs += [Reactor(db, company_prefix).run(listener), watch_gaps(db), watch_probes(db), keep_tidy(db)]
        jobs += [plan_shelf_work(db), watch_scans(db)]
    if "relay" in loops:
        mqtt = client("relay")
        jobs += [mqtt.run(), Relay(db, mqtt).run(listener)]
    if "import" in loops:
        jobs += [import_files(db, listener, ROW_KINDS)]
    if "plan" in loops:
        jobs += [plan_routes(db, listener)]
    if "deliver" in loops and seal is not None:
        jobs += [deliver_facts(db, listener, seal, allow_private=webhooks_to_private)]
    if "status" in loops:
        mqtt = client("status", _STATUS_FILTERS)
        jobs += [mqtt.run(), watch_status(db, mqtt)]
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    tasks = [asyncio.ensure_future(job) for job in jobs]
    stopping = asyncio.create_task(stop.wait())
    _log.info("working", loops=loops)
    try:
        done, _ = await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {stopping}:
            task.result()
    finally:
        for task in [*tasks, stopping]:
            task.cancel()
        await asyncio.gather(*tasks, stopping, return_exceptions=True)
        await db.close()


def read_secret(file: Path | None) -> str | None:
    return file.read_text(encoding="utf-8").strip() if file is not None else None

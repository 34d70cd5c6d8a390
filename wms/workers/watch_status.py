"""Life signs of gateways and devices into the database: the latest of each, not their history."""

import asyncio
from typing import Any

import sqlalchemy as sa
import structlog
from pydantic import ValidationError
from sqlalchemy.dialects.postgresql import insert

from devices.contract.envelope import MAX_PAYLOAD_BYTES
from devices.contract.status import Connection, DeviceState, GatewayState
from devices.contract.topics import parse_device_topic, parse_gateway_topic
from wms.equipment.tables import device, gateway, line
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx, is_outage
from wms.kit.mqtt import Message, MqttClient
from wms.workers.react import LIVE_CHANNEL

_log = structlog.get_logger()


async def note_status(tx: Tx, message: Message) -> bool:
    """Store one life sign; False when it is none or malformed."""
    if len(message.payload) > MAX_PAYLOAD_BYTES:
        return False
    try:
        if (at_gateway := parse_gateway_topic(message.topic)) is not None:
            site, name, verb = at_gateway
            return await _note_gateway(tx, site, name, verb, message)
        if (at_device := parse_device_topic(message.topic)) is not None:
            address, verb = at_device
            return await _note_device(tx, str(address), address.line_path, verb, message)
    except ValidationError:
        pass
    return False


async def _note_gateway(tx: Tx, site: str, name: str, verb: str, message: Message) -> bool:
    models: dict[str, type[GatewayState | Connection]] = {"state": GatewayState, "connection": Connection}
    if verb not in models:
        return False
    values = _values(tx, verb, models[verb].model_validate_json(message.payload), message.retained)
    row = insert(gateway).values(site=site, name=name, **values)
    await tx.conn.execute(row.on_conflict_do_update(index_elements=["site", "name"], set_=values))
    tx.notify.add(LIVE_CHANNEL)
    return True


async def _note_device(tx: Tx, address: str, line_path: str, verb: str, message: Message) -> bool:
    models: dict[str, type[DeviceState | Connection]] = {"state": DeviceState, "connection": Connection}
    if verb not in models:
        return False
    body = models[verb].model_validate_json(message.payload)
    known_line = await tx.conn.scalar(sa.select(line.c.path).where(line.c.path == line_path))
    values = _values(tx, verb, body, message.retained)
    if isinstance(body, DeviceState):
        values["kind"] = body.kind
    row = insert(device).values(address=address, line=known_line, **({"kind": "unknown"} | values))
    await tx.conn.execute(row.on_conflict_do_update(index_elements=["address"], set_=values))
    tx.notify.add(LIVE_CHANNEL)
    return True


def _values(tx: Tx, verb: str, body: DeviceState | GatewayState | Connection, retained: bool) -> dict[str, Any]:
    """A retained state is as old as it says: whoever left it may have been silent for days."""
    values: dict[str, Any] = {verb: body.model_dump(mode="json")}
    if verb == "state":
        values["state_at"] = min(body.ts, tx.now) if retained else tx.now
    return values


async def watch_status(db: Database, client: MqttClient) -> None:
    """Take life signs until cancelled; what fails is passed over, because the next one comes within 30 s."""
    while True:
        message = await client.incoming.get()
        try:
            if not await db.run(note_status, message, actor=SYSTEM):
                _log.warning("status_refused", topic=message.topic[:200])
        except Exception as error:
            _log.warning("status_skipped", error=repr(error)[:200])
            if is_outage(error):
                await asyncio.sleep(0.5)
        client.ack(message)

"""Commands to devices, alarms."""

from uuid import UUID

from fastapi import APIRouter

from wms.access.api import Who
from wms.equipment.acknowledge_alarm import acknowledge_alarm
from wms.equipment.send_command import CommandSent, SendCommand, send_command
from wms.kit.http import ERRORS, Held, IdempotencyKey

router = APIRouter(prefix="/api/v1", tags=["edge"], responses=ERRORS)


@router.post("/commands", status_code=202)
async def post_command(command: SendCommand, held: Held, who: Who, key: IdempotencyKey = None) -> CommandSent:
    who.need("device.command")
    return await held.db.run(send_command, command, actor=who, key=key)


@router.post("/alarms/{id}/acknowledge", status_code=204)
async def post_acknowledge(id: UUID, held: Held, who: Who) -> None:
    who.need("alarm.acknowledge")
    await held.db.run(acknowledge_alarm, id, actor=who)

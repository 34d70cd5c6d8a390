"""Sending a command to a device: a row in the outbox, with a version that fences and a deadline that kills."""

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from devices.contract.commands import COMMAND_NAMES, Command
from devices.contract.topics import DeviceAddress
from wms.access.audit import audit
from wms.equipment.tables import device, line
from wms.kit.db import Tx
from wms.kit.outbox import emit
from wms.kit.refusal import Refusal


class SendCommand(BaseModel):
    address: str = Field(max_length=140)
    name: str = Field(max_length=32)
    target: str = Field(default="", max_length=40)
    seconds: int = Field(default=10, ge=1, le=600)


class CommandSent(BaseModel):
    cmd_id: UUID
    deadline: datetime


async def send_command(tx: Tx, command: SendCommand) -> CommandSent:
    """Refuses `unknown_device`, `unknown_command`."""
    row = (
        await tx.conn.execute(
            sa.select(device.c.address, line.c.site)
            .join(line, line.c.path == device.c.line)
            .where(device.c.address == command.address)
        )
    ).one_or_none()
    if row is None:
        raise Refusal("unknown_device", address=command.address)
    tx.actor.need("device.command", row.site, absent=Refusal("unknown_device", address=command.address))
    if command.name not in COMMAND_NAMES - {"divert"}:  # diverting by hand would bypass the sort plan and the holds
        raise Refusal("unknown_command", field="name", name=command.name)
    order = Command(
        cmd_id=tx.new_id(),
        name=command.name,
        target=command.target,
        version=int(tx.now.timestamp() * 1000),
        deadline=tx.now + timedelta(seconds=command.seconds),
    )
    topic = DeviceAddress.parse(command.address).topic("cmd", command.name)
    await emit(tx, topic, order.model_dump_json().encode(), expires_at=order.deadline)
    await audit(tx, "device.command", command.address, name=command.name, target=command.target)
    return CommandSent(cmd_id=order.cmd_id, deadline=order.deadline)

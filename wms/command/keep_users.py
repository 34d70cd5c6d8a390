"""Devices that get a credential while everything runs: the embedded broker takes them over within a second."""

import asyncio

from wms.command.device_credentials import broker_users, read_devices
from wms.command.running import Running


async def keep_users(run: Running) -> None:
    """Watch the registry until cancelled. An external broker is somebody else's to tell."""
    if run.broker is None:
        return
    known = read_devices(run.home)
    while True:
        await asyncio.sleep(0.5)
        now = read_devices(run.home)
        if now != known:
            users = broker_users(run.home, run.mqtt.warehouse_password, run.mqtt.gateway_password)
            await asyncio.to_thread(run.broker.replace_users, users)
            known = now

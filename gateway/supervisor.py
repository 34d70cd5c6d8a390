"""The devices in service, each with its task: added, replaced and taken away one by one, without touching the others."""

import asyncio
from collections.abc import Callable

from gateway.device import Device
from gateway.settings import AnyDevice


class Supervisor:
    """`make` builds a device from its settings. Until `start` nothing runs."""

    def __init__(self, make: Callable[[AnyDevice], Device]) -> None:
        self._make = make
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._running = False
        self.devices: dict[str, Device] = {}

    def add(self, settings: AnyDevice) -> Device:
        device = self._make(settings)
        self.devices[settings.address] = device
        if self._running:
            self._tasks[settings.address] = asyncio.create_task(device.run())
        return device

    def start(self) -> None:
        self._running = True
        self._tasks = {address: asyncio.create_task(device.run()) for address, device in self.devices.items()}

    async def remove(self, address: str) -> None:
        """End a device and forget it; its last state is STOPPED."""
        self.devices.pop(address, None)
        task = self._tasks.pop(address, None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def replace(self, settings: AnyDevice) -> Device:
        await self.remove(settings.address)
        return self.add(settings)

    async def stop(self) -> None:
        self._running = False
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

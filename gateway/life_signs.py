"""Retained life signs: the gateway's and its devices', on change, at intervals, and all of them at every connect.

A broker that lost its memory, or a second one, then knows everything again within one connect.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

from pydantic import BaseModel

from devices.contract.status import Connection, GatewayState
from devices.contract.topics import DeviceAddress, gateway_topic
from gateway.clock import Clock
from gateway.device import Device
from gateway.factsheet import Factsheet
from gateway.outbox import Outbox
from gateway.uplink.broker import Will

GATEWAY_EVERY_S = 2.0
DEVICES_EVERY_S = 30.0

Publish = Callable[[str, bytes], None]


class LifeSigns:
    """`publish` sends retained at QoS 1 and drops what cannot be sent now; `measure` makes the gateway's state."""

    def __init__(
        self, site: str, gateway: str, outbox: Outbox, clock: Clock, devices: Mapping[str, Device],
        factsheets: Mapping[str, Factsheet], publish: Publish,
    ) -> None:  # fmt: skip
        self._connection_topic = gateway_topic(site, gateway, "connection")
        self._state_topic = gateway_topic(site, gateway, "state")
        self._outbox = outbox
        self._clock = clock
        self._devices = devices
        self._factsheets = factsheets
        self._publish = publish
        self._connected = asyncio.Event()

    def will(self) -> Will:
        """What the broker says of us when we vanish."""
        return Will(self._connection_topic, _json(self._connection("CONNECTION_BROKEN")))

    def announce_all(self) -> None:
        """Say everything, after a connect: ourselves now, the devices one after the other in `run`."""
        self._publish(self._connection_topic, _json(self._connection("ONLINE")))
        self._connected.set()

    def device_changed(self, device: Device) -> None:
        """Say how a device is."""
        address = DeviceAddress.parse(device.address)
        online = "ONLINE" if device.connected and device.state in ("READY", "DEGRADED") else "OFFLINE"
        self._publish(address.topic("connection"), _json(self._connection(online)))
        self._publish(address.topic("state"), _json(device.report(self._outbox.last_seq(device.address))))

    def introduce(self, device: Device) -> None:
        """A device that came while we are connected."""
        if device.address in self._factsheets:
            self._publish(
                DeviceAddress.parse(device.address).topic("factsheet"), _json(self._factsheets[device.address])
            )
        self.device_changed(device)

    def forget(self, address: str) -> None:
        """Take back what is retained of a device that is no more; a ghost would be asked for its weight for ever."""
        for verb in ("connection", "state", "factsheet"):
            self._publish(DeviceAddress.parse(address).topic(verb), b"")

    def gateway_is(self, state: GatewayState) -> None:
        self._publish(self._state_topic, _json(state))

    def farewell(self) -> None:
        """Say that we leave on purpose."""
        self._publish(self._connection_topic, _json(self._connection("OFFLINE")))

    async def run(self, measure: Callable[[], Awaitable[GatewayState]]) -> None:
        """Repeat until cancelled; a connect does not wait for the interval."""
        devices_due = self._clock.mono() + DEVICES_EVERY_S
        fresh = self._connected.is_set()
        while True:
            self._connected.clear()
            self.gateway_is(await measure())
            if fresh or self._clock.mono() >= devices_due:
                devices_due = self._clock.mono() + DEVICES_EVERY_S
                await self._tell_devices(with_sheets=fresh)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GATEWAY_EVERY_S):
                    await self._connected.wait()
            fresh = self._connected.is_set()

    async def _tell_devices(self, *, with_sheets: bool) -> None:
        """One device a turn of the event loop: a parcel's answer must not wait for sixty of them."""
        for device in list(self._devices.values()):
            if with_sheets:
                self.introduce(device)
            else:
                self.device_changed(device)
            await asyncio.sleep(0)

    def _connection(self, state: str) -> Connection:
        return Connection.model_validate({"state": state, "boot": self._outbox.boot, "ts": self._clock.wall()})


def _json(model: BaseModel) -> bytes:
    return model.model_dump_json().encode()

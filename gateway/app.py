"""The gateway put together: devices, lines, outbox, uplink, downlink and health, started and stopped in order.

Start: outbox, then what the last process left (answers, commands, streams), then devices and broker, whichever comes first.
Stop: devices first, so that nothing new comes in; then the outbox commits what it has; last the farewell and the broker.
"""

import asyncio
import contextlib
import json
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from devices.contract.config import ReportedConfig
from devices.contract.status import GatewayState
from devices.contract.topics import DeviceAddress, gateway_topic
from devices.drivers.outputs import CommandDone, Output, Report, Sample
from devices.drivers.registry import build_driver
from devices.transports.opening import open_link
from gateway.backoff import Backoff
from gateway.building import chutes_of
from gateway.certificate import certificate_ends_at
from gateway.clock import Clock
from gateway.configure import Configurator, Floor
from gateway.device import Device
from gateway.downlink.commands import Commands
from gateway.factsheet import factsheet
from gateway.health.http import HttpServer
from gateway.health.pages import routes
from gateway.inbox import Inbox, Readers
from gateway.life_signs import LifeSigns
from gateway.outbox import Outbox
from gateway.recorder import Recorder, draft
from gateway.settings import AnyDevice, AnySorter, Settings, StationSettings
from gateway.sort_table import SortTables
from gateway.station.core import Station
from gateway.station.items import StationRules
from gateway.station.line import Line
from gateway.supervisor import Supervisor
from gateway.uplink.broker import Broker, Handlers
from gateway.uplink.publisher import Publisher
from gateway.uplink.streams import Streams

log = structlog.get_logger()
_MAINTAIN_EVERY_S = 20.0
_WATCH_EVERY_S = 1.0
_STOP_WITHIN_S = 5.0
_LAG_MS = 250.0
_OLD_S = 600.0  # what waits longer than this waits for an outage, not for a busy moment
_RENEW_BEFORE = timedelta(days=14)


class RestartWanted(Exception):
    """A configuration that needs the process to begin anew was put in place."""


class Gateway:
    """Build with `Gateway.start`, end with `stop`. `failed` is set when the process should end by itself."""

    devices: dict[str, Device]
    lines: dict[str, Line]
    sorters: list[Device]

    def __init__(self, settings: Settings, clock: Clock, config: Path | None = None) -> None:
        self.settings = settings
        self.restarting = False
        self.clock = clock
        self.failed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        self.loop_lag_ms = 0.0
        self.certificate_ends_at: datetime | None = None
        self._warned: set[str] = set()
        self.outbox = Outbox.open(settings.data_dir, clock, settings.gateway, self._outbox_died)
        self.recorder = Recorder(self.outbox, clock, settings.own_address)
        self.tables = SortTables(settings.data_dir, [s.line for s in settings.stations], clock.wall)
        self._route: dict[str, Callable[[Device, list[Output], float], None]] = {}
        self._line_of: dict[str, Line] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.supervisor = Supervisor(self._make_device)
        self.devices = self.supervisor.devices
        for device in settings.devices:
            self.supervisor.add(device)
        self._build_lines()
        self._build_north(config)

    @classmethod
    async def start(cls, settings: Settings, clock: Clock, config: Path | None = None) -> "Gateway":
        """Open everything and begin to work. `config`: the file, where the warehouse may send a new one."""
        gateway = cls(settings, clock, config)
        await gateway._begin()
        return gateway

    async def stop(self) -> None:
        """End cleanly: nothing that was acknowledged to a device or appended is lost."""
        await self.supervisor.stop()
        for line in self.lines.values():
            line.stop()
        await _cancel(self._tasks)
        await self.http.stop()
        with contextlib.suppress(TimeoutError):  # a disk that refuses keeps its rows; the next start will not miss them
            await asyncio.wait_for(self.outbox.barrier(), _STOP_WITHIN_S)
        self.life.farewell()
        await self.broker.stop()
        await self.outbox.close()
        await self.tables.close()
        log.info("gateway stopped", boot=self.outbox.boot)

    async def measure(self) -> GatewayState:
        """The gateway's state as it is published."""
        rows, oldest = await self.outbox.measure()
        decided = [line.decided.percentiles_ms(0.5, 0.99) for line in self.lines.values()] or [[0.0, 0.0]]
        durable = self.outbox.durable.percentiles_ms(0.5, 0.99)
        plans = [table.plan() for table in self.tables.tables.values()]
        return GatewayState(
            ts=self.clock.wall(),
            boot=self.outbox.boot,
            outbox_rows=rows,
            outbox_oldest_s=round(oldest, 3),
            plan_version=min((0 if plan is None else plan.version for plan in plans), default=0),
            directory_entries=sum(table.entries for table in self.tables.tables.values()),
            decision_p50_ms=max(pair[0] for pair in decided),
            decision_p99_ms=max(pair[1] for pair in decided),
            durable_p50_ms=durable[0],
            durable_p99_ms=durable[1],
            late_decisions=sum(line.counters.late_decisions for line in self.lines.values()),
            dead_letters=self.outbox.dead_letters,
        )

    def _make_device(self, settings: AnyDevice) -> Device:
        return Device(
            address=settings.address,
            kind=settings.kind,
            driver=build_driver(settings, self.clock.wall),
            open_link=partial(open_link, settings.link_address),
            clock=self.clock,
            backoff=Backoff(random.random, cap_s=settings.reconnect_cap_s),
            sink=self._from_device,
            on_state=self._device_changed,
            room=self.outbox.room,
            silence_s=settings.silence_s,
        )

    def _build_lines(self) -> None:
        self.lines, self.sorters = {}, []
        by_address = {device.address: device for device in self.settings.devices}
        for settings in self.settings.stations:
            sorter = by_address[f"{settings.line}/{settings.sorter}"]
            assert isinstance(sorter, AnySorter)
            station = Station(_rules(settings), self.tables.tables[settings.line], chutes_of(sorter))
            line = Line(settings.line, station, self.recorder, self.clock)
            scales = {place: self.devices[f"{settings.line}/{name}"] for place, name in settings.scales.items()}
            line.assemble(self.devices[sorter.address], scales)
            self.lines[settings.line] = line
            self.sorters.append(self.devices[sorter.address])
            for address, _ in settings.members():
                self._route[address] = line.handle
                self._line_of[address] = line

    def _build_north(self, config: Path | None) -> None:
        settings = self.settings
        self.inbox = Inbox(settings.site, settings.gateway)
        self._sheets = sheets = {device.address: factsheet(device, settings.gateway) for device in settings.devices}
        self.life = LifeSigns(
            settings.site, settings.gateway, self.outbox, self.clock, self.devices, sheets, self._publish_retained
        )
        handlers = Handlers(self._broker_up, self._broker_down, self.inbox.put, self._puback)
        self.broker = Broker(
            settings.mqtt,
            settings.client_id,
            self.inbox.subscriptions(self.devices, self.lines),
            handlers,
            self.life.will,
            settings.uplink.window,
        )
        sorters = {sorter.address: self._line_of[sorter.address] for sorter in self.sorters}
        self.commands = Commands(self.outbox, self.clock, self.devices, sorters, self._publish_reply, self.broker.ack)
        self.http = HttpServer(routes(self), _token(settings))
        floor = Floor(self._put_device, self._take_device, self._is_ready, self._restart)
        self.configurator = (
            None if config is None else Configurator(config, settings, self.clock, floor, self._report_config)
        )

    async def _begin(self) -> None:
        for line in self.lines.values():
            await line.restore(self.outbox)
        uplink = self.settings.uplink
        streams = Streams(self.outbox.boot, await self.outbox.tails())
        self.publisher = Publisher(
            self.outbox, streams, self.clock, self.broker.publish, self._rejected, uplink.window,
            uplink.resend_after_s, random.random,
        )  # fmt: skip
        await self.commands.restore()
        if self.outbox.damaged is not None:
            self.recorder.alarm("outbox_corrupt", {"file": self.outbox.damaged.name})
        await self.http.start(self.settings.http.host, self.settings.http.port)
        self.broker.start()
        self.supervisor.start()
        work: list[Awaitable[None]] = [
            self.publisher.run(), self.life.run(self.measure), self.inbox.run(self._readers()), self._watch(), self._maintain(),
        ]  # fmt: skip
        self._tasks = [asyncio.create_task(self._guard(one)) for one in work]
        log.info("gateway started", boot=self.outbox.boot, http_port=self.http.port, devices=len(self.devices))

    # From below: devices.

    def _from_device(self, device: Device, outputs: list[Output], at: float) -> None:
        rest: list[Output] = []
        for output in outputs:
            if isinstance(output, CommandDone):
                self.commands.done(output.key, output.code)
            elif isinstance(output, Sample):
                self._show(device, output)
            else:
                rest.append(output)
        if rest:
            self._route.get(device.address, self._record_only)(device, rest, at)

    def _show(self, device: Device, sample: Sample) -> None:
        """Telemetry goes out once, at QoS 0, or not at all."""
        payload = {"v": 1, "ts": self.clock.wall().isoformat(), **sample.values}
        self.broker.publish(
            DeviceAddress.parse(device.address).topic("tlm", sample.name), json.dumps(payload).encode(), 0
        )

    def _record_only(self, device: Device, outputs: list[Output], at: float) -> None:
        """A device that belongs to no station: what it reports is recorded."""
        for output in outputs:
            if isinstance(output, Report) and not self.recorder.is_repeat(device, output):
                self.recorder.take(device, output, [draft(device, output, at)])

    def _device_changed(self, device: Device) -> None:
        self.life.device_changed(device)
        line = self._line_of.get(device.address)
        if line is not None:
            line.device_changed(device)
        if device.state == "FAULT":
            self.recorder.alarm("device_fault", {"detail": device.detail}, device.address)

    # From above: the broker.

    def _broker_up(self) -> None:
        self.publisher.connected(self.broker.generation)
        self.life.announce_all()
        if self.configurator is not None:
            self.configurator.tell()

    def _broker_down(self, why: str) -> None:
        self.publisher.disconnected()

    def _puback(self, mid: int) -> None:
        self.publisher.puback(mid)

    def _readers(self) -> Readers:
        return Readers(
            self.publisher.acknowledge, self.tables.receive, self.commands.receive, self._configure, self.broker.ack
        )

    def _publish_retained(self, topic: str, payload: bytes) -> None:
        self.broker.publish(topic, payload, 1, True)

    def _publish_reply(self, topic: str, payload: bytes) -> None:
        self.broker.publish(topic, payload, 1, False)

    def _rejected(self, dev: str, seq: int, code: str) -> None:
        """An event the warehouse will never take. A rejected alarm of our own raises none, or it would go round."""
        log.warning("event rejected", dev=dev, seq=seq, code=code)
        if dev != self.settings.own_address:
            self.recorder.alarm("event_rejected", {"device": dev, "seq": seq, "code": code})

    # A new configuration.

    def _configure(self, payload: bytes) -> None:
        if self.configurator is not None:
            self._tasks.append(asyncio.create_task(self._guard(self.configurator.receive(payload))))

    async def _put_device(self, settings: AnyDevice) -> None:
        self._sheets[settings.address] = factsheet(settings, self.settings.gateway)
        device = await self.supervisor.replace(settings)
        self.broker.subscribe(self.inbox.subscriptions([settings.address], []))
        self.life.introduce(device)

    async def _take_device(self, address: str) -> None:
        await self.supervisor.remove(address)
        self._sheets.pop(address, None)
        self.life.forget(address)

    def _is_ready(self, address: str) -> bool:
        return address in self.devices and self.devices[address].state == "READY"

    def _restart(self) -> None:
        self.restarting = True
        self._fail(RestartWanted())

    def _report_config(self, reported: ReportedConfig) -> None:
        topic = gateway_topic(self.settings.site, self.settings.gateway, "cfg_reported")
        self._publish_retained(topic, reported.model_dump_json().encode())

    # Looking after ourselves.

    async def _watch(self) -> None:
        while True:
            before = self.clock.mono()
            await asyncio.sleep(_WATCH_EVERY_S)
            self.loop_lag_ms = round((self.clock.mono() - before - _WATCH_EVERY_S) * 1000, 3)
            self.broker.check()
            for device in self.devices.values():
                device.watch_silence()
            if self.loop_lag_ms > _LAG_MS:
                self._warn("loop_lag", {"lag_ms": round(self.loop_lag_ms)})

    async def _maintain(self) -> None:
        while True:
            self._look_at_certificate()
            await asyncio.sleep(_MAINTAIN_EVERY_S)
            await self.outbox.maintain()
            rows, oldest_s = await self.outbox.measure()
            if oldest_s > _OLD_S:
                self._warn("outbox_old", {"rows": rows, "oldest_s": round(oldest_s)})
            else:
                self._warned.discard("outbox_old")

    def _look_at_certificate(self) -> None:
        file = self.settings.mqtt.cert_file
        if file is None:
            return
        self.certificate_ends_at = ends = certificate_ends_at(file)
        if ends is not None and ends - self.clock.wall() < _RENEW_BEFORE:
            self._warn("certificate_ends", {"on": f"{ends:%Y-%m-%d}"})

    def _warn(self, code: str, params: dict[str, str | int]) -> None:
        """An alarm once, until what it was about is over or the gateway starts anew."""
        if code not in self._warned:
            self._warned.add(code)
            self.recorder.alarm(code, params)

    async def _guard(self, work: Awaitable[None]) -> None:
        """A service task that ends with an error ends the gateway: half a gateway is worse than a restarted one."""
        try:
            await work
        except Exception as error:
            log.exception("service failed")
            self._fail(error)

    def _outbox_died(self, error: BaseException) -> None:
        with contextlib.suppress(RuntimeError):  # the loop may be gone already
            self.failed.get_loop().call_soon_threadsafe(self._fail, error)

    def _fail(self, error: BaseException) -> None:
        if not self.failed.done():
            self.failed.set_result(error)


def _rules(settings: StationSettings) -> StationRules:
    return StationRules(
        safe_chute=settings.safe_chute,
        decision_deadline_s=settings.decision_deadline_ms / 1000,
        scan_join_s=settings.scan_join_ms / 1000,
        repeat_window_s=settings.repeat_window_ms / 1000,
        item_memory_s=settings.item_memory_s,
    )


def _token(settings: Settings) -> str | None:
    file = settings.http.token_file
    return None if file is None else file.read_text().strip()


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

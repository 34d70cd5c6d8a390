"""A new configuration from the warehouse: checked as a whole, applied device by device, undone when it does not work.

What differs only in devices outside of stations is applied while everything else goes on; a device that is not READY in
time brings all of its change back. Anything else (a station, the broker, the pages) needs a restart: the file is put in
place and the process begins anew; `last_good` is what saves it when that start does not live. Who and where the gateway is
cannot be changed from afar.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
from pydantic import ValidationError

from devices.contract.config import ConfigState, DesiredConfig, ReportedConfig
from devices.contract.envelope import MAX_PAYLOAD_BYTES
from gateway.clock import Clock
from gateway.config_file import ConfigError, load
from gateway.settings import AnyDevice, Settings

READY_WITHIN_S = 20.0
_IDENTITY = ("site", "gateway", "data_dir")
_LOOK_EVERY_S = 0.1
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Change:
    """Devices by what happens to them; `restart` names what cannot be changed while running."""

    added: tuple[AnyDevice, ...] = ()
    changed: tuple[AnyDevice, ...] = ()
    removed: tuple[str, ...] = ()
    restart: str = ""
    forbidden: str = ""


def compare(old: Settings, new: Settings) -> Change:
    """What stands between two configurations. Pure."""
    for name in _IDENTITY:
        if getattr(old, name) != getattr(new, name):
            return Change(forbidden=name)
    for name in ("mqtt", "http", "uplink", "stations"):
        if getattr(old, name) != getattr(new, name):
            return Change(restart=name)
    before, after = ({device.address: device for device in one.devices} for one in (old, new))
    changed = tuple(device for address, device in after.items() if address in before and before[address] != device)
    removed = tuple(address for address in before if address not in after)
    stationed = {address for station in new.stations for address, _ in station.members()}
    if touched := stationed.intersection([*(device.address for device in changed), *removed]):
        return Change(restart=min(touched))
    return Change(tuple(device for address, device in after.items() if address not in before), changed, removed)


@dataclass(frozen=True, slots=True)
class Floor:
    """What a configuration may do to the gateway. `ready` asks whether a device serves; `restart` ends the process."""

    put: Callable[[AnyDevice], Awaitable[None]]
    take: Callable[[str], Awaitable[None]]
    ready: Callable[[str], bool]
    restart: Callable[[], None]


class Configurator:
    """One change at a time; `report` publishes, retained."""

    def __init__(
        self, file: Path, settings: Settings, clock: Clock, floor: Floor, report: Callable[[ReportedConfig], None]
    ) -> None:
        self._file = file
        self._version_file = file.with_name(file.name + ".version")
        self.settings = settings
        self._clock = clock
        self._floor = floor
        self._report = report
        self._version = _read_version(self._version_file)
        self._busy = asyncio.Lock()

    def tell(self) -> None:
        """Say what is in force, after a connect."""
        self._say(self._version, "applied")

    async def receive(self, payload: bytes) -> None:
        """Take a desired configuration. Never raises for what came from outside."""
        desired = _parse(payload)
        if desired is None:
            log.warning("configuration not understood", size=len(payload))
            return
        async with self._busy:
            if desired.version > self._version:
                await self._take(desired)

    async def _take(self, desired: DesiredConfig) -> None:
        draft = self._file.with_name(self._file.name + ".desired")
        draft.write_text(desired.yaml, encoding="utf-8")
        try:
            new = load(draft)
        except ConfigError as error:
            self._say(desired.version, "refused", str(error).replace(str(draft), "configuration"))
            return
        change = compare(self.settings, new)
        if change.forbidden:
            self._say(desired.version, "refused", f"{change.forbidden}: cannot be changed from afar")
        elif change.restart:
            self._keep(draft, desired.version, new)
            self._say(desired.version, "restarting", change.restart)
            self._floor.restart()
        elif late := await self._apply(change):
            await self._undo(change)
            self._say(desired.version, "rolled_back", f"not ready in {READY_WITHIN_S:.0f} s: {', '.join(late)}"[:500])
        else:
            self._keep(draft, desired.version, new)
            self._say(desired.version, "applied")

    async def _apply(self, change: Change) -> list[str]:
        """Devices that were not ready in time."""
        for address in change.removed:
            await self._floor.take(address)
        fresh = [*change.added, *change.changed]
        for device in fresh:
            await self._floor.put(device)
        deadline = self._clock.mono() + READY_WITHIN_S
        while waiting := [device.address for device in fresh if not self._floor.ready(device.address)]:
            if self._clock.mono() >= deadline:
                return waiting
            await asyncio.sleep(_LOOK_EVERY_S)
        return []

    async def _undo(self, change: Change) -> None:
        before = {device.address: device for device in self.settings.devices}
        for device in change.added:
            await self._floor.take(device.address)
        for address in (*(device.address for device in change.changed), *change.removed):
            await self._floor.put(before[address])

    def _keep(self, draft: Path, version: int, new: Settings) -> None:
        draft.replace(self._file)
        self._version_file.write_text(str(version), encoding="utf-8")
        self._version, self.settings = version, new

    def _say(self, version: int, state: ConfigState, detail: str = "") -> None:
        digest = hashlib.sha256(self._file.read_bytes()).hexdigest()
        log.info("configuration", version=version, state=state, detail=detail)
        self._report(
            ReportedConfig(version=version, state=state, sha256=digest, detail=detail[:500], at=self._clock.wall())
        )


def _parse(payload: bytes) -> DesiredConfig | None:
    if len(payload) > MAX_PAYLOAD_BYTES:
        return None
    try:
        return DesiredConfig.model_validate_json(payload)
    except ValidationError:
        return None


def _read_version(file: Path) -> int:
    try:
        return int(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0

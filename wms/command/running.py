"""What the parts of `kouan up` know of each other."""

import socket
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rich.console import Console

from wms.command.places import Home
from wms.kit.db import Database
from wms.launch.broker import Broker
from wms.launch.supervise import Supervisor
from wms.settings import Settings


@dataclass(slots=True)
class UpOptions:
    """`parcels` are announced and sent down the line; with `exit` the run ends after them, else waves follow."""

    parcels: int = 500
    exit: bool = False
    scenario: str = "suifenhe"
    rate: float | None = None
    seed: int | None = None
    faults: bool = True
    simulate: bool = True


@dataclass(frozen=True, slots=True)
class MqttAccess:
    """The broker's URL without a user and with the warehouse's, and the files with the passwords."""

    url: str
    warehouse_url: str
    warehouse_password: Path
    gateway_password: Path


@dataclass(slots=True)
class Running:
    """What the parts of a run need of each other."""

    settings: Settings
    home: Home
    options: UpOptions
    supervisor: Supervisor
    console: Console
    db: Database
    database_url: str
    mqtt: MqttAccess
    broker: Broker | None
    sorter_port: int
    started_at: datetime
    waves: int = 0
    announced: int = 0
    env: dict[str, str] = field(default_factory=dict)

    @property
    def truth(self) -> Path:
        return self.home.run / "truth.jsonl"

    @property
    def spool(self) -> Path:
        return self.home.run / "spool"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""A broker, a warehouse that can be told what to say, a gateway process and a simulated line, all on the loopback."""

import contextlib
import json
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from devices.contract.sort_table import DirectoryBucket, Entry, Roles, SortPlan, SortRule, bucket_of
from devices.contract.topics import EVENT_FILTER, directory_topic, sort_plan_topic
from tests.integration.gateway.controller import Controller

ROOT = Path(__file__).parents[3]
LINE = "sfh-s/hall/s1"
GW = "kouan/v1/sfh-s/_gw/gw1"
CHUTE_OF = {"MOW": "c01", "SVX": "c02", "IKT": "c03", "UUD": "c04", "ZAB": "c05", "VVO": "c06"}
ROLES = Roles(no_read="c44", no_data="c45", hold="c46", overflow="c47", safe="c48")


def until(what: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Wait until `what` is true and return it; fail with its name after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, f"never came true: {what}"
        time.sleep(0.02)
    return found


def free_port() -> int:
    """A port nobody has, below those the kernel gives to outgoing connections: one of these would take it in between."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port


class Mosquitto:
    """A broker that can be killed and started again on the same port. It forgets everything when it dies."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
            "max_queued_messages 0\nmax_inflight_messages 2000\nset_tcp_nodelay true\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self._process = subprocess.Popen(
            [program, "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until(self._listens)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def refuse_everybody(self) -> None:
        """From the next start on, no user is good enough."""
        self._config.write_text(self._config.read_text().replace("allow_anonymous true", "allow_anonymous false"))

    def _listens(self) -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0


class Warehouse:
    """Hears every event and says what the test wants. `auto_ack` acknowledges like the real one, after each event."""

    def __init__(self, port: int, auto_ack: bool = True) -> None:
        self.events: list[dict[str, Any]] = []
        self.retained: dict[str, dict[str, Any]] = {}
        self.replies: list[dict[str, Any]] = []
        self.auto_ack = auto_ack
        self._stored: dict[tuple[str, str], set[int]] = {}
        self._through: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="test-warehouse", clean_session=False)
        self._client.max_inflight_messages_set(1000)
        self._client.on_connect = lambda client, *rest: client.subscribe(
            [(EVENT_FILTER, 1), ("kouan/v1/+/+/+/+/rsp/+", 1), ("kouan/v1/+/+/+/+/+", 1), ("kouan/v1/+/_gw/+/+", 1)]
        )
        self._client.on_message = self._on_message
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *what: subscribed.set()
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert subscribed.wait(10)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, topic: str, payload: bytes | str | dict[str, Any], retain: bool = False) -> None:
        data = json.dumps(payload) if isinstance(payload, dict) else payload
        self._client.publish(topic, data, 1, retain).wait_for_publish(5)

    def ack(self, dev: str, boot: str, through: int, **more: Any) -> None:
        self.say(f"{GW}/ack", {"v": 1, "dev": dev, "boot": boot, "through_seq": through, **more})

    def push_table(self, parcels: dict[str, Entry], version: int = 1, max_passes: int = 2) -> None:
        """The plan and the directory of the line, retained."""
        rules = [SortRule(destination=place, chutes=[chute]) for place, chute in CHUTE_OF.items()]
        plan = SortPlan.model_validate(
            {"line": LINE, "version": version, "valid_from": "2026-01-01T00:00:00Z", "max_passes": max_passes,
             "rules": rules, "roles": ROLES}
        )  # fmt: skip
        buckets: dict[int, dict[str, Entry]] = {}
        for code, entry in parcels.items():
            buckets.setdefault(bucket_of(code), {})[code] = entry
        for number, entries in buckets.items():
            part = DirectoryBucket(line=LINE, bucket=number, version=version, entries=entries)
            self.say(directory_topic(LINE, number), part.model_dump_json(), retain=True)
        self.say(sort_plan_topic(LINE), plan.model_dump_json(), retain=True)

    def of_type(self, type: str) -> list[dict[str, Any]]:
        with self._lock:
            return [event for event in self.events if event["type"] == type]

    def seqs(self, dev: str, boot: str | None = None) -> list[int]:
        """Every seq heard from a device, in order of arrival."""
        with self._lock:
            return [e["seq"] for e in self.events if e["dev"] == dev and boot in (None, e["boot"])]

    def _on_message(self, client: Client, userdata: object, message: MQTTMessage) -> None:
        parts = message.topic.split("/")
        if len(parts) == 8 and parts[6] == "evt":
            event = json.loads(message.payload)
            with self._lock:
                self.events.append(event)
            if self.auto_ack:
                self._acknowledge(event)
        elif len(parts) == 8 and parts[6] == "rsp":
            self.replies.append(json.loads(message.payload))
        elif parts[-1] in ("state", "connection", "factsheet") and message.payload:
            self.retained["/".join(parts[2:])] = json.loads(message.payload)

    def _acknowledge(self, event: dict[str, Any]) -> None:
        stream = (event["dev"], event["boot"])
        stored = self._stored.setdefault(stream, {0})
        stored.add(event["seq"])
        through = self._through.get(stream, 0)
        while through + 1 in stored:
            through += 1
        self._through[stream] = through
        message = {"v": 1, "dev": stream[0], "boot": stream[1], "through_seq": through}
        self._client.publish(f"{GW}/ack", json.dumps(message), 1)


class GatewayProcess:
    """`python -m gateway` on a folder; can be killed at any moment and started again."""

    def __init__(self, folder: Path, broker_port: int, **station: Any) -> None:
        self.folder = folder
        self.http_port = free_port()
        self.sorter_port = free_port()
        self.tty = folder / "tty"
        self.log = folder / "gateway.log"
        self.config = folder / "gateway.yaml"
        self.config.write_text(yaml.safe_dump(self._settings(broker_port, station)))
        self.log.touch()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "gateway", "run", "--config", str(self.config)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stderr=log, stdout=log)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)

    def ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def _settings(self, broker_port: int, station: dict[str, Any]) -> dict[str, Any]:
        lanes = range(1, 5)
        return {
            "site": "sfh-s", "gateway": "gw1", "data_dir": "data",
            "mqtt": {"url": f"mqtt://127.0.0.1:{broker_port}", "keepalive_s": 5},
            "http": {"port": self.http_port}, "uplink": {"resend_after_s": 1.0},
            "stations": [
                {"line": LINE, "sorter": "sorter", "scanners": ["scanner1"], "safe_chute": "c48",
                 "scales": {f"scale-{n}": f"scale{n}" for n in lanes}, **station}
            ],
            "devices": [
                {"address": f"{LINE}/sorter", "kind": "osip_sorter", "link": f"tcp:127.0.0.1:{self.sorter_port}",
                 "reconnect_cap_s": 0.5},
                {"address": f"{LINE}/scanner1", "kind": "tunnel_scanner",
                 "link": f"serial:{self.tty}/scanner1?baud=115200", "reconnect_cap_s": 0.2},
                *({"address": f"{LINE}/scale{n}", "kind": "mt_sics_scale", "link": f"serial:{self.tty}/scale{n}",
                   "reconnect_cap_s": 0.2} for n in lanes),
            ],
        }  # fmt: skip


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    if not (shutil.which("mosquitto") or Path("/usr/sbin/mosquitto").exists()):
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    broker = Mosquitto(tmp_path)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def warehouse(mosquitto: Mosquitto) -> Iterator[Warehouse]:
    warehouse = Warehouse(mosquitto.port)
    yield warehouse
    warehouse.close()


@pytest.fixture
def gateway(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[GatewayProcess]:
    gateway = GatewayProcess(tmp_path, mosquitto.port)
    yield gateway
    if gateway.process is not None and gateway.process.poll() is None:
        gateway.kill()


@pytest.fixture
def controller(gateway: GatewayProcess) -> Iterator[Controller]:
    controller = Controller(gateway.sorter_port)
    yield controller
    controller.close()

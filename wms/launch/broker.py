"""The MQTT broker on loopback: Mosquitto where it is installed, else amqtt for demonstration.

Both get the same users and the same rules. The broker dies with its owner, listens on 127.0.0.1 only, and counts as
started when it accepts a secret that nobody else knows.
"""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self

from wms.launch import mosquitto_files
from wms.launch.broker_users import (
    AclRule,
    BrokerUser,
    device_rules,
    gateway_rules,
    generate_secret,
    password_hash,
    warehouse_rules,
)
from wms.launch.failure import AlreadyServed, LaunchError
from wms.launch.lower_privilege import Privilege, choose_privilege
from wms.launch.mqtt_hello import ACCEPTED, greet
from wms.launch.tether import spawn, tethered

__all__ = [
    "AclRule",
    "Broker",
    "BrokerUser",
    "device_rules",
    "find_mosquitto",
    "gateway_rules",
    "generate_secret",
    "warehouse_rules",
]

Engine = Literal["mosquitto", "amqtt"]

_LOG_LIMIT_BYTES = 16 * 1024 * 1024
_REPOSITORY = Path(__file__).parents[2]


def find_mosquitto() -> Path | None:
    """Where Mosquitto is; Debian keeps it in /usr/sbin, which an ordinary user's PATH lacks."""
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    return Path(found) if found else None


class Broker:
    """An MQTT broker of our own, with everything it writes in `directory`. Port 0 picks a free one.

    `engine` forces one of the two brokers; None takes Mosquitto when there is one.
    """

    def __init__(
        self, directory: Path, port: int, users: Sequence[BrokerUser], *, engine: Engine | None = None
    ) -> None:
        if not users:
            raise ValueError("a broker without users serves nobody")
        self.name = "broker"
        self.directory = directory.absolute()
        self.port = port
        self.users = list(users)
        self.engine: Engine = engine or ("mosquitto" if find_mosquitto() else "amqtt")
        self.log_path = self.directory / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None

    @property
    def url(self) -> str:
        """Where clients connect; name and password are theirs to add."""
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def demonstration(self) -> bool:
        """Whether this is the slow stand-in that must not run a line."""
        return self.engine == "amqtt"

    def start(self, *, timeout_s: float = 20.0) -> str:
        """Start the broker, or return its URL when this object runs it already."""
        if self.alive():
            return self.url
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._take_lock()
        try:
            self.port = self.port or _free_port()
            self._launch(time.monotonic() + timeout_s)
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self, *, grace_s: float = 10.0) -> None:
        """Stop the broker; Mosquitto saves sessions and queued messages on the way."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(grace_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def alive(self) -> bool:
        """Whether the broker started by this object still runs."""
        return self._process is not None and self._process.poll() is None

    def answers(self) -> bool:
        """Whether the broker accepts its first user; costs a connection, unlike `alive`."""
        return greet(self.port, self.users[0].name, self.users[0].password) == ACCEPTED

    @property
    def pid(self) -> int | None:
        """Process id, None when it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def replace_users(self, users: Sequence[BrokerUser]) -> None:
        """Put other users in force. Mosquitto rereads its files at SIGHUP; amqtt has to be started again."""
        self.users = list(users)
        if self._process is None:
            return
        if self.engine == "mosquitto":
            self._write_files().give(self.directory)
            self._process.send_signal(signal.SIGHUP)
        else:
            self.stop()
            self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- how it is done ----------------------------------------------------------------------------------------------

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        lock = (self.directory / "lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise AlreadyServed(f"{self.directory} is served by another process") from None
        self._lock = lock

    def _launch(self, deadline: float) -> None:
        """Start until the port is free: the broker of an owner killed a moment ago may still be saving."""
        while True:
            begins_at = self._spawn()
            while self.alive():
                if self.answers():
                    return
                if time.monotonic() > deadline:
                    raise LaunchError(f"the broker ({self.engine}) is not ready in time:\n{self._log_since(begins_at)}")
                time.sleep(0.02)
            said = self._log_since(begins_at)
            if "ddress already in use" not in said and "address already in use" not in said:
                raise LaunchError(f"the broker ({self.engine}) ended:\n{said}")
            if time.monotonic() > deadline:
                raise LaunchError(f"port {self.port} is taken by another program; set KOUAN_MQTT_URL or another port")
            time.sleep(0.2)

    def _spawn(self) -> int:
        """Write the files, start the process; returns where its log begins."""
        privilege = self._write_files()
        if self.log_path.exists() and self.log_path.stat().st_size > _LOG_LIMIT_BYTES:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        with self.log_path.open("ab") as log:
            begins_at = log.tell()
            privilege.give(self.directory)
            self._process = spawn(self._command(privilege), env=_environment(), cwd=self.directory, output=log)
        return begins_at

    def _command(self, privilege: Privilege) -> list[str]:
        if self.engine == "mosquitto":
            argv = [str(find_mosquitto()), "-c", str(self.directory / "mosquitto.conf")]
            return privilege.command(argv, signal.SIGTERM)
        users = str(self.directory / "users.json")
        return tethered([sys.executable, "-m", "wms.launch.amqtt_broker", users, str(self.port)], signal.SIGTERM)

    def _write_files(self) -> Privilege:
        """Write what the engine reads, and say under which privilege it can read it."""
        if self.engine == "amqtt":
            rows = [
                {
                    "name": user.name,
                    "hash": password_hash(user.password),
                    "rules": [[rule.access, rule.topic_filter] for rule in user.rules],
                }
                for user in self.users
            ]
            _write(self.directory / "users.json", json.dumps(rows, indent=1))
            return Privilege()
        program = find_mosquitto()
        if program is None:
            raise LaunchError("mosquitto is not installed")
        _write(self.directory / "mosquitto.conf", mosquitto_files.configuration(self.directory, self.port))
        _write(self.directory / "passwords", mosquitto_files.passwords(self.users))
        _write(self.directory / "acl", mosquitto_files.access_rules(self.users))
        return choose_privilege(program, self.directory)

    def _log_since(self, position: int) -> str:
        with self.log_path.open("rb") as log:
            log.seek(position)
            return log.read()[-2000:].decode(errors="replace").strip()


def _write(file: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner alone."""
    draft = file.with_name(file.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
    draft.replace(file)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    """Ours, with this checkout importable: the broker does not run in the repository's directory."""
    path = os.pathsep.join(filter(None, [str(_REPOSITORY), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path}

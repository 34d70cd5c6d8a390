"""An embedded PostgreSQL: one directory, one server, gone when its owner is gone.

Invariants:
- Only the holder of the lock `<data_dir>.lock` starts or stops a server on `data_dir`.
- A data directory appears complete or not at all: initdb works beside it and the result is renamed.
- The server listens on a Unix socket in a 0700 directory and nowhere else, therefore `trust` is enough.
- No committed row is lost by any kill while `durable` is set.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

from wms.launch import postmaster_pid
from wms.launch.databases import DatabaseCommands
from wms.launch.failure import AlreadyServed, LaunchError
from wms.launch.lower_privilege import Privilege, choose_privilege
from wms.launch.pg_binaries import find_binaries
from wms.launch.socket_dir import make_private, socket_dir_for
from wms.launch.tether import spawn

SUPERUSER = "kouan"
_PORT = 5432  # part of the socket's file name; nothing listens on TCP
_SOCKET_NAME = f".s.PGSQL.{_PORT}.lock"
_LOG_LIMIT_BYTES = 16 * 1024 * 1024
# Checkpoints far apart: after each one every touched page is written to the log once in full.
_STEADY = {
    "wal_compression": "on",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "max_connections": "200",
}
_MOST_BUFFERS_MB = 1024
_QUICK_AND_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresServer(DatabaseCommands):
    """A PostgreSQL of our own on `data_dir`; `start` returns the SQLAlchemy URL of its database `postgres`.

    `durable=False` switches fsync off: for tests only. `settings` are passed as `-c name=value`.
    """

    def __init__(
        self,
        data_dir: Path,
        socket_dir: Path | None = None,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.name = "postgres"
        self.data_dir = data_dir.absolute()
        self.socket_dir = socket_dir_for(socket_dir or self.data_dir.with_name("socket"), _SOCKET_NAME)
        self.durable = durable
        self.log_path = self._beside(".log")
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None

    # -- the life of the server --------------------------------------------------------------------------------------

    def start(self, *, timeout_s: float = 60.0) -> str:
        """Start the server, or return its URL when this object runs it already.

        Raises AlreadyServed when another process runs it, LaunchError when it cannot be started.
        """
        if self.alive():
            return self.url()
        self._prepare_directories()
        self._take_lock()
        try:
            self._launch(timeout_s)
        except BaseException:
            self.stop()
            raise
        return self.url()

    def stop(self, *, grace_s: float = 30.0) -> None:
        """Stop the server: fast (checkpoint) first, at once when that takes longer than `grace_s`."""
        process, self._process = self._process, None
        if process is not None:
            for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                if process.poll() is not None:
                    break
                process.send_signal(number)
                try:
                    process.wait(grace_s)
                except subprocess.TimeoutExpired:
                    continue
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def alive(self) -> bool:
        """Whether the server started by this object still runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Process id of the postmaster, None when it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy URL of a database of this server, whether it runs or not."""
        return f"postgresql+asyncpg://{SUPERUSER}@/{quote(database)}?host={quote(str(self.socket_dir), safe='/')}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- how it is done ----------------------------------------------------------------------------------------------

    def _beside(self, suffix: str) -> Path:
        return self.data_dir.with_name(self.data_dir.name + suffix)

    def _prepare_directories(self) -> None:
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        make_private(self.socket_dir)

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        lock = self._beside(".lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise AlreadyServed(f"{self.data_dir} is served by another process at {self.url()}") from None
        self._lock = lock

    def _launch(self, timeout_s: float) -> None:
        binaries = find_binaries(self.data_dir)
        if not (self.data_dir / "PG_VERSION").exists():
            self._initialise(binaries)
        privilege = choose_privilege(binaries / "postgres", self.data_dir)
        privilege.give(self.data_dir, self.socket_dir)
        postmaster_pid.clear_the_way(self.data_dir, self.socket_dir / _SOCKET_NAME)
        deadline = time.monotonic() + timeout_s
        while not self._try(binaries, privilege, deadline):
            time.sleep(0.1)

    def _try(self, binaries: Path, privilege: Privilege, deadline: float) -> bool:
        """Start once; False when shared memory of a server killed a moment ago is still held, which passes."""
        if self.log_path.exists() and self.log_path.stat().st_size > _LOG_LIMIT_BYTES:
            self.log_path.replace(self._beside(".log.1"))
        with self.log_path.open("ab") as log:
            begins_at = log.tell()
            command = privilege.command([str(binaries / "postgres"), *self._arguments()], signal.SIGINT)
            self._process = spawn(command, env=_clean_environment(), cwd=self.data_dir, output=log)
        while self._process.poll() is None:
            if postmaster_pid.is_ready(self.data_dir, self._process.pid) and self._answers(binaries):
                return True
            if time.monotonic() > deadline:
                raise LaunchError(f"PostgreSQL is not ready in time:\n{self._log_since(begins_at)}")
            time.sleep(0.01)
        said = self._log_since(begins_at)
        if "shared memory block" in said and time.monotonic() < deadline:
            return False
        raise LaunchError(f"PostgreSQL ended with code {self._process.returncode}:\n{said}")

    def _answers(self, binaries: Path) -> bool:
        ask = [str(binaries / "pg_isready"), "--quiet", "-h", str(self.socket_dir), "-p", str(_PORT), "-U", SUPERUSER]
        return subprocess.run(ask, check=False, env=_clean_environment()).returncode == 0

    def _arguments(self) -> list[str]:
        settings = {
            "listen_addresses": "",
            "port": str(_PORT),
            "unix_socket_directories": str(self.socket_dir),
            "unix_socket_permissions": "0700",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **({"shared_buffers": _shared_buffers(), **_STEADY} if self.durable else _QUICK_AND_FORGETFUL),
            **self._settings,
        }
        pairs = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        return ["-D", str(self.data_dir), *pairs]

    def _initialise(self, binaries: Path) -> None:
        """Make the data directory beside its place and rename it: a kill in the middle leaves no half directory."""
        if self.data_dir.exists() and any(self.data_dir.iterdir()):
            raise LaunchError(f"{self.data_dir} is not empty and not a PostgreSQL data directory")
        draft = self._beside(".init")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        privilege = choose_privilege(binaries / "initdb", draft)
        privilege.give(draft)
        choices = ["--encoding=UTF8", "--locale=C", "--auth=trust", f"--username={SUPERUSER}", "--data-checksums"]
        if not self.durable:
            choices.append("--no-sync")
        command = privilege.command([str(binaries / "initdb"), "-D", str(draft), *choices], signal.SIGKILL)
        with self.log_path.open("ab") as log:
            begins_at = log.tell()
            code = spawn(command, env=_clean_environment(), cwd=draft, output=log).wait()
        if code != 0:
            raise LaunchError(f"initdb ended with code {code}:\n{self._log_since(begins_at)}")
        hba = draft / "pg_hba.conf"
        hba.write_text("# the socket's directory is 0700; nothing else may come in\nlocal all all trust\n")
        if self.data_dir.exists():
            self.data_dir.rmdir()
        draft.rename(self.data_dir)

    def _log_since(self, position: int) -> str:
        with self.log_path.open("rb") as log:
            log.seek(position)
            return log.read()[-2000:].decode(errors="replace").strip()


def _shared_buffers() -> str:
    """An eighth of the machine's memory, as PostgreSQL shares it with everything else here."""
    ram_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return f"{max(64, min(_MOST_BUFFERS_MB, ram_mb // 8))}MB"


def _clean_environment() -> dict[str, str]:
    """The caller's environment without PG* variables, which would steer the server and its tools elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}

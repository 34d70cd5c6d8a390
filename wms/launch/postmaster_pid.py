"""What `postmaster.pid` says, and what to do with one that a dead server left behind.

    line 1  pid of the postmaster        line 8  its status: `starting`, `ready   `, `stopping`

PostgreSQL clears a left-over file itself when the pid is gone. It refuses to start when the pid is alive, even if that is
a zombie nobody reaped or a stranger that got the number: only those two are removed here. A live server on the same
directory is never robbed of its file; it is asked to stop.
"""

import os
import signal
import time
from pathlib import Path

from wms.launch.failure import LaunchError

_PATIENCE_S = 30.0
_ORPHAN_GOES_BY_ITSELF_S = 3.0


def is_ready(data_dir: Path, pid: int) -> bool:
    """Whether the postmaster `pid` wrote that it accepts connections."""
    lines = _lines(data_dir / "postmaster.pid")
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def clear_the_way(data_dir: Path, socket_lock: Path) -> None:
    """Make `data_dir` startable after any kind of death of its last server.

    The caller holds the directory's lock, so a server that still runs here has lost its owner: it is given time to follow
    the death signal, then told to stop.
    """
    lock_files = (data_dir / "postmaster.pid", socket_lock)
    pid = _pid(lock_files[0])
    if pid is not None and _serves(pid, data_dir):
        _see_off(pid, data_dir)
    for lock_file in lock_files:
        left = _pid(lock_file)
        if lock_file.exists() and (left is None or not _is_live_postgres(left)):
            lock_file.unlink(missing_ok=True)
        elif lock_file == lock_files[0] and left is not None and not _serves(left, data_dir):
            lock_file.unlink(missing_ok=True)  # a live postgres, but another cluster's: the number was reused


def _see_off(pid: int, data_dir: Path) -> None:
    started = time.monotonic()
    steps = [(_ORPHAN_GOES_BY_ITSELF_S, signal.SIGINT), (_PATIENCE_S, signal.SIGQUIT)]
    while _serves(pid, data_dir):
        waited_s = time.monotonic() - started
        if steps and waited_s > steps[0][0]:
            os.kill(pid, steps.pop(0)[1])
        if waited_s > 2 * _PATIENCE_S:
            raise LaunchError(f"a PostgreSQL without an owner (pid {pid}) serves {data_dir} and does not stop")
        time.sleep(0.02)


def _serves(pid: int, data_dir: Path) -> bool:
    """Whether `pid` is a running postmaster of this very directory: a postmaster's working directory is its data."""
    if not _is_live_postgres(pid):
        return False
    try:
        return Path(f"/proc/{pid}/cwd").samefile(data_dir)
    except OSError:
        return False


def _is_live_postgres(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        # Without /proc (macOS) PostgreSQL's own judgement must do; with it the process has just gone.
        return not Path("/proc/self/stat").exists() and _exists(pid)
    name, _, rest = status.partition("(")[2].rpartition(")")
    return name == "postgres" and rest.split()[0] not in ("Z", "X")


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _pid(lock_file: Path) -> int | None:
    lines = _lines(lock_file)
    try:
        return abs(int(lines[0])) if lines else None
    except ValueError:
        return None


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(errors="replace").splitlines()
    except OSError:
        return []

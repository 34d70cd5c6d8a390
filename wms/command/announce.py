"""`kouan announce FILE`: a manifest from the disk into the database, with every bad row told."""

import asyncio
import json
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from wms.command.open_database import open_database
from wms.command.places import personal_data_seal
from wms.command.words import tell
from wms.inbound.announce import Announce, Announced, announce
from wms.inbound.read_manifest import ManifestRefused, read_manifest
from wms.kit.actor import SYSTEM
from wms.kit.db import Database
from wms.kit.refusal import REFUSALS, Refusal
from wms.settings import Settings

_PROBLEMS_PRINTED = 50


def announce_file(settings: Settings, file: Path, site: str, destination: str | None, service: str | None) -> int:
    """Exit code 0 when every row went in or was there already, 1 when rows were refused, 2 when the file was."""
    err = Console(stderr=True)
    try:
        size = file.stat().st_size
        if size > settings.max_upload_bytes:
            return _refuse(err, file, "too_large", {"limit_bytes": settings.max_upload_bytes})
        data = file.read_bytes()
    except OSError as error:
        return _refuse(err, file, "unreadable", {"why": error.strerror})
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=err) as progress:
        task = progress.add_task("reading the manifest")
        try:
            content = read_manifest(data, file.name, default_destination=destination, default_service=service)
        except ManifestRefused as error:
            return _refuse(err, file, error.code, error.params)
        progress.update(task, description=f"announcing {len(content.rows)} parcels")
        try:
            with open_database(settings) as url:
                command = Announce(site, file.name, data, content, personal_data_seal(settings))
                result = asyncio.run(run_announce(url, command))
        except Refusal as error:
            return _refuse(err, file, error.code, error.params)
    for problem in result.problems[:_PROBLEMS_PRINTED]:
        told = tell("row", problem.code, problem.params)
        err.print(f"{problem.row_no}: {problem.column}: {told}", markup=False, highlight=False, soft_wrap=True)
    if result.refused > len(result.problems[:_PROBLEMS_PRINTED]):
        err.print(f"… {result.refused} rows refused in all; the console lists them under manifest {result.manifest_id}")
    print(json.dumps(result.model_dump(mode="json", include={"rows", "accepted", "repeated", "refused"})))  # noqa: T201 - the answer
    return 1 if result.refused else 0


async def run_announce(url: str, command: Announce) -> Announced:
    db = Database(url)
    try:
        return await db.run(announce, command, actor=SYSTEM)
    finally:
        await db.close()


def _refuse(err: Console, file: Path, code: str, params: dict[str, object]) -> int:
    group = "refusal" if code in REFUSALS else "row"
    err.print(f"{file}: {tell(group, code, params)}", markup=False, highlight=False, soft_wrap=True)
    return 2

"""Feeding the simulated line: manifests that are announced first and then arrive as parcels."""

import asyncio
import sys
import time

import sqlalchemy as sa

from wms.command.gateway_config import LINE
from wms.command.places import personal_data_seal
from wms.command.running import Running
from wms.inbound.announce import Announce, Announced, announce
from wms.inbound.read_manifest import read_manifest
from wms.kit.actor import SYSTEM
from wms.launch.failure import LaunchError
from wms.sorting.tables import item

_SITE = "SFH-S"


async def next_wave(run: Running) -> Announced:
    """Make a manifest, announce it, and let its parcels arrive."""
    run.waves += 1
    seed = (run.options.seed or 1) * 1000 + int(time.time()) % 100_000 * 1_000_000 + run.waves
    file = run.home.run / "manifest.csv"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "firmware_sim", "manifest", run.options.scenario,
        "--parcels", str(run.options.parcels), "--seed", str(seed), "--out", str(file),
    )  # fmt: skip
    if await process.wait() != 0:
        raise LaunchError("the manifest could not be made")
    data = file.read_bytes()
    name = f"wave-{run.waves:04d}.csv"
    content = read_manifest(data, name)
    command = Announce(_SITE, name, data, content, personal_data_seal(run.settings))
    result = await run.db.run(announce, command, actor=SYSTEM)
    run.announced += result.accepted
    file.replace(run.spool / name)
    return result


async def feed_line(run: Running) -> None:
    started = sa.select(sa.func.count()).select_from(item).where(item.c.line == LINE)
    async with run.db.read() as conn:
        before = await conn.scalar(started) or 0
    while True:
        await asyncio.sleep(5)
        try:
            async with run.db.read() as conn:
                inducted = (await conn.scalar(started) or 0) - before
            if inducted >= run.announced - 50:
                await next_wave(run)
        except Exception as error:
            run.console.print(f"  no new wave yet: {error!r}"[:200])

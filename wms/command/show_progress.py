"""Bars in the terminal while the line works."""

import asyncio

import sqlalchemy as sa
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from wms.command.gateway_config import LINE
from wms.command.running import Running
from wms.kit.db import is_outage
from wms.sorting.tables import item

_TICK_S = 0.5


async def show_progress(run: Running, done: "asyncio.Task[int | None] | asyncio.Task[None]") -> None:
    """Draw until `done`; the bars' end is what was announced so far, and moves when a new wave comes."""
    columns = (TextColumn("  {task.description:<11}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=run.console) as progress:
        bars = {name: progress.add_task(name, total=run.announced) for name in ("inducted", "sorted", "exceptions")}
        while True:
            for name, value in (await _tally(run)).items():
                progress.update(bars[name], completed=value, total=run.announced)
            if done.done():
                return
            await asyncio.wait([done], timeout=_TICK_S)


async def _tally(run: Running) -> dict[str, int]:
    """Items of this run by result; nothing while the database is away."""
    query = (
        sa.select(item.c.result, sa.func.count())
        .where(item.c.line == LINE, item.c.first_seen_at >= run.started_at)
        .group_by(item.c.result)
    )
    try:
        async with run.db.read() as conn:
            found = dict((await conn.execute(query)).tuples().all())
    except Exception as error:
        if not is_outage(error):
            raise
        return {}
    exceptions = found.get("exception", 0) + found.get("lost", 0)
    return {"inducted": sum(found.values()), "sorted": found.get("sorted", 0), "exceptions": exceptions}

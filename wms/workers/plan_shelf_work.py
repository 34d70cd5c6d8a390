"""Planning what shelves ask for by themselves: faces that run low, bins picked empty, counts whose day has come.

Faces are looked at every minute, because a picker stands before an empty one. Counts are asked every ten minutes, and only
at sites that have said how often they count; of those whose day has come as many at a time as a person counts in an hour.
"""

import asyncio
from dataclasses import replace

import sqlalchemy as sa
import structlog

from wms.counting.ask_counts import AskDueCounts, AskZeroBins, ask_due_counts, ask_zero_bins
from wms.counting.tables import LIVE_STATES, count, count_policy
from wms.inside.replenish import Trigger, demand_key, trigger
from wms.inside.tables import pick_face
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, is_outage
from wms.stock.tables import location
from wms.workers.open_demand import open_demand

_FACES_EVERY_S = 60.0
_COUNTS_EVERY = 10  # rounds of faces
COUNTS_WAITING = 20  # cycle counts that may wait at a site before more are asked
_PLANNER = replace(SYSTEM, rights=frozenset({"replenish.plan", "count.plan"}))
_log = structlog.get_logger()


async def plan_replenishments(db: Database) -> int:
    """Tasks for the faces of every site that has faces; how many are new."""
    made = 0
    async with db.read() as conn:
        sites = list(
            await conn.scalars(
                sa.select(location.c.site)
                .join(pick_face, pick_face.c.location_id == location.c.id)
                .distinct()
                .order_by(location.c.site)
            )
        )
        demands = {site: await open_demand(conn, site) for site in sites}
    for site, wanted in demands.items():
        demand = {demand_key(*goods): quantity for goods, quantity in wanted.items()}
        made += len((await db.run(trigger, Trigger(site=site, demand=demand), actor=_PLANNER)).tasks)
    return made


async def plan_counts(db: Database) -> int:
    """Counts of empty bins and of places whose day has come, at every site with a policy; how many are new."""
    asked = 0
    waiting = sa.func.count().filter(count.c.state.in_(LIVE_STATES), count.c.reason == "cycle")
    async with db.read() as conn:
        rows = await conn.execute(
            sa.select(count_policy.c.site, waiting)
            .select_from(count_policy.outerjoin(count, count.c.site == count_policy.c.site))
            .group_by(count_policy.c.site)
            .order_by(count_policy.c.site)
        )
        sites = list(rows.all())
    for site, live in sites:
        asked += len((await db.run(ask_zero_bins, AskZeroBins(site=site), actor=_PLANNER)).asked)
        if live < COUNTS_WAITING:
            due = AskDueCounts(site=site, limit=COUNTS_WAITING - live)
            asked += len((await db.run(ask_due_counts, due, actor=_PLANNER)).asked)
    return asked


async def plan_shelf_work(db: Database) -> None:
    turn = 0
    while True:
        await asyncio.sleep(_FACES_EVERY_S)
        turn += 1
        try:
            made = await plan_replenishments(db)
            asked = await plan_counts(db) if turn % _COUNTS_EVERY == 0 else 0
            if made or asked:
                _log.info("shelf_work_planned", replenishments=made, counts=asked)
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("shelf_work_not_planned", error=repr(error)[:200])

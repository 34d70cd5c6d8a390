"""Asking for counts: of named places, of those whose time has come, of bins that were picked empty.

A location has at most one count that is not closed, and one task. Asking again changes nothing.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.dialects.postgresql import ARRAY, insert

from wms.catalog.tables import trade_item
from wms.counting.sql import need_house, policy_of
from wms.counting.tables import LIVE_STATES, count
from wms.counting.wire import CountReason, SiteCode, Text60
from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.stock.tables import location, stock, stock_entry, unit
from wms.tasks.add_tasks import NewTask, add_tasks

_PRIORITY = {"short_pick": 5, "zero_bin": 2, "request": 3, "stocktake": 1, "cycle": 0}
_LIVE = sa.text("state IN ('open','counting','recount','to_approve')")


class AskCounts(BaseModel):
    site: SiteCode
    locations: Annotated[list[Text60], Field(min_length=1, max_length=2_000)]


class AskDueCounts(BaseModel):
    """`limit`: how many places a shift can count."""

    site: SiteCode
    limit: Annotated[int, Field(ge=1, le=2_000)] = 100


class CountsAsked(BaseModel):
    """`asked` are new; places whose count was waiting already are not among them."""

    asked: list[UUID]


def task_key(location_id: UUID) -> str:
    """Shared with everyone who wants a place counted, so that it waits for one person only."""
    return f"count:{location_id}"


async def ask_counts(tx: Tx, command: AskCounts) -> CountsAsked:
    """Refuses `unknown_location`."""
    need_house(tx)
    tx.actor.need("count.plan", command.site)
    wanted = sorted(set(command.locations))
    rows = await tx.conn.execute(
        sa.select(location.c.id, location.c.name).where(
            location.c.site == command.site,
            location.c.name == sa.any_(sa.cast(wanted, ARRAY(sa.String))),
            ~location.c.virtual,
        )
    )
    ids = {row.name: row.id for row in rows}
    for name in wanted:
        if name not in ids:
            raise Refusal("unknown_location", location=name, field="locations")
    return await _asked(tx, command.site, [ids[name] for name in wanted], "request")


async def ask_due_counts(tx: Tx, command: AskDueCounts) -> CountsAsked:
    """Places by class (their own, else the best of what lies there) whose last count is too old; the most overdue first."""
    need_house(tx)
    tx.actor.need("count.plan", command.site)
    policy = await policy_of(tx, command.site)
    of_goods = (
        sa.select(sa.func.min(trade_item.c.abc))
        .select_from(
            stock.join(trade_item, trade_item.c.id == stock.c.item_id).outerjoin(unit, unit.c.id == stock.c.place_id)
        )
        .where(sa.func.coalesce(unit.c.location_id, stock.c.place_id) == location.c.id, stock.c.quantity > 0)
        .scalar_subquery()
    )
    abc = sa.func.coalesce(location.c.abc, of_goods, "C")
    last = (
        sa.select(sa.func.max(count.c.closed_at))
        .where(count.c.location_id == location.c.id, count.c.state == "closed")
        .scalar_subquery()
    )
    places = (
        sa.select(location.c.id, abc.label("abc"), last.label("last"))
        .where(location.c.site == command.site, location.c.kind.in_(("storage", "pick")), location.c.enabled)
        .subquery()
    )
    rows = await tx.conn.execute(sa.select(places).where(_not_live(places.c.id)))
    days = {"A": policy.a_days, "B": policy.b_days, "C": policy.c_days}
    due = []
    for row in rows:
        interval = timedelta(days=days[row.abc])
        overdue = (tx.now - row.last) / interval if row.last is not None else float("inf")
        if overdue >= 1:
            due.append((-overdue, row.abc, row.id))
    return await _asked(tx, command.site, [id for _, _, id in sorted(due)[: command.limit]], "cycle")


class AskZeroBins(BaseModel):
    site: SiteCode


async def ask_zero_bins(tx: Tx, command: AskZeroBins) -> CountsAsked:
    """Bins that a pick of the last day left empty by the books and nobody has looked at since: the cheapest count there is."""
    need_house(tx)
    tx.actor.need("count.plan", command.site)
    day_ago = tx.now - timedelta(days=1)
    # The day's picks first, by themselves: they are few, and places are many.
    picked = await tx.conn.execute(
        sa.select(stock_entry.c.from_place_id, sa.func.max(stock_entry.c.recorded_at))
        .where(stock_entry.c.recorded_at >= day_ago, stock_entry.c.cause.in_(("pick", "replenish")))
        .group_by(stock_entry.c.from_place_id)
    )
    emptied = {row[0]: row[1] for row in picked}
    if not emptied:
        return CountsAsked(asked=[])
    last = sa.select(sa.func.max(count.c.counted_at)).where(count.c.location_id == location.c.id).scalar_subquery()
    rows = await tx.conn.execute(
        sa.select(location.c.id, last.label("last")).where(
            location.c.id == sa.any_(sa.cast(list(emptied), ARRAY(sa.Uuid))),
            *(location.c.site == command.site, location.c.kind.in_(("storage", "pick"))),
            ~sa.exists().where(stock.c.place_id == location.c.id, stock.c.quantity > 0),
            ~sa.exists().where(unit.c.location_id == location.c.id),
            _not_live(location.c.id),
        )
    )
    ids = [row.id for row in rows if row.last is None or row.last < emptied[row.id]]
    return await _asked(tx, command.site, ids, "zero_bin")


def _not_live(location_id: sa.ColumnElement[UUID]) -> sa.ColumnElement[bool]:
    return ~sa.exists().where(count.c.location_id == location_id, count.c.state.in_(LIVE_STATES))


async def _asked(tx: Tx, site: str, location_ids: Sequence[UUID], reason: CountReason) -> CountsAsked:
    made = await open_counts(tx, site, location_ids, reason)
    if made:
        await tell(tx, "count.asked", made[0], site=site, reason=reason, counts=len(made))
    return CountsAsked(asked=made)


async def open_counts(
    tx: Tx, site: str, location_ids: Sequence[UUID], reason: CountReason, stocktake_id: UUID | None = None
) -> list[UUID]:
    """Counts and their tasks for the places that have none; the ids of the new ones, in one statement each."""
    if not location_ids:
        return []
    rows: list[dict[str, Any]] = [
        {
            "id": tx.new_id(),
            "site": site,
            "location_id": id,
            "stocktake_id": stocktake_id,
            "reason": reason,
            "state": "open",
            "round": 0,
            "counters": [],
            "asked_at": tx.now,
            "asked_by": tx.actor.id,
        }
        for id in sorted(location_ids)
    ]
    statement = insert(count).on_conflict_do_nothing(index_elements=["location_id"], index_where=_LIVE)
    made = list(await tx.conn.scalars(statement.returning(count.c.id), rows))
    new = set(made)
    await want_counting(tx, site, {row["location_id"]: row["id"] for row in rows if row["id"] in new}, reason)
    return made


async def want_counting(tx: Tx, site: str, counts: dict[UUID, UUID], reason: str, **payload: str) -> None:
    """A task for each location; where one is waiting already, that one serves."""
    tasks = [
        NewTask(
            kind="count",
            site=site,
            priority=_PRIORITY.get(reason, 0),
            location_id=location_id,
            subject_id=location_id,
            document_id=count_id,
            dedupe_key=task_key(location_id),
            payload={"reason": reason, "count_id": str(count_id)} | payload,
        )
        for location_id, count_id in counts.items()
    ]
    await add_tasks(tx, tasks)

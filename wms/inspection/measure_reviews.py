"""How well machines and people see, always with n and interval.

Detection is measured on projected threats alone and false alarms on parcels that an opening found innocent; a projected look
enters no other figure. About a hundred projections are needed before a figure of detection says something about a person.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.inspection.statistics import detection, kappa, wilson
from wms.inspection.tables import opening, review, scan
from wms.inspection.wire import Measures, Rate, Seconds
from wms.kit.actor import Actor

ENOUGH_PROJECTIONS = 100
_FOUND = ("found", "misdeclared")


async def measure_reviews(
    conn: AsyncConnection, who: Actor, since: datetime, until: datetime, site: str | None, person: UUID | None
) -> Measures:
    """Figures of the scans opened in [since, until); of one reviewer where `person` is given."""
    within = sa.and_(scan.c.opened_at >= since, scan.c.opened_at < until)
    if site is not None:
        within = sa.and_(within, scan.c.site == site)
    elif who.sites is not None:
        within = sa.and_(within, scan.c.site.in_(sorted(who.sites)))
    looks = await _looks(conn, within, person)
    scans = (await conn.execute(_scans().where(within))).all()
    return _measure(looks, scans)


async def _looks(conn: AsyncConnection, within: sa.ColumnElement[bool], person: UUID | None) -> list[Any]:
    query = (
        sa.select(
            *(review.c[name] for name in ("scan_id", "level", "decision", "tip", "tip_hit", "painted_at", "closed_at")),
            opening.c.outcome,
        )
        .join(scan, scan.c.id == review.c.scan_id)
        .outerjoin(opening, sa.and_(opening.c.scan_id == scan.c.id, opening.c.state == "done"))
        .where(within, review.c.state == "done")
    )
    if person is not None:
        query = query.where(review.c.leased_by == person)
    return list((await conn.execute(query)).all())


def _scans() -> sa.Select[Any]:
    done = sa.and_(opening.c.scan_id == scan.c.id, opening.c.state == "done")
    return sa.select(scan.c.id, scan.c.alarmed, scan.c.timed_out_at, opening.c.outcome).outerjoin(opening, done)


def _measure(looks: list[Any], scans: Any) -> Measures:
    projected = [one for one in looks if one.tip_hit is not None]
    real = [one for one in looks if one.tip is None]
    hits = sum(one.tip_hit for one in projected)
    innocent = [one for one in real if one.outcome == "nothing"]
    alarms = sum(one.decision == "suspect" for one in innocent)
    told = detection(hits, len(projected), alarms, len(innocent))
    opened = [one for one in scans if one.outcome is not None]
    table = _agreement(real)
    return Measures(
        images=len({one.id for one in scans}),
        detection=_rate(hits, len(projected)),
        false_alarm=_rate(alarms, len(innocent)),
        sensitivity=told[0] if told else None,
        bias=told[1] if told else None,
        timeouts=_rate(sum(one.timed_out_at is not None for one in scans), len(scans)),
        opening_hits=_found_rate(opened),
        second_agrees=_rate(table[0] + table[3], sum(table)),
        kappa=kappa(*table),
        found_when_alarmed=_found_rate([one for one in opened if one.alarmed]),
        found_when_silent=_found_rate([one for one in opened if not one.alarmed]),
        seconds_clear=_seconds([one for one in real if one.decision == "clear"]),
        seconds_suspect=_seconds([one for one in real if one.decision == "suspect"]),
        seconds_projected=_seconds([one for one in looks if one.tip is not None]),
        enough_projections=len(projected) >= ENOUGH_PROJECTIONS,
    )


def _rate(hits: int, n: int) -> Rate:
    low, high = wilson(hits, n)
    return Rate(hits=hits, n=n, rate=hits / n if n else None, low=low, high=high)


def _found_rate(opened: list[Any]) -> Rate:
    return _rate(sum(one.outcome in _FOUND for one in opened), len(opened))


def _agreement(real: list[Any]) -> tuple[int, int, int, int]:
    """Both suspicious, only the first, only the second, neither; escalations count as suspicion."""
    first = {one.scan_id: one.decision for one in real if one.level == 1 and one.decision != "unreadable"}
    pairs = [
        (first[one.scan_id] != "clear", one.decision != "clear")
        for one in real
        if one.level == 2 and one.scan_id in first and one.decision != "unreadable"
    ]
    return (
        pairs.count((True, True)),
        pairs.count((True, False)),
        pairs.count((False, True)),
        pairs.count((False, False)),
    )


def _seconds(looks: list[Any]) -> Seconds:
    spent = sorted((one.closed_at - one.painted_at).total_seconds() for one in looks if one.painted_at is not None)
    if not spent:
        return Seconds(n=0, p50=None, p95=None)
    return Seconds(n=len(spent), p50=spent[len(spent) // 2], p95=spent[min(len(spent) - 1, int(len(spent) * 0.95))])

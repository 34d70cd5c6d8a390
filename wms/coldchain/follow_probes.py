"""From readings to excursions and gaps: what new readings change, also late ones, between the good readings around them.

A run out of limits ends at good readings, so nothing beyond these can change. An excursion that turns out longer grows, one
that turns out to be none is withdrawn (its holds stay until a person releases them), and what was released stays released
unless the interval grew: then it is a new excursion.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, insert

from wms.coldchain.block_lots import block_lots
from wms.coldchain.rules import Interval, Limits, Reading, find_excursions, find_gaps
from wms.coldchain.tables import excursion, probe_gap
from wms.kit.db import Tx
from wms.kit.facts import tell


@dataclass(frozen=True, slots=True)
class Followed:
    """A probe under its lock, with its zone's limits, and the span of its new readings."""

    row: sa.Row[Any]
    since: datetime
    until: datetime

    @property
    def limits(self) -> Limits:
        return Limits(self.row.min_c, self.row.max_c, self.row.allowed_minutes)


_WINDOWS = sa.text(
    """
    SELECT w.id, r.measured_at, r.celsius
    FROM unnest(:ids, :sinces, :untils) AS w(id, since, until)
    JOIN probe p ON p.id = w.id JOIN cold_zone z ON z.id = p.zone_id
    LEFT JOIN LATERAL (
        SELECT measured_at AS at FROM probe_reading WHERE probe_id = w.id AND measured_at < w.since
        AND celsius >= coalesce(z.min_c, -999) AND celsius <= coalesce(z.max_c, 999)
        ORDER BY measured_at DESC LIMIT 1) lo ON true
    LEFT JOIN LATERAL (
        SELECT measured_at AS at FROM probe_reading WHERE probe_id = w.id AND measured_at > w.until
        AND celsius >= coalesce(z.min_c, -999) AND celsius <= coalesce(z.max_c, 999)
        ORDER BY measured_at LIMIT 1) hi ON true
    JOIN probe_reading r ON r.probe_id = w.id
        AND r.measured_at >= coalesce(lo.at, '-infinity') AND r.measured_at <= coalesce(hi.at, 'infinity')
    ORDER BY w.id, r.measured_at
    """
).bindparams(
    sa.bindparam("ids", type_=ARRAY(sa.Uuid)),
    sa.bindparam("sinces", type_=ARRAY(sa.DateTime(timezone=True))),
    sa.bindparam("untils", type_=ARRAY(sa.DateTime(timezone=True))),
)


async def follow_probes(tx: Tx, probes: Sequence[Followed]) -> None:
    """Judge the new readings of probes. The probes are locked."""
    if not probes:
        return
    spans = {
        "ids": [one.row.id for one in probes],
        "sinces": [one.since for one in probes],
        "untils": [one.until for one in probes],
    }
    windows: dict[UUID, list[Reading]] = defaultdict(list)
    for row in await tx.conn.execute(_WINDOWS, spans):
        windows[row.id].append(Reading(row.measured_at, row.celsius))
    stored = await _stored(tx, [one.row.id for one in probes])
    for one in probes:
        window = windows[one.row.id]
        await _keep_gaps(tx, one, window)
        near = [row for row in stored[one.row.id] if _touches(row, window[0].measured_at, window[-1].measured_at)]
        await _reconcile(tx, one, near, find_excursions(window, one.limits))


async def _stored(tx: Tx, probe_ids: list[UUID]) -> dict[UUID, list[sa.Row[Any]]]:
    found: dict[UUID, list[sa.Row[Any]]] = defaultdict(list)
    query = sa.select(excursion).where(
        excursion.c.probe_id == sa.any_(sa.literal(probe_ids, ARRAY(sa.Uuid))), excursion.c.withdrawn_at.is_(None)
    )
    for row in await tx.conn.execute(query.order_by(excursion.c.released_at.is_not(None), excursion.c.began_at)):
        found[row.probe_id].append(row)
    return found


def _touches(row: sa.Row[Any], first: datetime, last: datetime) -> bool:
    """One that ended with the window's first good reading is not touched by what came after it."""
    return bool((row.began_at < last and (row.ended_at is None or row.ended_at > first)) or row.began_at == last)


def _overlap(row: sa.Row[Any], found: Interval) -> bool:
    return bool(row.began_at <= found.last_out_at and found.began_at <= row.last_out_at)


async def _reconcile(tx: Tx, one: Followed, stored: list[sa.Row[Any]], found: list[Interval]) -> None:
    left = list(stored)
    for interval in found:
        row = next((row for row in left if _overlap(row, interval)), None)
        if row is not None:
            left.remove(row)
        if row is None or (row.released_at is not None and _grew(row, interval)):
            await _open(tx, one, interval)
        elif row.released_at is None and _values(interval) != {name: row._mapping[name] for name in _values(interval)}:
            await _change(tx, one, row, interval)
        elif row.released_at is None and interval.ended_at is None:
            await block_lots(tx, row.id, one.row, interval.began_at, tx.now)
    for row in left:
        # Judged by other limits it was one, and stays one.
        if row.released_at is None and Limits(row.min_c, row.max_c, row.allowed_minutes) == one.limits:
            await tx.conn.execute(excursion.update().where(excursion.c.id == row.id).values(withdrawn_at=tx.now))
            await tell(tx, "excursion.withdrawn", row.id, site=one.row.site, zone=one.row.zone, probe=one.row.code)


def _grew(row: sa.Row[Any], found: Interval) -> bool:
    return bool(found.began_at < row.began_at or found.last_out_at > row.last_out_at)


def _values(found: Interval) -> dict[str, object]:
    return asdict(found)


async def _open(tx: Tx, one: Followed, found: Interval) -> None:
    id = tx.new_id()
    limits = {"min_c": one.row.min_c, "max_c": one.row.max_c, "allowed_minutes": one.row.allowed_minutes}
    where = {"id": id, "zone_id": one.row.zone_id, "probe_id": one.row.id, "site": one.row.site, "opened_at": tx.now}
    await tx.conn.execute(excursion.insert().values(where | limits | _values(found)))
    await tell(tx, "excursion.opened", id, site=one.row.site, **_told(one, found))
    await block_lots(tx, id, one.row, found.began_at, found.ended_at or tx.now)
    if found.ended_at is not None:
        await tell(tx, "excursion.closed", id, site=one.row.site, **_told(one, found))


async def _change(tx: Tx, one: Followed, row: sa.Row[Any], found: Interval) -> None:
    await tx.conn.execute(excursion.update().where(excursion.c.id == row.id).values(_values(found)))
    await block_lots(tx, row.id, one.row, found.began_at, found.ended_at or tx.now)
    if row.ended_at is None and found.ended_at is not None:
        await tell(tx, "excursion.closed", row.id, site=one.row.site, **_told(one, found))
    elif row.ended_at is not None:
        await tell(tx, "excursion.revised", row.id, site=one.row.site, **_told(one, found))


def _told(one: Followed, found: Interval) -> dict[str, Any]:
    ended = found.ended_at.isoformat() if found.ended_at is not None else None
    where = {"zone": one.row.zone, "probe": one.row.code, "began_at": found.began_at.isoformat(), "ended_at": ended}
    return where | {"worst_c": str(found.worst_c), "mkt_c": str(found.mkt_c)}


async def _keep_gaps(tx: Tx, one: Followed, window: list[Reading]) -> None:
    """Silence between neighbouring readings; late readings fill it."""
    gap = probe_gap.c
    first, last = window[0].measured_at, window[-1].measured_at
    found = find_gaps([reading.measured_at for reading in window], one.row.silent_minutes)
    inside = sa.and_(gap.probe_id == one.row.id, gap.began_at >= first, gap.ended_at <= last)
    known = {
        row.began_at: row.ended_at for row in await tx.conn.execute(sa.select(gap.began_at, gap.ended_at).where(inside))
    }
    if known == dict(found):
        return
    await tx.conn.execute(probe_gap.delete().where(inside))
    rows = [{"probe_id": one.row.id, "began_at": began, "ended_at": ended} for began, ended in found]
    if rows:
        await tx.conn.execute(insert(probe_gap), rows)
    new = [began for began, _ in found if began not in known and began != one.row.silent_since]
    if new:
        told = {"probe": one.row.code, "zone": one.row.zone, "gaps": len(new), "began_at": min(new).isoformat()}
        await tell(tx, "probe.was_silent", one.row.id, site=one.row.site, **told)

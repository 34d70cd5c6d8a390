"""What gateways report: batches of readings, each kept once, and what follows from them.

A gateway sends a batch again until it is answered; nothing that came twice counts twice, and no later message changes what a
probe said of an instant.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.coldchain.follow_probes import Followed, follow_probes
from wms.coldchain.tables import cold_zone, probe, probe_reading
from wms.coldchain.wire import ReadingsTaken, ReportReadings
from wms.kit.db import Tx
from wms.kit.facts import tell

CLOCKS_DIFFER = timedelta(minutes=5)
_Readings = dict[tuple[UUID, datetime], Decimal]
_KEEP = sa.text(
    """
    INSERT INTO probe_reading (probe_id, measured_at, celsius, recorded_at)
    SELECT n.probe_id, n.measured_at, n.celsius, :now
    FROM unnest(:probes, :instants, :values) AS n(probe_id, measured_at, celsius)
    ON CONFLICT DO NOTHING RETURNING probe_id, measured_at
    """
).bindparams(
    sa.bindparam("probes", type_=ARRAY(sa.Uuid)),
    sa.bindparam("instants", type_=ARRAY(sa.DateTime(timezone=True))),
    sa.bindparam("values", type_=ARRAY(sa.Numeric(5, 2))),
)


async def report_readings(tx: Tx, command: ReportReadings) -> ReadingsTaken:
    """Keep what is new and follow the probes it came from."""
    tx.actor.need("probe.report", command.site)
    probes = await _lock_probes(tx, command)
    readings: _Readings = {}
    conflicting = repeated = in_future = 0
    for one in command.readings:
        if one.probe not in probes:
            continue
        if one.measured_at > tx.now + CLOCKS_DIFFER:
            in_future += 1
            continue
        first = readings.setdefault((probes[one.probe].id, one.measured_at), one.celsius)
        repeated += first == one.celsius
        conflicting += first != one.celsius
    repeated -= len(readings)  # each of these was counted as equal to itself
    new = await _keep(tx, readings)
    differing = await _differing(tx, {key: value for key, value in readings.items() if key not in new})
    await _follow(tx, list(probes.values()), new)
    return ReadingsTaken(
        accepted=len(new),
        repeated=repeated + len(readings) - len(new) - differing,
        conflicting=conflicting + differing,
        in_future=in_future,
        unknown_probes=sorted({one.probe for one in command.readings} - probes.keys())[:100],
    )


async def _lock_probes(tx: Tx, command: ReportReadings) -> dict[str, sa.Row[Any]]:
    """By code. Batches about the same probe queue here, so that each is judged with all before it."""
    codes = sorted({one.probe for one in command.readings})
    query = (
        sa.select(probe, cold_zone.c.zone, cold_zone.c.min_c, cold_zone.c.max_c, cold_zone.c.allowed_minutes)
        .add_columns(cold_zone.c.silent_minutes)
        .join(cold_zone, cold_zone.c.id == probe.c.zone_id)
        .where(probe.c.site == command.site, probe.c.code == sa.any_(sa.literal(codes, ARRAY(sa.String))))
        .order_by(probe.c.id)
        .with_for_update(of=probe)
    )
    return {row.code: row for row in await tx.conn.execute(query)}


async def _keep(tx: Tx, readings: _Readings) -> _Readings:
    """Those that were not here yet."""
    if not readings:
        return {}
    rows = await tx.conn.execute(
        _KEEP,
        {
            "now": tx.now,
            "probes": [probe_id for probe_id, _ in readings],
            "instants": [measured_at for _, measured_at in readings],
            "values": list(readings.values()),
        },
    )
    return {(row.probe_id, row.measured_at): readings[row.probe_id, row.measured_at] for row in rows}


async def _differing(tx: Tx, known: _Readings) -> int:
    """How many of these were kept with another temperature."""
    if not known:
        return 0
    given = (
        sa.func.unnest(
            sa.literal([id for id, _ in known], ARRAY(sa.Uuid)),
            sa.literal([at for _, at in known], ARRAY(sa.DateTime(timezone=True))),
            sa.literal(list(known.values()), ARRAY(sa.Numeric(5, 2))),
        )
        .table_valued("probe_id", "measured_at", "celsius")
        .render_derived()
    )
    query = (
        sa.select(sa.func.count())
        .select_from(given)
        .join(
            probe_reading,
            sa.and_(probe_reading.c.probe_id == given.c.probe_id, probe_reading.c.measured_at == given.c.measured_at),
        )
        .where(probe_reading.c.celsius != given.c.celsius)
    )
    return await tx.conn.scalar(query) or 0


async def _follow(tx: Tx, probes: list[sa.Row[Any]], new: _Readings) -> None:
    instants: dict[UUID, list[datetime]] = defaultdict(list)
    for probe_id, measured_at in new:
        instants[probe_id].append(measured_at)
    spans = [Followed(row, min(instants[row.id]), max(instants[row.id])) for row in probes if row.id in instants]
    for one in spans:
        last = max(one.row.last_at or one.until, one.until)
        values: dict[str, object] = {"last_at": last, "active": True, "silent_since": None}
        if last == one.until:
            values["last_c"] = new[one.row.id, one.until]
        if one.row.silent_since is not None and one.until <= one.row.silent_since:
            del values["silent_since"]
        elif one.row.silent_since is not None:
            told = {"code": one.row.code, "silent_since": one.row.silent_since.isoformat()}
            await tell(tx, "probe.spoke_again", one.row.id, site=one.row.site, **told)
        await tx.conn.execute(probe.update().where(probe.c.id == one.row.id).values(values))
    await follow_probes(tx, spans)

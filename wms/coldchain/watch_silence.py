"""Probes that fell silent: told once, until they speak again. A dead probe is no cold room."""

from datetime import timedelta

import sqlalchemy as sa

from wms.coldchain.tables import cold_zone, probe
from wms.kit.db import Tx
from wms.kit.facts import tell

_AT_ONCE = 500


async def watch_silence(tx: Tx, _: None) -> int:
    """Tell `probe.fell_silent` for every probe that said nothing for longer than its zone allows; how many."""
    heard = sa.func.coalesce(probe.c.last_at, probe.c.added_at)
    longest = cold_zone.c.silent_minutes * sa.literal(timedelta(minutes=1), sa.Interval)
    query = (
        sa.select(probe.c.id, probe.c.site, probe.c.code, cold_zone.c.zone, heard.label("heard"))
        .join(cold_zone, cold_zone.c.id == probe.c.zone_id)
        .where(probe.c.active, probe.c.silent_since.is_(None), heard + longest < tx.now)
        .order_by(probe.c.id)
        .limit(_AT_ONCE)
        .with_for_update(of=probe, skip_locked=True)
    )
    silent = (await tx.conn.execute(query)).all()
    for row in silent:
        await tx.conn.execute(probe.update().where(probe.c.id == row.id).values(silent_since=row.heard))
        told = {"zone": row.zone, "probe": row.code, "silent_since": row.heard.isoformat()}
        await tell(tx, "probe.fell_silent", row.id, site=row.site, **told)
    return len(silent)

"""Marking directory buckets as changed; the relay publishes them. The mark is the outbox row of a sort table."""

from collections.abc import Iterable

import sqlalchemy as sa

from wms.equipment.tables import line
from wms.kit.db import Tx
from wms.kit.outbox import OUTBOX_CHANNEL
from wms.sorting.tables import directory_bucket


async def mark_directory(tx: Tx, site: str, buckets: Iterable[int]) -> None:
    """Raise the version of these buckets on every line of the site. Rows are locked in key order first."""
    wanted = sorted(set(buckets))
    if not wanted:
        return
    lines = sa.select(line.c.path).where(line.c.site == site)
    which = sa.and_(directory_bucket.c.line.in_(lines), directory_bucket.c.bucket.in_(wanted))
    await tx.conn.execute(
        sa.select(directory_bucket.c.bucket)
        .where(which)
        .order_by(directory_bucket.c.line, directory_bucket.c.bucket)
        .with_for_update()
    )
    await tx.conn.execute(directory_bucket.update().where(which).values(version=directory_bucket.c.version + 1))
    tx.notify.add(OUTBOX_CHANNEL)

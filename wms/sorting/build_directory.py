"""Building the directory buckets that gateways sort by."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from devices.contract.sort_table import DirectoryBucket, Entry
from wms.equipment.tables import line
from wms.kit.db import Tx
from wms.parcels.tables import parcel
from wms.sorting.tables import directory_bucket


async def build_buckets(conn: AsyncConnection, limit: int) -> list[DirectoryBucket]:
    """Up to `limit` buckets whose version is ahead of what was published, oldest version first.

    Read in one snapshot: a bucket never carries a version older than its entries.
    """
    await conn.execution_options(isolation_level="REPEATABLE READ")
    rows = (
        await conn.execute(
            sa.select(directory_bucket.c.line, directory_bucket.c.bucket, directory_bucket.c.version, line.c.site)
            .join(line, line.c.path == directory_bucket.c.line)
            .where(directory_bucket.c.version > directory_bucket.c.published_version)
            .order_by(directory_bucket.c.line, directory_bucket.c.bucket)
            .limit(limit)
        )
    ).all()
    entries = await _entries(conn, {(row.site, row.bucket) for row in rows})
    return [
        DirectoryBucket(
            line=row.line, bucket=row.bucket, version=row.version, entries=entries.get((row.site, row.bucket), {})
        )
        for row in rows
    ]


async def _entries(conn: AsyncConnection, wanted: set[tuple[str, int]]) -> dict[tuple[str, int], dict[str, Entry]]:
    found: dict[tuple[str, int], dict[str, Entry]] = {}
    for site in {site for site, _ in wanted}:
        buckets = [bucket for at, bucket in wanted if at == site]
        rows = await conn.execute(
            sa.select(
                parcel.c.bucket,
                parcel.c.waybill_no,
                parcel.c.destination,
                parcel.c.service,
                parcel.c.declared_weight_g,
                sa.or_(parcel.c.hold, parcel.c.blocked_by.is_not(None)).label("hold"),
            ).where(
                parcel.c.site == site,
                parcel.c.bucket.in_(buckets),
                parcel.c.state != "bagged",
                parcel.c.destination.is_not(None),
            )
        )
        for row in rows:
            entry = Entry(d=row.destination, s=row.service or "", w=row.declared_weight_g, h=row.hold)
            found.setdefault((site, row.bucket), {})[row.waybill_no] = entry
    return found


async def mark_published(tx: Tx, buckets: Sequence[DirectoryBucket]) -> None:
    """Note what the broker has; a bucket that changed meanwhile stays marked as changed."""
    statement = (
        directory_bucket.update()
        .where(
            directory_bucket.c.line == sa.bindparam("b_line"),
            directory_bucket.c.bucket == sa.bindparam("b_bucket"),
            directory_bucket.c.published_version < sa.bindparam("b_version"),
        )
        .values(published_version=sa.bindparam("b_version"))
    )
    await tx.conn.execute(
        statement, [{"b_line": one.line, "b_bucket": one.bucket, "b_version": one.version} for one in buckets]
    )

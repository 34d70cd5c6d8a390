"""Writing the feed: facts in one order in which nothing ever appears behind what was read.

Ids of facts are drawn before their transactions commit, so by id a late one could appear behind a reader. The feed takes only
facts of transactions older than every one that still runs, window by window; within a window it goes by id, and facts of one
subject, written under its lock, keep their order.

A restored copy may count transactions from lower than its horizon: then the feed begins again, without what it has.
"""

import sqlalchemy as sa

from wms.kit.db import Tx

_FEED_LOCK = 0x6B6F75616E03  # one writer: any other finds the window taken
_FEED = sa.text(
    """
    WITH past AS MATERIALIZED (
        SELECT CASE WHEN reached <= high THEN reached ELSE 0 END AS low, high
        FROM (SELECT coalesce((SELECT txid FROM fact_horizon WHERE name = 'feed'), 0) AS reached,
                     (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint AS high) AS now
    ), written AS (
        INSERT INTO fact_feed (fact_id)
        SELECT f.id FROM fact f, past WHERE f.txid >= past.low AND f.txid < past.high
            AND NOT EXISTS (SELECT FROM fact_feed fed WHERE fed.fact_id = f.id)
        ORDER BY f.id
        RETURNING 1
    ), moved AS (
        INSERT INTO fact_horizon (name, txid) SELECT 'feed', high FROM past
        ON CONFLICT (name) DO UPDATE SET txid = excluded.txid
    )
    SELECT count(*) FROM written
    """
)


async def feed_facts(tx: Tx, _: None) -> int:
    """Append what is complete by now; how many facts."""
    if not await tx.conn.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_FEED_LOCK))):
        return 0
    return int(await tx.conn.scalar(_FEED) or 0)

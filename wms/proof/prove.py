"""Replaying both journals against positions, balances, stock, reservations, accounts, bags, parcels and items.

Every check is a query that returns what contradicts it; nothing is sampled. All run in one snapshot, so a line that keeps
working meanwhile cannot look wrong.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.access.audit import find_broken_entries
from wms.proof.inspection_laws import INSPECTION_LAWS
from wms.proof.network_laws import NETWORK_LAWS
from wms.proof.stock_laws import STOCK_LAWS
from wms.stock.move import GENESIS, row_digest
from wms.stock.tables import journal, stock_entry, unit


@dataclass(frozen=True, slots=True)
class Violation:
    law: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class Proof:
    journal_rows: int
    violations: int
    first: list[Violation]


_LAWS = {
    "balance equals the units whose journal ends there": """
        WITH last AS (SELECT DISTINCT ON (unit_id) unit_id, to_place_id FROM journal ORDER BY unit_id, id DESC),
             counted AS (SELECT to_place_id AS place_id, count(*) AS units FROM last GROUP BY 1)
        SELECT coalesce(c.place_id, b.place_id)::text, format('balance %s, journal %s', b.units, c.units)
        FROM counted c FULL JOIN balance b ON b.place_id = c.place_id
        LEFT JOIN location l ON l.id = coalesce(c.place_id, b.place_id)
        WHERE coalesce(c.units, 0) <> coalesce(b.units, 0) AND NOT coalesce(l.virtual, false)""",
    "a bag counts and weighs what the journal put in": """
        SELECT b.id::text, format('bag %s parcels %s g, journal %s parcels %s g', b.parcels, b.weight_g, c.n, c.g)
        FROM bag b LEFT JOIN LATERAL (
            SELECT count(*) AS n, coalesce(sum(coalesce(p.measured_weight_g, p.declared_weight_g, 0)), 0) AS g
            FROM unit u JOIN parcel p ON p.id = u.id WHERE u.place_id = b.id) c ON true
        WHERE b.parcels <> c.n OR b.weight_g <> c.g""",
    "a parcel is where its state says": """
        SELECT p.id::text, format('%s, but at %s', p.state, coalesce(l.kind, u2.kind, 'nowhere'))
        FROM parcel p LEFT JOIN unit u ON u.id = p.id
        LEFT JOIN location l ON l.id = u.place_id LEFT JOIN unit u2 ON u2.id = u.place_id
        LEFT JOIN bag b ON b.id = u2.id
        WHERE NOT CASE p.state
            WHEN 'announced' THEN u.id IS NULL
            WHEN 'on_line' THEN l.kind = 'line'
            WHEN 'sorted' THEN b.id IS NOT NULL AND b.closed_at IS NULL
            WHEN 'bagged' THEN b.closed_at IS NOT NULL
            WHEN 'exception' THEN coalesce(l.kind IN ('chute','lost'), b.id IS NOT NULL) END""",
    "every unit came by the journal": """
        SELECT u.id::text, u.kind FROM unit u WHERE NOT EXISTS (SELECT FROM journal j WHERE j.unit_id = u.id)""",
    "a bag bears the code of its unit": """
        SELECT b.id::text, format('bag %s, unit %s', b.sscc, u.sscc)
        FROM bag b JOIN unit u ON u.id = b.id WHERE b.sscc IS DISTINCT FROM u.sscc""",
    "nothing held or unknown is sealed": """
        SELECT id::text, format('hold %s, waybill %s', hold, waybill_no)
        FROM parcel WHERE state = 'bagged' AND (hold OR waybill_no IS NULL)""",
    "a parcel is on the belt as exactly one item": """
        SELECT coalesce(p.id, i.parcel_id)::text, format('%s, on the belt as %s items', p.state, coalesce(i.n, 0))
        FROM (SELECT parcel_id, count(*) AS n FROM tracked_item
              WHERE finished_at IS NULL AND parcel_id IS NOT NULL GROUP BY 1) i
        FULL JOIN (SELECT * FROM parcel WHERE state = 'on_line') p ON p.id = i.parcel_id
        WHERE p.id IS NULL OR coalesce(i.n, 0) <> 1""",
    "an item that ended landed once": """
        SELECT coalesce(i.parcel_id, j.unit_id)::text, format('%s ends, %s landings', coalesce(i.n, 0), coalesce(j.n, 0))
        FROM (SELECT parcel_id, count(*) AS n FROM tracked_item
              WHERE finished_at IS NOT NULL AND actual IS NOT NULL GROUP BY 1) i
        FULL JOIN (SELECT unit_id, count(*) AS n FROM journal WHERE cause IN ('sort_conf', 'item_lost') GROUP BY 1) j
        ON j.unit_id = i.parcel_id WHERE coalesce(i.n, 0) <> coalesce(j.n, 0)""",
    "a manifest counts the parcels it brought": """
        SELECT m.id::text, format('accepted %s, parcels %s', m.accepted, coalesce(p.n, 0))
        FROM manifest m LEFT JOIN (SELECT manifest_id, count(*) AS n FROM parcel GROUP BY 1) p ON p.manifest_id = m.id
        WHERE m.accepted <> coalesce(p.n, 0) OR m.accepted + m.repeated + m.refused <> m.rows""",
    "a finished item has a parcel, an unfinished one no result": """
        SELECT line || ' ' || tid, result FROM tracked_item
        WHERE (finished_at IS NULL) <> (result = 'on_line') OR (finished_at IS NOT NULL AND parcel_id IS NULL)""",
    "no event was handled beyond what was received": """
        SELECT dev || ' ' || boot, format('handled %s of %s', handled_seq, through_seq) FROM inbox_lane
        WHERE handled_seq > through_seq""",
    "every event up to the acknowledged end is stored": """
        SELECT l.dev || ' ' || l.boot, format('%s of %s', count(e.seq), l.through_seq)
        FROM inbox_lane l LEFT JOIN inbox_event e ON e.dev = l.dev AND e.boot = l.boot AND e.seq <= l.through_seq
        GROUP BY l.dev, l.boot, l.through_seq, l.skipped HAVING count(e.seq) + l.skipped <> l.through_seq""",
}


async def prove(conn: AsyncConnection, *, keep: int = 20) -> Proof:
    """Check every law; `first` holds up to `keep` violations. Reads only, in one REPEATABLE READ snapshot."""
    await conn.execution_options(isolation_level="REPEATABLE READ")
    rows = await conn.scalar(sa.select(sa.func.count()).select_from(journal)) or 0
    rows += await conn.scalar(sa.select(sa.func.count()).select_from(stock_entry)) or 0
    count = 0
    first: list[Violation] = []
    async for violation in _violations(conn):
        count += 1
        if len(first) < keep:
            first.append(violation)
    return Proof(rows, count, first)


async def _violations(conn: AsyncConnection) -> AsyncIterator[Violation]:
    async for violation in _broken_chains(conn):
        yield violation
    for law, query in (_LAWS | STOCK_LAWS | NETWORK_LAWS | INSPECTION_LAWS).items():
        for subject, detail in await conn.execute(sa.text(query)):
            yield Violation(law, subject, detail)
    for id in await find_broken_entries(conn):
        yield Violation("the audit trail is unbroken", str(id), "digest")


async def _broken_chains(conn: AsyncConnection) -> AsyncIterator[Violation]:
    """Walk each unit's journal: every row starts where the last ended, its digest follows, and the unit is at the end."""
    last: Any = None
    place, chain = None, GENESIS
    query = sa.select(journal, unit.c.place_id, unit.c.chain).join(unit, unit.c.id == journal.c.unit_id)
    rows = await conn.stream(query.order_by(journal.c.unit_id, journal.c.id).execution_options(yield_per=2000))
    async for row in rows:
        if last is None or row.unit_id != last.unit_id:
            if last is not None and (violation := _end_of_chain(last, place, chain)):
                yield violation
            place, chain = row.from_place_id, GENESIS
        if row.from_place_id != place:
            yield Violation("a unit leaves from where it was", str(row.unit_id), f"journal row {row.id}")
        chain = row_digest(chain, row.unit_id, row.from_place_id, row.to_place_id, row.happened_at, row.cause_id)
        if row.digest != chain:
            yield Violation("the journal's chain is unbroken", str(row.unit_id), f"journal row {row.id}")
        place, last = row.to_place_id, row
    if last is not None and (violation := _end_of_chain(last, place, chain)):
        yield violation


def _end_of_chain(row: Any, place: Any, chain: str) -> Violation | None:
    if row.place_id != place or row.chain != chain:
        return Violation("a unit is where its journal ends", str(row.unit_id), f"after journal row {row.id}")
    return None

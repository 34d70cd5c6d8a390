"""The bench's warehouse: articles, locations and opening stock by the thousand, and a journal of any length."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from wms.catalog.tables import trade_item
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.stock.virtual import virtual_location

SITE = "IKT-O"
OWNER = "BENCH"
STATUS = "foreign"


@dataclass(frozen=True, slots=True)
class Size:
    locations: int
    items: int
    balances: int  # stock rows opened: every article at every location, article by article
    rounds: int = 0  # moves in the journal of every balance beside its opening


def location_name(number: int) -> str:
    return f"B-{number:06}"


def sku_name(number: int) -> str:
    return f"BENCH-{number:05}"


_ROWS = """
INSERT INTO party (id, code, names, roles, created_at)
VALUES (gen_random_uuid(), 'BENCH', jsonb_build_object('en', 'Bench'), jsonb_build_array('owner'), now())
ON CONFLICT DO NOTHING;
CREATE TEMP TABLE made ON COMMIT DROP AS
    SELECT gen_random_uuid() AS id, n FROM generate_series(0, :locations - 1) AS n;
INSERT INTO place (id, kind) SELECT id, 'location' FROM made;
INSERT INTO location (id, site, name, kind, virtual)
    SELECT id, 'IKT-O', 'B-' || lpad(n::text, 6, '0'), 'storage', false FROM made;
INSERT INTO trade_item (id, sku, names, base_unit, tracking, catch_weight, temperature, active, created_at)
    SELECT gen_random_uuid(), 'BENCH-' || lpad(n::text, 5, '0'), jsonb_build_object('en', 'bench'), 'C62', 'none', false,
           'ambient', true, now()
    FROM generate_series(0, :items - 1) AS n;
"""

# Balance k: article k mod items at location k div items … each pair once.
_OPEN = """
WITH keys AS MATERIALIZED (
    SELECT stock_id(l.id, i.id, p.id, 'foreign', 'good', NULL, NULL, NULL) AS id, l.id AS place_id, i.id AS item_id,
           p.id AS owner_id
    FROM party p, generate_series(CAST(:low AS int), CAST(:high AS int)) AS k
    JOIN location l ON l.site = 'IKT-O' AND l.name = 'B-' || lpad((k % :locations)::text, 6, '0')
    JOIN trade_item i ON i.sku = 'BENCH-' || lpad((k / :locations)::text, 5, '0')
    WHERE p.code = 'BENCH'
), opened AS (
    INSERT INTO stock (id, place_id, item_id, owner_id, customs_status, condition, quantity, reserved, held, weight_g,
                       first_at, chain)
    SELECT id, place_id, item_id, owner_id, 'foreign', 'good', 1000000, 0, 0, 0, :at, ''::bytea FROM keys
)
SELECT count(*) FROM keys
"""

# Opening entries and, when a long journal is wanted, moves round about that leave every balance as it is: row k gives one to
# row k+1 and gets one from row k-1, `rounds` times. Written in entry order, chained by the ledger's own functions.
_ENTRIES = """
WITH ordered AS MATERIALIZED (
    SELECT s.*, coalesce(lead(s.id) OVER w, first_value(s.id) OVER w) AS next_id,
           coalesce(lead(s.place_id) OVER w, first_value(s.place_id) OVER w) AS next_place
    FROM stock s WHERE s.item_id = ANY (:items)
    WINDOW w AS (PARTITION BY s.item_id ORDER BY s.id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
), drafts AS (
    SELECT 0 AS n, o.id AS anchor, NULL::uuid AS f, o.id AS t, CAST(:outside AS uuid) AS fp, o.place_id AS tp, o.item_id,
           o.owner_id, 1000000::numeric AS q, o.first_at AS at, 'opening' AS cause
    FROM ordered o
    UNION ALL
    SELECT n, o.id, o.id, o.next_id, o.place_id, o.next_place, o.item_id, o.owner_id, 1, o.first_at, 'round'
    FROM ordered o, generate_series(1, :rounds) AS n
), written AS (
    SELECT d.*, CAST(:posting AS uuid) AS posting,
           chain_digest(''::bytea, entry_body(CAST(:posting AS uuid), d.f, d.t, d.fp, d.tp, d.q, 0, d.cause, NULL, NULL,
                                              d.at, d.at, CAST(:nobody AS uuid)))
               OVER (PARTITION BY d.anchor ORDER BY d.n) AS digest
    FROM drafts d
), kept AS (
    INSERT INTO stock_entry (posting_id, from_stock_id, to_stock_id, from_place_id, to_place_id, item_id, owner_id, quantity,
                             weight_g, cause, happened_at, recorded_at, actor_id, digest)
    SELECT posting, f, t, fp, tp, item_id, owner_id, q, 0, cause, at, at, CAST(:nobody AS uuid), digest
    FROM written ORDER BY n, anchor
)
UPDATE stock SET chain = w.digest FROM written w WHERE w.anchor = stock.id AND w.n = :rounds
"""


async def plant(db: Database, size: Size) -> None:
    """Master data, opening balances and a journal of `balances * (1 + rounds)` rows, provable like any other."""

    async def outside(tx: Tx, _: None) -> UUID:
        return await virtual_location(tx, SITE, "outside")

    async def rows(tx: Tx, _: None) -> None:
        for statement in _ROWS.split(";\n"):
            if statement.strip():
                await tx.conn.execute(_bound(statement, locations=size.locations, items=size.items))

    outside_id = await db.run(outside, None, actor=SYSTEM)
    await db.run(rows, None, actor=SYSTEM)
    step = size.locations * max(1, 100_000 // size.locations)
    for low in range(0, size.balances, step):
        chunk = Chunk(low, min(low + step, size.balances) - 1, size, outside_id)
        await db.run(_open, chunk, actor=SYSTEM)
        print(f"  planted {chunk.high + 1:,} balances", flush=True)


@dataclass(frozen=True, slots=True)
class Chunk:
    low: int
    high: int
    size: Size
    outside_id: UUID


async def _open(tx: Tx, chunk: Chunk) -> None:
    size = chunk.size
    await tx.conn.execute(
        sa.text(_OPEN), {"low": chunk.low, "high": chunk.high, "locations": size.locations, "at": tx.now}
    )
    first, last = chunk.low // size.locations, chunk.high // size.locations
    items = await tx.conn.scalars(
        sa.select(trade_item.c.id).where(trade_item.c.sku.in_([sku_name(n) for n in range(first, last + 1)]))
    )
    await tx.conn.execute(
        sa.text(_ENTRIES).bindparams(sa.bindparam("items", type_=ARRAY(sa.Uuid))),
        {
            "items": list(items),
            "rounds": size.rounds,
            "outside": chunk.outside_id,
            "posting": tx.new_id(),
            "nobody": SYSTEM.id,
        },
    )


def _bound(statement: str, **values: int) -> sa.TextClause:
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    return sa.text(statement).bindparams(**used)

"""The yardstick: the least that a posting can be. No log-in, no rights, no rules, no names, no fact, no chain.

The single form is an endpoint that runs one statement on asyncpg; the batch form is the same, set-based, without any web
server. Both insert a journal row by its key (ON CONFLICT DO NOTHING, so that a repetition changes nothing) and move two
balances a posting, as the ledger does.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from uuid import UUID

import asyncpg
from fastapi import FastAPI
from pydantic import BaseModel

from wms.kit.listen import connect_arguments

TABLES = """
CREATE TABLE bare_balance (id uuid PRIMARY KEY, quantity numeric(18,6) NOT NULL CHECK (quantity >= 0));
CREATE TABLE bare_journal (
    key uuid, line int, from_id uuid NOT NULL, to_id uuid NOT NULL, quantity numeric(18,6) NOT NULL,
    at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (key, line)
);
"""

ONE = """
WITH written AS (
    INSERT INTO bare_journal (key, line, from_id, to_id, quantity) VALUES ($4, 1, $1, $2, $3)
    ON CONFLICT DO NOTHING RETURNING from_id, to_id, quantity
)
UPDATE bare_balance b SET quantity = b.quantity + CASE WHEN b.id = w.from_id THEN -w.quantity ELSE w.quantity END
FROM written w WHERE b.id IN (w.from_id, w.to_id)
"""

MANY = """
WITH entries AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::numeric[]) WITH ORDINALITY AS e(f, t, q, line)
), written AS (
    INSERT INTO bare_journal (key, line, from_id, to_id, quantity) SELECT $4, line, f, t, q FROM entries
    ON CONFLICT DO NOTHING RETURNING from_id, to_id, quantity
), net AS (
    SELECT id, sum(q) AS q FROM (
        SELECT from_id AS id, -quantity AS q FROM written UNION ALL SELECT to_id, quantity FROM written
    ) ends GROUP BY id
), locked AS MATERIALIZED (
    SELECT b.id FROM bare_balance b JOIN net ON net.id = b.id ORDER BY b.id FOR UPDATE OF b
)
UPDATE bare_balance b SET quantity = b.quantity + net.q FROM net JOIN locked ON locked.id = net.id WHERE b.id = net.id
"""


class BareMove(BaseModel):
    source: UUID
    target: UUID
    quantity: Decimal
    key: UUID


def bare_app() -> FastAPI:
    """One endpoint, one statement, on the database named by KOUAN_DATABASE_URL."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        arguments = connect_arguments(os.environ["KOUAN_DATABASE_URL"])
        app.state.pool = await asyncpg.create_pool(**arguments, min_size=10, max_size=20)
        yield
        await app.state.pool.close()

    app = FastAPI(lifespan=lifespan)

    @app.post("/moves", status_code=201)
    async def post_move(body: BareMove) -> dict[str, int]:
        await app.state.pool.execute(ONE, body.source, body.target, body.quantity, body.key)
        return {"entries": 1}

    return app


def bare_body(source: UUID, target: UUID) -> bytes:
    """With a place for the key of 36 characters."""
    moved = {"source": str(source), "target": str(target), "quantity": "1", "key": "KEY"}
    return json.dumps(moved).encode().replace(b"KEY", b"%s")

"""The yardstick: the least that a posting can be. No log-in, no rights, no rules, no key, no fact, no chain.

The single form is an endpoint that runs one statement on asyncpg; the batch form is the same statement, set-based, without
any web server. Both write a journal row and two balances a posting, as the ledger does.
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
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, from_id uuid NOT NULL, to_id uuid NOT NULL,
    quantity numeric(18,6) NOT NULL, at timestamptz NOT NULL DEFAULT now()
);
"""

ONE = """
WITH moved AS (
    UPDATE bare_balance SET quantity = quantity + CASE WHEN id = $1 THEN -$3::numeric ELSE $3::numeric END
    WHERE id IN ($1, $2) RETURNING id
)
INSERT INTO bare_journal (from_id, to_id, quantity) VALUES ($1, $2, $3)
"""

MANY = """
WITH entries AS MATERIALIZED (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::numeric[]) AS e(f, t, q)),
net AS (
    SELECT id, sum(q) AS q FROM (SELECT f AS id, -q AS q FROM entries UNION ALL SELECT t, q FROM entries) ends GROUP BY id
), locked AS MATERIALIZED (
    SELECT b.id FROM bare_balance b JOIN net ON net.id = b.id ORDER BY b.id FOR UPDATE OF b
), moved AS (
    UPDATE bare_balance b SET quantity = b.quantity + net.q FROM net JOIN locked ON locked.id = net.id WHERE b.id = net.id
)
INSERT INTO bare_journal (from_id, to_id, quantity) SELECT f, t, q FROM entries
"""


class BareMove(BaseModel):
    source: UUID
    target: UUID
    quantity: Decimal


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
        await app.state.pool.execute(ONE, body.source, body.target, body.quantity)
        return {"entries": 1}

    return app


def bare_body(source: UUID, target: UUID) -> bytes:
    return json.dumps({"source": str(source), "target": str(target), "quantity": "1"}).encode()

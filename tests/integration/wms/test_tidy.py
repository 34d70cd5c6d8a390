"""What is removed with time, and what never is."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from wms.access.count_tries import count_wrong_try
from wms.kit.actor import SYSTEM
from wms.kit.clock import system_clock
from wms.kit.db import Database, Tx
from wms.kit.idempotency import claim_key, keep_answer
from wms.kit.outbox import emit, mark_sent, outbox
from wms.workers.tidy import tidy

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


async def test_what_did_its_duty_goes_and_an_unsent_message_stays(database_url: str):
    """A queue that only grows ends a site in a year; a message that never left is never removed."""
    now = system_clock()
    then = Database(database_url, clock=lambda: now - timedelta(days=40))
    today = Database(database_url)

    async def write(tx: Tx, _: None) -> None:
        await tx.conn.execute(outbox.delete())
        for topic in ("sent", "unsent"):
            await emit(tx, topic, b"x")
        first = await tx.conn.scalar(sa.select(sa.func.min(outbox.c.id)))
        await mark_sent(tx.conn, [first], tx.now)
        await claim_key(tx.conn, tx.actor.id, "key-00000001", "d", tx.now)
        await keep_answer(tx.conn, tx.actor.id, "key-00000001", {})
        await count_wrong_try(tx, "guessed", "10.0.0.9")

    await then.run(write, None, actor=SYSTEM)
    assert await today.run(tidy, None, actor=SYSTEM) == 3
    assert await today.run(tidy, None, actor=SYSTEM) == 0
    async with today.read() as conn:
        assert list(await conn.scalars(sa.select(outbox.c.topic))) == ["unsent"]
    await then.close()
    await today.close()

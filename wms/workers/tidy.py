"""Removing what has done its duty: sent messages, old kept answers, tokens long dead, wrong tries. Evidence is never
removed here: journal, audit trail, inbox and parked messages stay until an archive takes them."""

import asyncio
from datetime import timedelta

import sqlalchemy as sa
import structlog

from wms.access.tables import access_token, sign_in_try
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx, is_outage
from wms.kit.idempotency import kept_answer
from wms.kit.outbox import outbox

SENT_KEPT = timedelta(days=7)
ANSWERS_KEPT = timedelta(days=30)  # a handheld that was in a drawer for a month has lost its queue's meaning anyway
TOKENS_KEPT = timedelta(days=30)
TRIES_KEPT = timedelta(days=1)  # no lock-out lasts as long
_ROWS = 5_000
_EVERY_S = 600.0
_log = structlog.get_logger()


async def tidy(tx: Tx, _: None) -> int:
    """Remove up to a bounded number of rows of each kind, so that no lock is held for long; how many went."""
    return (
        await _remove(tx, outbox, outbox.c.id, outbox.c.sent_at < tx.now - SENT_KEPT)
        + await _remove(tx, kept_answer, kept_answer.c.key, kept_answer.c.at < tx.now - ANSWERS_KEPT)
        + await _remove(tx, access_token, access_token.c.digest, access_token.c.expires_at < tx.now - TOKENS_KEPT)
        + await _remove(tx, sign_in_try, sign_in_try.c.subject, sign_in_try.c.last_at < tx.now - TRIES_KEPT)
    )


async def _remove(tx: Tx, table: sa.Table, key: sa.Column[int] | sa.Column[str], old: sa.ColumnElement[bool]) -> int:
    oldest = sa.select(key).where(old).limit(_ROWS)
    return (await tx.conn.execute(table.delete().where(key.in_(oldest), old))).rowcount


async def keep_tidy(db: Database) -> None:
    while True:
        await asyncio.sleep(_EVERY_S)
        try:
            while (removed := await db.run(tidy, None, actor=SYSTEM)) >= _ROWS:
                _log.info("tidied", rows=removed)
        except Exception as error:
            if not is_outage(error):
                raise
            _log.warning("not_tidied", error=repr(error)[:200])

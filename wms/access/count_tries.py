"""Counting wrong tries, by whom they were for and where they came from.

Five from one source lock that source out of that account, first for a minute, then longer each time. Other sources are not
locked: whoever guesses at a gate must not keep the person inside from working.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from wms.access.tables import sign_in_try
from wms.kit.db import Tx

TRIES = 5
_FORGOTTEN_AFTER = timedelta(hours=24)
_FIRST_LOCK = timedelta(minutes=1)
_LONGEST_LOCK = timedelta(hours=1)


def lock_after(tries: int) -> timedelta | None:
    """None while there are tries left; then a minute, doubling with every five more. Pure."""
    rounds, rest = divmod(tries, TRIES)
    return min(_FIRST_LOCK * 2 ** min(rounds - 1, 10), _LONGEST_LOCK) if rounds and not rest else None


async def locked_until(tx: Tx, subject: str, source: str) -> datetime | None:
    """Until when this source is locked out of this account, if it is. Simultaneous tries wait for each other."""
    await tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"{subject}\n{source}", 2))))
    mine = sa.and_(sign_in_try.c.subject == subject, sign_in_try.c.source == source)
    until: datetime | None = await tx.conn.scalar(sa.select(sign_in_try.c.locked_until).where(mine))
    return until if until is not None and until > tx.now else None


async def count_wrong_try(tx: Tx, subject: str, source: str) -> bool:
    """Whether this try locked the source out."""
    known = sa.select(sign_in_try.c.tries, sign_in_try.c.last_at).where(
        sign_in_try.c.subject == subject, sign_in_try.c.source == source
    )
    row = (await tx.conn.execute(known)).one_or_none()
    tries = 1 + (row.tries if row is not None and tx.now - row.last_at < _FORGOTTEN_AFTER else 0)
    pause = lock_after(tries)
    values = {"tries": tries, "last_at": tx.now, "locked_until": tx.now + pause if pause else None}
    await tx.conn.execute(
        insert(sign_in_try)
        .values(subject=subject, source=source, **values)
        .on_conflict_do_update(index_elements=["subject", "source"], set_=values)
    )
    return pause is not None


async def forget_tries(tx: Tx, subject: str, source: str) -> None:
    await tx.conn.execute(sign_in_try.delete().where(sign_in_try.c.subject == subject, sign_in_try.c.source == source))

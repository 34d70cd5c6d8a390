"""Answers kept by (actor, key): a handheld that repeats a request after a lost response gets the first answer again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import TypedColumns
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.kit.schema import Instant, Json, metadata


class _KeptAnswerColumns(TypedColumns):
    actor_id = sa.Column(sa.Uuid, primary_key=True)
    key = sa.Column(sa.String(80), primary_key=True)
    digest = sa.Column(sa.String(64), nullable=False)
    answer = sa.Column(Json, nullable=True)
    at = sa.Column(Instant, nullable=False)


kept_answer = sa.Table("kept_answer", metadata, _KeptAnswerColumns)


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    digest: str
    answer: Any


async def claim_key(conn: AsyncConnection, actor_id: UUID, key: str, digest: str, at: datetime) -> KeptAnswer | None:
    """None when the key is ours to answer; else what was answered.

    The claim is a row: a second request with the key waits for the first to commit, and takes over when it rolls back.
    """
    claim = insert(kept_answer).values(actor_id=actor_id, key=key, digest=digest, answer=None, at=at)
    if (await conn.execute(claim.on_conflict_do_nothing().returning(kept_answer.c.key))).one_or_none() is not None:
        return None
    row = (
        await conn.execute(
            sa.select(kept_answer.c.digest, kept_answer.c.answer).where(
                kept_answer.c.actor_id == actor_id, kept_answer.c.key == key
            )
        )
    ).one()
    return KeptAnswer(row.digest, row.answer)


async def keep_answer(conn: AsyncConnection, actor_id: UUID, key: str, answer: Any) -> None:
    """The answer of a key that was claimed in this transaction."""
    await conn.execute(
        kept_answer.update().where(kept_answer.c.actor_id == actor_id, kept_answer.c.key == key).values(answer=answer)
    )

"""Answers kept by (actor, key): a handheld that repeats a request after a lost response gets the first answer again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import TypedColumns
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


async def find_answer(conn: AsyncConnection, actor_id: UUID, key: str) -> KeptAnswer | None:
    """The kept answer, after taking the key's lock: two simultaneous requests with one key run one after the other."""
    lock = sa.func.hashtextextended(f"{actor_id}/{key}", 0)
    await conn.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
    row = (
        await conn.execute(
            sa.select(kept_answer.c.digest, kept_answer.c.answer).where(
                kept_answer.c.actor_id == actor_id, kept_answer.c.key == key
            )
        )
    ).one_or_none()
    return KeptAnswer(row.digest, row.answer) if row else None


async def keep_answer(conn: AsyncConnection, actor_id: UUID, key: str, digest: str, answer: Any, at: datetime) -> None:
    await conn.execute(kept_answer.insert().values(actor_id=actor_id, key=key, digest=digest, answer=answer, at=at))

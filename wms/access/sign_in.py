"""Signing in and out, and turning a token into an actor.

Five wrong passwords lock the account for fifteen minutes. A wrong name costs the same time as a wrong password, so that
names cannot be guessed by the clock.
"""

import asyncio
import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.access.audit import audit
from wms.access.rights import rights_of
from wms.access.tables import access_token, person
from wms.kit.actor import SYSTEM, Actor
from wms.kit.db import Database, Tx
from wms.kit.refusal import Refusal

ACCESS_CHANNEL = "kouan_access"  # notified whenever somebody's rights end or change
_TRIES = 5
_LOCK = timedelta(minutes=15)
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _hasher.hash(secrets.token_hex(8))


class SignIn(BaseModel):
    name: str = Field(min_length=1, max_length=60)
    password: str = Field(min_length=1, max_length=200)


class Session(BaseModel):
    """The token is told once, here."""

    token: str
    expires_at: datetime
    name: str
    role: str
    rights: list[str]
    sites: list[str] | None
    locale: str


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def token_digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def sign_in(db: Database, command: SignIn, hours: int) -> Session:
    """Check the password and open a session. Refuses `wrong_credentials` and `account_locked`.

    The outcome is decided after the commit: a refusal raised inside would roll back the count of wrong tries.
    """

    async def attempt(tx: Tx, wanted: SignIn) -> Session | str:
        return await _attempt(tx, wanted, hours)

    outcome = await db.run(attempt, command, actor=SYSTEM)
    if isinstance(outcome, str):
        raise Refusal(outcome)
    return outcome


async def _attempt(tx: Tx, command: SignIn, hours: int) -> Session | str:
    row = (
        await tx.conn.execute(sa.select(person).where(person.c.name == command.name, person.c.active).with_for_update())
    ).one_or_none()
    if row is not None and row.locked_until is not None and row.locked_until > tx.now:
        return "account_locked"
    # Argon2 takes tens of milliseconds on purpose; in the loop it would hold every screen for as long.
    fits = await asyncio.to_thread(_fits, row.password_hash if row is not None else _NOBODY, command.password)
    if not fits or row is None:
        if row is not None:
            await _count_wrong_try(tx, row)
        return "wrong_credentials"
    token = secrets.token_urlsafe(32)
    expires_at = tx.now + timedelta(hours=hours)
    await tx.conn.execute(
        access_token.insert().values(
            digest=token_digest(token), person_id=row.id, created_at=tx.now, expires_at=expires_at
        )
    )
    await tx.conn.execute(person.update().where(person.c.id == row.id).values(failed_tries=0, locked_until=None))
    return Session(
        token=token,
        expires_at=expires_at,
        name=row.name,
        role=row.role,
        rights=sorted(rights_of(row.role)),
        sites=row.sites,
        locale=row.locale,
    )


async def _count_wrong_try(tx: Tx, row: sa.Row[*tuple[object, ...]]) -> None:
    tries = row.failed_tries + 1
    locked = tries >= _TRIES
    await tx.conn.execute(
        person.update()
        .where(person.c.id == row.id)
        .values(failed_tries=0 if locked else tries, locked_until=tx.now + _LOCK if locked else None)
    )
    if locked:
        await audit(tx, "person.locked", row.name, tries=tries)


def _fits(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


async def sign_out(tx: Tx, digest: str) -> None:
    await tx.conn.execute(access_token.update().where(access_token.c.digest == digest).values(revoked_at=tx.now))
    tx.notify.add(ACCESS_CHANNEL)


async def find_actor(conn: AsyncConnection, token: str, now: datetime) -> tuple[Actor, datetime]:
    """The actor behind a bearer token and when the token ends, or Refusal `not_signed_in`."""
    row = (
        await conn.execute(
            sa.select(
                *(person.c.id, person.c.name, person.c.role, person.c.sites, person.c.owners),
                access_token.c.expires_at,
            )
            .join(access_token, access_token.c.person_id == person.c.id)
            .where(
                access_token.c.digest == token_digest(token),
                access_token.c.expires_at > now,
                access_token.c.revoked_at.is_(None),
                person.c.active,
            )
        )
    ).one_or_none()
    if row is None:
        raise Refusal("not_signed_in")
    actor = Actor(
        row.id,
        row.name,
        row.role,
        rights_of(row.role),
        frozenset(row.sites) if row.sites is not None else None,
        frozenset(map(UUID, row.owners)) if row.owners is not None else None,
    )
    return actor, row.expires_at

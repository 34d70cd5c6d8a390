"""Signing in and out, and turning a token into an actor.

Five wrong passwords from one address lock that address out (count_tries.py). A wrong name costs the same time as a wrong
password, so that names cannot be guessed by the clock.
"""

import asyncio
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from wms.access.audit import audit
from wms.access.count_tries import count_wrong_try, forget_tries, locked_until
from wms.access.rights import rights_of
from wms.access.tables import access_token, handheld, person
from wms.kit.actor import SYSTEM, Actor
from wms.kit.db import Database, Tx
from wms.kit.refusal import Refusal

ACCESS_CHANNEL = "kouan_access"  # notified whenever somebody's rights end or change
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
NOBODY_HASH = _hasher.hash(secrets.token_hex(8))


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


async def sign_in(db: Database, command: SignIn, hours: int, source: str = "") -> Session:
    """Check the password and open a session. Refuses `wrong_credentials` and `account_locked`.

    `source` is the address the request came from. The outcome is decided after the commit: a refusal raised inside would roll
    back the count of wrong tries.
    """

    async def attempt(tx: Tx, wanted: SignIn) -> Session | str:
        return await _attempt(tx, wanted, hours, source)

    outcome = await db.run(attempt, command, actor=SYSTEM)
    if isinstance(outcome, str):
        raise Refusal(outcome)
    return outcome


async def _attempt(tx: Tx, command: SignIn, hours: int, source: str) -> Session | str:
    if await locked_until(tx, command.name, source) is not None:
        return "account_locked"
    row = (await tx.conn.execute(sa.select(person).where(person.c.name == command.name, person.c.active))).one_or_none()
    # Argon2 takes tens of milliseconds on purpose; in the loop it would hold every screen for as long.
    fits = await asyncio.to_thread(fits_hash, row.password_hash if row is not None else NOBODY_HASH, command.password)
    if not fits or row is None:
        if await count_wrong_try(tx, command.name, source) and row is not None:
            await audit(tx, "person.locked", row.name, source=source)
        return "wrong_credentials"
    await forget_tries(tx, command.name, source)
    return await open_session(tx, row, tx.now + timedelta(hours=hours))


async def open_session(
    tx: Tx, row: Any, expires_at: datetime, *, handheld_id: UUID | None = None, idle_s: int | None = None
) -> Session:
    """A token for this person's row."""
    token = secrets.token_urlsafe(32)
    await tx.conn.execute(
        access_token.insert().values(
            digest=token_digest(token),
            person_id=row.id,
            created_at=tx.now,
            expires_at=expires_at,
            handheld_id=handheld_id,
            idle_s=idle_s,
            used_at=tx.now,
        )
    )
    return Session(
        token=token,
        expires_at=expires_at,
        name=row.name,
        role=row.role,
        rights=sorted(rights_of(row.role)),
        sites=row.sites,
        locale=row.locale,
    )


def fits_hash(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


async def sign_out(tx: Tx, digest: str) -> None:
    await tx.conn.execute(access_token.update().where(access_token.c.digest == digest).values(revoked_at=tx.now))
    tx.notify.add(ACCESS_CHANNEL)


async def find_actor(
    conn: AsyncConnection, token: str, now: datetime, device: str | None = None
) -> tuple[Actor, datetime]:
    """The actor behind a bearer token and when the token ends, or Refusal `not_signed_in`.

    `device` is the token of the handheld, which a session on a shared handheld needs beside its own. Being used keeps such a
    session open; the caller commits that.
    """
    row = (
        await conn.execute(
            sa.select(
                *(person.c.id, person.c.name, person.c.role, person.c.sites, person.c.owners),
                *(access_token.c.expires_at, access_token.c.idle_s, access_token.c.used_at),
                *(handheld.c.name.label("handheld"), handheld.c.site.label("handheld_site"), handheld.c.digest),
            )
            .join(access_token, access_token.c.person_id == person.c.id)
            .outerjoin(handheld, handheld.c.id == access_token.c.handheld_id)
            .where(
                access_token.c.digest == token_digest(token),
                access_token.c.expires_at > now,
                access_token.c.revoked_at.is_(None),
                handheld.c.revoked_at.is_(None),
                person.c.active,
            )
        )
    ).one_or_none()
    if row is None or (row.digest is not None and row.digest != token_digest(device or "")):
        raise Refusal("not_signed_in")
    sites = frozenset(row.sites) if row.sites is not None else None
    if row.idle_s is not None:
        if now - row.used_at > timedelta(seconds=row.idle_s):
            raise Refusal("not_signed_in")
        await conn.execute(
            access_token.update().where(access_token.c.digest == token_digest(token)).values(used_at=now)
        )
        sites = frozenset({row.handheld_site}) if sites is None else sites & {row.handheld_site}
    owners = frozenset(map(UUID, row.owners)) if row.owners is not None else None
    return Actor(row.id, row.name, row.role, rights_of(row.role), sites, owners, row.handheld), row.expires_at

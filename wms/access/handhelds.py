"""Shared handhelds: enrolled once by a leader, then a person signs in with badge and PIN where they stand.

A wrong PIN counts against that person on that handheld; nobody can lock a colleague out by guessing on another one.
"""

import asyncio
import hashlib
import secrets
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.access.approvals import others_could_agree
from wms.access.audit import audit
from wms.access.change_person import is_mine
from wms.access.count_tries import count_wrong_try, forget_tries, locked_until
from wms.access.sign_in import (
    ACCESS_CHANNEL,
    NOBODY_HASH,
    Session,
    fits_hash,
    hash_password,
    open_session,
    token_digest,
)
from wms.access.tables import access_token, handheld, person
from wms.kit.actor import SYSTEM
from wms.kit.db import Database, Tx
from wms.kit.refusal import Refusal

IDLE_S = 600
_SHIFT = timedelta(hours=12)
BadgeCode = Annotated[str, Field(min_length=6, max_length=100)]
Pin = Annotated[str, Field(pattern=r"^\d{4,8}$")]


class EnrolHandheld(BaseModel):
    site: str = Field(max_length=8)
    name: str = Field(min_length=1, max_length=60)


class HandheldEnrolled(BaseModel):
    """The token is told once, here, and kept on the handheld."""

    id: UUID
    token: str


class BadgeSignIn(BaseModel):
    """`handheld` is its token. Who has a PIN gives it."""

    handheld: str = Field(min_length=20, max_length=100)
    badge: BadgeCode
    pin: Pin | None = None


class SetBadge(BaseModel):
    """A badge and PIN for a person; null takes them away."""

    name: str = Field(max_length=60)
    badge: BadgeCode | None = Field(repr=False)
    pin: Pin | None = Field(default=None, repr=False)


class BadgeSet(BaseModel):
    name: str
    badge: bool
    pin: bool


def badge_digest(code: str) -> str:
    return hashlib.sha256(f"kouan-badge\n{code}".encode()).hexdigest()


async def enrol_handheld(tx: Tx, command: EnrolHandheld) -> HandheldEnrolled:
    tx.actor.need("handheld.write", command.site, absent=Refusal("unknown_site", site=command.site))
    id, token = tx.new_id(), secrets.token_urlsafe(32)
    await tx.conn.execute(
        handheld.insert().values(
            id=id, digest=token_digest(token), enrolled_at=tx.now, enrolled_by=tx.actor.name, **command.model_dump()
        )
    )
    await audit(tx, "handheld.enrol", str(id), name=command.name, site=command.site)
    return HandheldEnrolled(id=id, token=token)


async def revoke_handheld(tx: Tx, id: UUID) -> None:
    """A lost handheld: it and every session on it end now. Refuses `not_found`."""
    row = (await tx.conn.execute(sa.select(handheld).where(handheld.c.id == id).with_for_update())).one_or_none()
    if row is None:
        raise Refusal("not_found")
    tx.actor.need("handheld.write", row.site)
    await tx.conn.execute(handheld.update().where(handheld.c.id == id).values(revoked_at=tx.now))
    await tx.conn.execute(
        access_token.update()
        .where(access_token.c.handheld_id == id, access_token.c.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )
    tx.notify.add(ACCESS_CHANNEL)
    await audit(tx, "handheld.revoke", str(id), name=row.name)


async def set_badge(tx: Tx, command: SetBadge) -> BadgeSet:
    """Refuses `not_found`, `badge_taken`, and `four_eyes` for the badge of another administrator."""
    row = (
        await tx.conn.execute(sa.select(person).where(person.c.name == command.name).with_for_update())
    ).one_or_none()
    if row is None or not is_mine(tx.actor, row.sites, row.owners):
        raise Refusal("not_found")
    if (
        row.role == "administrator"
        and command.badge is not None
        and row.id != tx.actor.id
        and await others_could_agree(tx)
    ):
        raise Refusal("four_eyes", field="badge")
    digest = badge_digest(command.badge) if command.badge is not None else None
    if digest is not None and await tx.conn.scalar(
        sa.select(person.c.id).where(person.c.badge_digest == digest, person.c.id != row.id)
    ):
        raise Refusal("badge_taken", field="badge")
    pin_hash = await asyncio.to_thread(hash_password, command.pin) if command.pin is not None else None
    await tx.conn.execute(person.update().where(person.c.id == row.id).values(badge_digest=digest, pin_hash=pin_hash))
    await audit(tx, "person.badge", row.name, badge=digest is not None, pin=pin_hash is not None)
    return BadgeSet(name=row.name, badge=digest is not None, pin=pin_hash is not None)


async def sign_in_by_badge(db: Database, command: BadgeSignIn) -> Session:
    """Open a session on this handheld. Refuses `wrong_credentials` and `account_locked`; decided after the commit."""

    async def attempt(tx: Tx, wanted: BadgeSignIn) -> Session | str:
        return await _attempt(tx, wanted)

    outcome = await db.run(attempt, command, actor=SYSTEM)
    if isinstance(outcome, str):
        raise Refusal(outcome)
    return outcome


async def _attempt(tx: Tx, command: BadgeSignIn) -> Session | str:
    device = (
        await tx.conn.execute(
            sa.select(handheld).where(
                handheld.c.digest == token_digest(command.handheld), handheld.c.revoked_at.is_(None)
            )
        )
    ).one_or_none()
    if device is None:
        return "wrong_credentials"
    digest = badge_digest(command.badge)
    if await locked_until(tx, digest, str(device.id)) is not None:
        return "account_locked"
    row = (
        await tx.conn.execute(sa.select(person).where(person.c.badge_digest == digest, person.c.active))
    ).one_or_none()
    works_here = row is not None and (row.sites is None or device.site in row.sites)
    # An unknown badge costs the same time as a wrong PIN, so that badges cannot be guessed by the clock.
    fits = await _pin_fits(row.pin_hash if row is not None else NOBODY_HASH, command.pin or "")
    if row is None or not works_here or not fits:
        if await count_wrong_try(tx, digest, str(device.id)) and row is not None:
            await audit(tx, "person.locked", row.name, handheld=device.name)
        return "wrong_credentials"
    await forget_tries(tx, digest, str(device.id))
    return await open_session(tx, row, tx.now + _SHIFT, handheld_id=device.id, idle_s=IDLE_S)


async def _pin_fits(pin_hash: str | None, pin: str) -> bool:
    return pin_hash is None or await asyncio.to_thread(fits_hash, pin_hash, pin)

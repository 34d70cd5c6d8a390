"""Changing people: role, sites, owners, language, password, and whether they may come in at all.

Every change ends what was open under the old rights. To make somebody an administrator takes a second administrator, where
there is one.
"""

import asyncio
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.access.add_person import SHORTEST_PASSWORD
from wms.access.approvals import ask_approval
from wms.access.audit import audit
from wms.access.rights import ROLES
from wms.access.sign_in import ACCESS_CHANNEL, hash_password
from wms.access.tables import access_token, person
from wms.kit.db import Tx
from wms.kit.refusal import Refusal

MAKE_ADMINISTRATOR = "person.make_administrator"


class PersonChange(BaseModel):
    """What is left out stays. `sites` and `owners` null mean all of them, so they are changed when they are named."""

    role: str | None = Field(default=None, max_length=32)
    sites: list[str] | None = None
    owners: list[UUID] | None = None
    locale: str | None = Field(default=None, pattern=r"^(zh|en|ru)$")
    active: bool | None = None
    password: str | None = Field(default=None, max_length=200, repr=False, exclude=True)
    why: str = Field(min_length=1, max_length=200)


class ChangePerson(PersonChange):
    name: str = Field(max_length=60)


class PersonChanged(BaseModel):
    """`approval_id`: the role waits for a second administrator."""

    name: str
    role: str
    active: bool
    approval_id: UUID | None = None


async def change_person(tx: Tx, command: ChangePerson) -> PersonChanged:
    """Refuses `not_found`, `weak_password`, an unknown role, and sites or owners beyond the giver's own."""
    row = (
        await tx.conn.execute(sa.select(person).where(person.c.name == command.name).with_for_update())
    ).one_or_none()
    if row is None or not _is_mine(tx, row):
        raise Refusal("not_found")
    values = await _values(tx, command)
    approval_id = None
    if values.get("role") == "administrator" and row.role != "administrator" and await _others_could_agree(tx):
        values.pop("role")
        approval_id = await ask_approval(tx, MAKE_ADMINISTRATOR, {"name": command.name})
    if values:
        await tx.conn.execute(person.update().where(person.c.id == row.id).values(**values))
        await _end_sessions(tx, row.id)
    told = {name: value for name, value in values.items() if name != "password_hash"}
    await audit(tx, "person.change", row.name, why=command.why, password="password_hash" in values, **told)
    return PersonChanged(
        name=row.name,
        role=values.get("role", row.role),
        active=values.get("active", row.active),
        approval_id=approval_id,
    )


async def make_administrator(tx: Tx, payload: dict[str, Any]) -> None:
    """What a second administrator's yes does."""
    changed = await tx.conn.execute(
        person.update().where(person.c.name == payload["name"]).values(role="administrator").returning(person.c.id)
    )
    id = changed.scalar_one_or_none()
    if id is None:
        raise Refusal("not_found")
    await _end_sessions(tx, id)


async def _values(tx: Tx, command: ChangePerson) -> dict[str, Any]:
    given = command.model_fields_set
    values: dict[str, Any] = {}
    if command.role is not None:
        if command.role not in ROLES:
            raise Refusal("invalid_request", field="role")
        values["role"] = command.role
    if "sites" in given:
        own = tx.actor.sites
        if own is not None and (command.sites is None or not own.issuperset(command.sites)):
            raise Refusal("invalid_request", field="sites")
        values["sites"] = command.sites
    if "owners" in given:
        held = tx.actor.owners
        if held is not None and (command.owners is None or not held.issuperset(command.owners)):
            raise Refusal("invalid_request", field="owners")
        values["owners"] = [str(id) for id in command.owners] if command.owners is not None else None
    values |= {name: getattr(command, name) for name in ("locale", "active") if getattr(command, name) is not None}
    if command.password is not None:
        if len(command.password) < SHORTEST_PASSWORD:
            raise Refusal("weak_password", field="password", shortest=SHORTEST_PASSWORD)
        values["password_hash"] = await asyncio.to_thread(hash_password, command.password)
    return values


def _is_mine(tx: Tx, row: Any) -> bool:
    mine = tx.actor
    sites_fit = mine.sites is None or (row.sites is not None and mine.sites.issuperset(row.sites))
    owners_fit = mine.owners is None or (row.owners is not None and mine.owners.issuperset(map(UUID, row.owners)))
    return sites_fit and owners_fit


async def _others_could_agree(tx: Tx) -> bool:
    others = sa.select(person.c.id).where(person.c.role == "administrator", person.c.active, person.c.id != tx.actor.id)
    return await tx.conn.scalar(others.limit(1)) is not None


async def _end_sessions(tx: Tx, person_id: UUID) -> None:
    await tx.conn.execute(
        access_token.update()
        .where(access_token.c.person_id == person_id, access_token.c.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )
    tx.notify.add(ACCESS_CHANNEL)

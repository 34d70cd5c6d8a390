"""Changing people: role, sites, owners, language, password, and whether they may come in at all.

Every change ends what was open under the old rights. To make somebody an administrator takes a second administrator, where
there is one; and so nobody alone gives another administrator a password, the whole house or their account back. Who has to,
takes the role away first and then asks for it.
"""

import asyncio
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.access.add_person import SHORTEST_PASSWORD
from wms.access.approvals import ask_approval, others_could_agree
from wms.access.audit import audit
from wms.access.rights import ROLES
from wms.access.sign_in import ACCESS_CHANNEL, hash_password
from wms.access.tables import access_token, person
from wms.kit.actor import Actor
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
    """Refuses `not_found`, `weak_password`, an unknown role, sites or owners beyond the giver's own, and `four_eyes`."""
    row = (
        await tx.conn.execute(sa.select(person).where(person.c.name == command.name).with_for_update())
    ).one_or_none()
    if row is None or not is_mine(tx.actor, row.sites, row.owners):
        raise Refusal("not_found")
    values = await _values(tx, command)
    if _remakes_administrator(tx, row, values) and await others_could_agree(tx):
        raise Refusal("four_eyes")
    approval_id = None
    if values.get("role") == "administrator" and row.role != "administrator" and await others_could_agree(tx):
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


def _remakes_administrator(tx: Tx, row: Any, values: dict[str, Any]) -> bool:
    reach = values.get("sites", row.sites), values.get("owners", row.owners)
    stays = row.role == "administrator" == values.get("role", row.role) and reach == (None, None)
    back = values.get("active", False) and not row.active
    return stays and row.id != tx.actor.id and ("password_hash" in values or back or reach != (row.sites, row.owners))


def is_mine(mine: Actor, sites: list[str] | None, owners: list[str] | None) -> bool:
    """Whether a person's sites and owners lie within those of who would change them."""
    sites_fit = mine.sites is None or (sites is not None and mine.sites.issuperset(sites))
    return sites_fit and (mine.owners is None or (owners is not None and mine.owners.issuperset(map(UUID, owners))))


async def _end_sessions(tx: Tx, person_id: UUID) -> None:
    await tx.conn.execute(
        access_token.update()
        .where(access_token.c.person_id == person_id, access_token.c.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )
    tx.notify.add(ACCESS_CHANNEL)

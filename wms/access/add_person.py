"""Adding a person with a role and the sites they may touch."""

import asyncio
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field

from wms.access.approvals import others_could_agree
from wms.access.audit import audit
from wms.access.rights import ROLES
from wms.access.sign_in import hash_password
from wms.access.tables import person
from wms.kit.actor import SYSTEM
from wms.kit.db import Tx
from wms.kit.refusal import Refusal

SHORTEST_PASSWORD = 10


class AddPerson(BaseModel):
    name: str = Field(min_length=1, max_length=60, pattern=r"^[\w.@-]+$")
    password: str = Field(max_length=200, exclude=True, repr=False)  # never into a log or a kept digest
    role: str
    sites: list[str] | None = None
    owners: list[UUID] | None = None
    locale: str = Field(default="en", pattern=r"^(zh|en|ru)$")


class PersonAdded(BaseModel):
    id: UUID
    name: str
    role: str


async def add_person(tx: Tx, command: AddPerson) -> PersonAdded:
    """Refuses `weak_password`, `user_exists`, a role that does not exist, and sites or owners beyond the giver's own.

    An administrator of the whole house adds no other alone where a second could agree (`four_eyes`): add a person, then ask
    for their role.
    """
    own = tx.actor.sites
    if own is not None and (command.sites is None or not own.issuperset(command.sites)):
        raise Refusal("invalid_request", field="sites")
    held = tx.actor.owners
    if held is not None and (command.owners is None or not held.issuperset(command.owners)):
        raise Refusal("invalid_request", field="owners")
    if len(command.password) < SHORTEST_PASSWORD:
        raise Refusal("weak_password", field="password", shortest=SHORTEST_PASSWORD)
    if command.role not in ROLES:
        raise Refusal("invalid_request", field="role")
    whole = command.role == "administrator" and command.sites is None and command.owners is None
    if whole and tx.actor.id != SYSTEM.id and await others_could_agree(tx):
        raise Refusal("four_eyes", field="role")
    if await tx.conn.scalar(sa.select(person.c.id).where(person.c.name == command.name)):
        raise Refusal("user_exists", field="name", name=command.name)
    id = tx.new_id()
    await tx.conn.execute(
        person.insert().values(
            id=id,
            name=command.name,
            password_hash=await asyncio.to_thread(hash_password, command.password),
            role=command.role,
            sites=command.sites,
            owners=[str(id) for id in command.owners] if command.owners is not None else None,
            locale=command.locale,
            active=True,
            created_at=tx.now,
        )
    )
    await audit(tx, "person.add", command.name, role=command.role, sites=command.sites)
    return PersonAdded(id=id, name=command.name, role=command.role)

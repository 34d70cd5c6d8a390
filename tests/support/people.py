"""People beyond those of tests/support/api.py, signed in: tenants, and roles at one site."""

from uuid import UUID

from tests.support.api import PASSWORD, Api
from wms.access.add_person import AddPerson, add_person
from wms.kit.actor import SYSTEM
from wms.kit.db import Database


async def sign_in(
    api: Api, db: Database, name: str, role: str, *, sites: list[str] | None = None, owners: list[UUID] | None = None
) -> None:
    """Add a person and keep their token under `name`."""
    command = AddPerson(name=name, password=PASSWORD, role=role, sites=sites, owners=owners)
    await db.run(add_person, command, actor=SYSTEM)
    answer = await api.client.post("/api/v1/sessions", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    api.tokens[name] = answer.json()["token"]

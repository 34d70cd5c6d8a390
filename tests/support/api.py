"""The API in process: the real application on a real database, with people of several roles signed in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from wms.access.add_person import AddPerson, add_person
from wms.app import create_app
from wms.command.refusals import CONSTRAINTS
from wms.kit.actor import SYSTEM
from wms.kit.clock import Clock, system_clock
from wms.kit.db import Database
from wms.kit.http import Services
from wms.kit.listen import Listener
from wms.kit.seal import Seal

PASSWORD = "a long enough password"
PEOPLE = {
    "admin": ("administrator", None),
    "leader": ("shift_leader", ["SFH-S"]),
    "receiver": ("receiver", ["SFH-S"]),
    "elsewhere": ("shift_leader", ["MLX-S"]),
    "officer": ("customs_officer", None),
    "tech": ("technician", ["SFH-S"]),
    "viewer": ("owner_viewer", None),
    "auditor": ("auditor", None),
}


class Api:
    """A client; `as_` gives headers of a person."""

    def __init__(self, client: httpx.AsyncClient, tokens: dict[str, str]) -> None:
        self.client = client
        self.tokens = tokens

    def as_(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[name]}"}

    async def get(self, path: str, who: str = "admin", **params: object) -> httpx.Response:
        return await self.client.get(path, headers=self.as_(who), params=params)

    async def announce(self, name: str, data: bytes, who: str = "receiver", **params: str) -> httpx.Response:
        query = {"site": "SFH-S"} | params
        return await self.client.post(
            "/api/v1/manifests", headers=self.as_(who), params=query, files={"file": (name, data)}
        )


@asynccontextmanager
async def open_api(
    database_url: str, *, max_upload_bytes: int = 50_000_000, home: Path = Path(".kouan"), clock: Clock = system_clock
) -> AsyncIterator[Api]:
    db = Database(database_url, refusals=CONSTRAINTS, clock=clock)
    held = Services(db, Listener(database_url, ()), Seal(b"k" * 32), 12, "9501101", max_upload_bytes)
    app = create_app(held, metrics_token="m" * 24, home=home)
    for name, (role, sites) in PEOPLE.items():
        await db.run(add_person, AddPerson(name=name, password=PASSWORD, role=role, sites=sites), actor=SYSTEM)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://kouan") as client:
        tokens = {}
        for name in PEOPLE:
            answer = await client.post("/api/v1/sessions", json={"name": name, "password": PASSWORD})
            assert answer.status_code == 201, answer.text
            tokens[name] = answer.json()["token"]
        try:
            yield Api(client, tokens)
        finally:
            app.state.file_decoder.close()
            app.state.inspection.gate.close()
            await db.close()

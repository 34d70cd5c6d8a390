"""Work inside the house over HTTP, for tests: asks as a person and insists on the status expected."""

from decimal import Decimal
from typing import Any

import httpx
import sqlalchemy as sa

from tests.support.api import Api
from tests.support.goods import Goods
from tests.support.people import sign_in


class House:
    def __init__(self, api: Api, goods: Goods) -> None:
        self.api = api
        self.goods = goods

    async def open(self) -> "House":
        """Two pickers and two leaders of the site: counts and scrap need more than one pair of eyes."""
        await self.goods.party()
        for name, role in (
            ("anna", "picker"),
            ("boris", "picker"),
            ("lead1", "shift_leader"),
            ("lead2", "shift_leader"),
        ):
            await sign_in(self.api, self.goods.db, name, role, sites=[self.goods.site])
        return self

    async def ask(self, method: str, path: str, body: object = None, who: str = "admin") -> httpx.Response:
        return await self.api.client.request(method, f"/api/v1{path}", headers=self.api.as_(who), json=body)

    async def post(self, path: str, body: Any = None, who: str = "admin", method: str = "POST") -> Any:
        answer = await self.ask(method, path, body, who)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def put(self, path: str, body: Any = None, who: str = "admin") -> Any:
        return await self.post(path, body, who, "PUT")

    async def refused(self, path: str, body: Any = None, who: str = "admin") -> str:
        """The code of the refusal."""
        answer = await self.ask("POST", path, body, who)
        assert 400 <= answer.status_code < 500, answer.text
        return str(answer.json()["code"])

    async def get(self, path: str, who: str = "admin", **params: object) -> Any:
        answer = await self.api.get(f"/api/v1{path}", who, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def items(self, path: str, who: str = "admin", **params: object) -> list[dict[str, Any]]:
        return list((await self.get(path, who, limit=500, **params))["items"])

    async def tasks(self, kind: str, state: str = "open") -> list[dict[str, Any]]:
        return await self.items("/tasks", site=self.goods.site, kind=kind, state=state)

    async def facts(self, kind: str) -> list[dict[str, Any]]:
        async with self.goods.db.read() as conn:
            rows = await conn.execute(sa.text("SELECT * FROM fact WHERE kind = :kind ORDER BY id"), {"kind": kind})
            return [dict(row._mapping) for row in rows]

    async def on_hand(self, sku: str) -> dict[str, Decimal]:
        """Quantity by place."""
        found: dict[str, Decimal] = {}
        for row in await self.items("/stock", site=self.goods.site, sku=sku):
            found[row["place"]] = found.get(row["place"], Decimal(0)) + Decimal(row["quantity"])
        return found

"""Receiving over HTTP, for tests: notices by article and quantity, and what follows from their receipts."""

from decimal import Decimal
from typing import Any

import httpx

from tests.support.api import Api
from tests.support.goods import Goods


class Dock:
    """A house with a dock, a quality place and a lane. Asks as a person and insists on the status expected."""

    def __init__(self, api: Api, goods: Goods) -> None:
        self.api = api
        self.goods = goods
        self.made = 0

    async def open(self) -> "Dock":
        await self.goods.party()
        await self.goods.place("DOCK", "dock", path_order=0)
        await self.goods.place("QC", "quality", path_order=1)
        await self.goods.place("LANE-1", "staging", path_order=2)
        return self

    async def ask(self, method: str, path: str, body: object = None, who: str = "admin") -> httpx.Response:
        return await self.api.client.request(method, f"/api/v1{path}", headers=self.api.as_(who), json=body)

    async def post(self, path: str, body: object = None, who: str = "admin") -> Any:
        answer = await self.ask("POST", path, body, who)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def put(self, path: str, body: object = None, who: str = "admin") -> Any:
        answer = await self.ask("PUT", path, body, who)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, path: str, body: object = None, who: str = "admin") -> str:
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

    async def notice(self, *lines: dict[str, Any], **more: Any) -> str:
        self.made += 1
        body = {"site": self.goods.site, "owner": "FUNGI", "notice_no": f"ASN-{self.made}", "lines": lines} | more
        return str((await self.post("/notices", body))["id"])

    async def receive(self, notice: str, *lines: dict[str, Any], **more: Any) -> Any:
        return await self.post(f"/notices/{notice}/receive", {"location": "DOCK", "lines": lines} | more)

    async def refuse(self, notice: str, *lines: dict[str, Any], **more: Any) -> str:
        return await self.refused(f"/notices/{notice}/receive", {"location": "DOCK", "lines": lines} | more)

    async def stock(self, **wanted: object) -> dict[tuple[str, str, str], Decimal]:
        """Quantities by article, place and condition."""
        rows = await self.items("/stock", site=self.goods.site, **wanted)
        found: dict[tuple[str, str, str], Decimal] = {}
        for row in rows:
            key = (row["sku"], row["location"], row["condition"])
            found[key] = found.get(key, Decimal(0)) + Decimal(row["quantity"])
        return found

    async def work(self, kind: str, state: str = "open") -> list[dict[str, Any]]:
        return await self.items("/tasks", site=self.goods.site, kind=kind, state=state)

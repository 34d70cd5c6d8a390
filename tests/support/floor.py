"""Outbound work over HTTP, for tests: orders by article and quantity, and the walk from release to package."""

from typing import Any

import httpx

from tests.support.api import Api
from tests.support.goods import Goods


class Floor:
    """Asks as a person and insists on the status expected; answers are JSON."""

    def __init__(self, api: Api, goods: Goods) -> None:
        self.api = api
        self.goods = goods
        self.made = 0

    async def ask(self, path: str, body: object = None, who: str = "admin", key: str | None = None) -> httpx.Response:
        headers = self.api.as_(who) | ({"Idempotency-Key": key} if key else {})
        return await self.api.client.post(f"/api/v1{path}", headers=headers, json=body)

    async def post(self, path: str, body: object = None, who: str = "admin") -> Any:
        answer = await self.ask(path, body, who)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    async def refused(self, path: str, body: object = None, who: str = "admin") -> str:
        """The code of the refusal."""
        answer = await self.ask(path, body, who)
        assert 400 <= answer.status_code < 500, answer.text
        return str(answer.json()["code"])

    async def get(self, path: str, who: str = "admin", **params: object) -> Any:
        answer = await self.api.get(f"/api/v1{path}", who, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def body(self, wants: dict[str, int | str], **more: Any) -> dict[str, Any]:
        self.made += 1
        lines = [{"sku": sku, "quantity": str(quantity)} for sku, quantity in wants.items()]
        owner = more.pop("owner_id", None) or await self.goods.party()
        return {
            "site": self.goods.site,
            "owner_id": str(owner),
            "reference": f"PO-{self.made}",
            "customer": "RU-RETAIL",
            "lines": lines,
        } | more

    async def order(self, wants: dict[str, int | str], *, release: bool = True, **more: Any) -> str:
        """The id of an order, released unless told otherwise."""
        id: str = (await self.post("/orders", await self.body(wants, **more)))["id"]
        if release:
            await self.post(f"/orders/{id}/release")
        return id

    async def lines(self, id: str) -> list[dict[str, Any]]:
        return list((await self.get(f"/orders/{id}/lines", limit=500))["items"])

    async def picks(self, id: str, state: str = "open") -> list[dict[str, Any]]:
        found = (await self.get(f"/orders/{id}/picks", limit=500))["items"]
        return [one for one in found if one["state"] == state]

    async def tote(self, label: str) -> str:
        await self.post("/totes", {"site": self.goods.site, "labels": [label]})
        return label

    @staticmethod
    def scans(pick: dict[str, Any], tote: str, /, **other: Any) -> dict[str, Any]:
        """What a careful picker scans for a pick."""
        right = {name: pick[name] for name in ("location", "lot_no", "serial_no", "quantity")}
        return right | {"item": pick["sku"], "tote": tote} | other

    async def pick_all(self, id: str, tote: str) -> None:
        await self.tote(tote)
        for one in await self.picks(id):
            await self.post(f"/picks/{one['id']}/confirm", self.scans(one, tote))

    async def package(self, id: str, **body: Any) -> dict[str, Any]:
        """A package of everything picked, weighed right and labelled."""
        made: dict[str, Any] = await self.post(f"/orders/{id}/packages", body)
        weight = made["expected_weight_g"] or 1000
        await self.post(f"/packages/{made['unit_id']}/weigh", {"weight_g": weight})
        await self.post(f"/packages/{made['unit_id']}/label")
        return made

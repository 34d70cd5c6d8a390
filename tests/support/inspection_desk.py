"""A site with a scanner and reviewers, over HTTP, with a clock that tests turn."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from tests.support.api import Api, open_api
from tests.support.inspection import calibration, files
from tests.support.people import sign_in
from wms.inbound.announce import Announce, announce
from wms.inbound.read_manifest import read_manifest
from wms.inspection.expire_scans import expire_scans
from wms.inspection.tables import scan
from wms.kit.actor import SYSTEM
from wms.kit.db import Database
from wms.kit.seal import Seal
from wms.parcels.tables import parcel
from wms.proof.prove import prove

SITE = "SFH-S"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
_MANIFEST = "waybill_no,destination,service,weight_g,pieces,goods,hs_code,consignee_name,consignee_phone\n"
WAYBILLS = ("RA473124829CN", "CP123456785CN", "CP000000005CN")


class Desk:
    """Asks as a person; `number` counts scans."""

    def __init__(self, api: Api, db: Database) -> None:
        self.api = api
        self.db = db
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.number = 0

    def clock(self) -> datetime:
        return self.now

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def ask(self, path: str, body: object = None, who: str = "one", **params: object) -> httpx.Response:
        url = f"/api/v1/inspection{path}"
        return await self.api.client.post(url, headers=self.api.as_(who), json=body, params=params)

    async def post(self, path: str, body: object = None, who: str = "one", **params: object) -> Any:
        answer = await self.ask(path, body, who, **params)
        assert answer.status_code in (200, 201, 204), answer.text
        return answer.json() if answer.content else None

    async def refused(self, path: str, body: object = None, who: str = "one") -> str:
        answer = await self.ask(path, body, who)
        assert 400 <= answer.status_code < 500, answer.text
        return str(answer.json()["code"])

    async def get(self, path: str, who: str = "admin", **params: object) -> Any:
        answer = await self.api.get(f"/api/v1/inspection{path}", who, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def set_up(self, **more: object) -> None:
        shares = {"second_share": 0.0, "tip_share": 0.0, "review_s": 45}
        body = {"site": SITE, "name": "ct1", "calibration": calibration()} | shares | more
        await self.post("/scanners", body, "admin")

    async def send(self, path: str, data: bytes, who: str = "admin", **params: object) -> httpx.Response:
        url = f"/api/v1/inspection{path}"
        given = {"file": ("file", data)}
        return await self.api.client.post(url, headers=self.api.as_(who), params=params, files=given)

    async def induct(self, code: str | None = WAYBILLS[0], **more: object) -> dict[str, Any]:
        self.number += 1
        told = {"site": SITE, "scanner": "ct1", "tid": f"t{self.number}", "scan_uid": f"2.25.414243.{self.number}"}
        made: dict[str, Any] = await self.post("/scans", told | {"code": code} | more, "admin")
        return made

    async def scan(self, code: str | None = WAYBILLS[0], hidden_g: float = 0.0, **more: object) -> dict[str, Any]:
        """A whole scan with all its files, as it stands afterwards."""
        made = await self.induct(code, **more)
        for data in files(made["tid"], self.number, "apparel", hidden_g).values():
            answer = await self.send("/files", data, scan_id=made["id"])
            assert answer.status_code == 201, answer.text
        done: dict[str, Any] = await self.post(f"/scans/{made['id']}/complete", None, "admin")
        return done

    async def take(self, who: str = "one") -> dict[str, Any] | None:
        found: dict[str, Any] | None = (await self.post("/reviews/take", None, who))["review"]
        return found

    async def look(self, who: str = "one") -> dict[str, Any]:
        """Take a picture and have it on the screen."""
        taken = await self.take(who)
        assert taken is not None
        await self.post(f"/reviews/{taken['id']}/painted", None, who)
        return taken

    async def decide(self, decision: str, who: str = "one", **more: object) -> dict[str, Any]:
        """Look at the next picture and decide."""
        taken = await self.look(who)
        if decision == "suspect":
            more = {"category": "other", "boxes": [[1, 2, 30, 40]]} | more
        told: dict[str, Any] = await self.post(f"/reviews/{taken['id']}/decide", {"decision": decision} | more, who)
        return told

    async def expire(self) -> int:
        return await self.db.run(expire_scans, None, actor=SYSTEM)

    async def state(self, made: dict[str, Any]) -> tuple[str, str]:
        """State and verdict of a scan."""
        told = await self.get(f"/scans/{made['id']}")
        return told["state"], told["verdict"]

    async def shut(self, code: str = WAYBILLS[0]) -> bool:
        async with self.db.read() as conn:
            query = sa.select(parcel.c.blocked_by.is_not(None)).where(parcel.c.waybill_no == code)
            return bool(await conn.scalar(query))

    async def violations(self) -> list[Any]:
        async with self.db.read() as conn:
            return (await prove(conn)).first

    async def forge(self, made: dict[str, Any], **values: object) -> None:
        """Change a scan's row behind everybody's back."""
        async with self.db.engine.begin() as conn:
            await conn.execute(scan.update().where(scan.c.id == made["id"]).values(**values))


@asynccontextmanager
async def open_desk(database_url: str, home: Path, **scanner: object) -> AsyncIterator[Desk]:
    """Reviewers `one`, `two` and `three` of every site, and three announced parcels."""
    desk: list[Desk] = []
    db = Database(database_url, clock=lambda: desk[0].clock())
    start = datetime.now(UTC)
    async with open_api(database_url, home=home, clock=lambda: desk[0].clock() if desk else start) as api:
        desk.append(Desk(api, db))
        for name in ("one", "two", "three"):
            await sign_in(api, db, name, "image_reviewer")
        rows = "".join(f"{code},MOW,EXP,1200,1,Cotton shirts,610910,Ольга Выдуманная,\n" for code in WAYBILLS)
        data = (_MANIFEST + rows).encode()
        command = Announce(SITE, "m.csv", data, read_manifest(data, "m.csv"), Seal(b"k" * 32))
        await db.run(announce, command, actor=SYSTEM)
        await desk[0].set_up(**scanner)
        yield desk[0]
    await db.close()

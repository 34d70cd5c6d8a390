"""Between a CT machine and the warehouse: its line protocol and its file share on one side, the inspection API on the other.

The machine's diverter is the clock. What this bridge does not deliver in time goes to opening, so every fault here (no network,
a refused file, a share that is gone) is safe by doing nothing. It never says RELEASE unless the warehouse's own verdict is
RELEASE.

    python -m gateway.ct_bridge --machine HOST:PORT --share DIR --api URL --token-file FILE --site SITE --scanner NAME
"""

import argparse
import asyncio
import contextlib
import hashlib
import json
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import structlog

from devices.protocols.ct_line import CtTelegram, MachineDecoder, encode_host
from devices.protocols.frames import Garbage

_POLL_S = 0.15
_MARGIN_S = 1.0  # the warehouse's deadline lies before the diverter by this much, so that its verdict still travels
_READ_BYTES = 65_536
_LARGEST_FILE_BYTES = 600_000_000
_RECONNECT_S = 1.0
_FINAL = ("RELEASE", "UNPACK", "RESCAN")
_log = structlog.get_logger()


@dataclass(slots=True)
class _Scan:
    tid: str
    id: str | None = None
    files: list[tuple[str, int, str]] = field(default_factory=list)
    opened: asyncio.Event = field(default_factory=asyncio.Event)


class CtBridge:
    """`client` carries the API's base address and the token; `diverted` counts lanes for whoever watches."""

    def __init__(self, client: httpx.AsyncClient, share: Path, site: str, scanner: str) -> None:
        self._client = client
        self._share = share
        self._site = site
        self._scanner = scanner
        self._scans: dict[str, _Scan] = {}
        self._passing: dict[str, _Scan] = {}  # by tracking id, until the diverter
        self._jobs: set[asyncio.Task[None]] = set()
        self.diverted: dict[str, int] = {}

    async def run(self, host: str, port: int) -> None:
        """Keep a connection to the machine until cancelled."""
        while True:
            try:
                reader, writer = await asyncio.open_connection(host, port)
            except OSError as error:
                _log.warning("ct_machine_away", error=str(error))
                await asyncio.sleep(_RECONNECT_S)
                continue
            try:
                await self._listen(reader, writer)
            finally:
                writer.close()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder = MachineDecoder()
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(_READ_BYTES):
                for one in decoder.feed(data):
                    if isinstance(one, Garbage):
                        _log.warning("ct_garbage", why=one.why, size=len(one.data))
                    else:
                        self._take(one, writer)

    def _take(self, one: CtTelegram, writer: asyncio.StreamWriter) -> None:
        match one.kind, one.fields:
            case "IND", (tid, scan_uid, code, left_ms):
                scan = self._scans[scan_uid] = self._passing[tid] = _Scan(tid)
                self._start(self._open(scan, scan_uid, code, int(left_ms) / 1000))
            case "IMG", (scan_uid, name, size, sha256) if scan_uid in self._scans:
                self._scans[scan_uid].files.append((name, int(size), sha256))
            case "END", (scan_uid, _) if scan_uid in self._scans:
                self._start(self._finish(self._scans.pop(scan_uid), writer))
            case "DIV", (tid, lane):
                self.diverted[lane] = self.diverted.get(lane, 0) + 1
                if (passed := self._passing.pop(tid, None)) is not None:
                    self._start(self._report(passed, lane))

    def _start(self, work: Awaitable[None]) -> None:
        async def guarded() -> None:
            try:
                await work
            except (httpx.HTTPError, OSError, _NotTakenError) as error:
                _log.warning("ct_scan_not_delivered", error=str(error)[:200])

        job = asyncio.ensure_future(guarded())
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)

    async def _open(self, scan: _Scan, scan_uid: str, code: str, left_s: float) -> None:
        body: dict[str, Any] = {"site": self._site, "scanner": self._scanner, "tid": scan.tid, "scan_uid": scan_uid}
        body |= {"code": code} if code != "-" else {}
        body["deadline_s"] = max(1, int(left_s - _MARGIN_S))
        try:
            scan.id = (await self._ask("POST", "/scans", json=body))["id"]
        finally:
            scan.opened.set()

    async def _finish(self, scan: _Scan, writer: asyncio.StreamWriter) -> None:
        await scan.opened.wait()
        if scan.id is None:
            return
        for name, size, sha256 in scan.files:
            data = await asyncio.to_thread(self._read, name, size, sha256)
            await self._ask("POST", "/files", params={"scan_id": scan.id}, files={"file": (name, data)})
        told = await self._ask("POST", f"/scans/{scan.id}/complete")
        while told["verdict"] not in _FINAL:
            await asyncio.sleep(_POLL_S)
            told = await self._ask("GET", f"/scans/{scan.id}")
        writer.write(encode_host(CtTelegram("VER", (scan.tid, told["verdict"]))))

    async def _report(self, scan: _Scan, lane: str) -> None:
        await scan.opened.wait()
        if scan.id is not None:
            await self._ask("POST", f"/scans/{scan.id}/lane", json={"lane": lane})

    def _read(self, name: str, size: int, sha256: str) -> bytes:
        """A file of the share, whole and as announced; its name was checked by the codec."""
        if size > _LARGEST_FILE_BYTES:
            raise _NotTakenError(f"{name} is announced with {size} bytes")
        with (self._share / name).open("rb") as file:
            data = file.read(size + 1)
        if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
            raise _NotTakenError(f"{name} is not what was announced")
        return data

    async def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        answer = await self._client.request(method, f"/api/v1/inspection{path}", **more)
        if answer.status_code >= 400:
            raise _NotTakenError(f"{path}: {answer.status_code} {answer.text[:120]}")
        found: dict[str, Any] = json.loads(answer.content)
        return found


class _NotTakenError(Exception):
    """The warehouse or the share said no; the machine then sends the parcel to opening."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--machine", "--api", "--site", "--scanner"):
        parser.add_argument(name, required=True)
    parser.add_argument("--share", type=Path, required=True)
    parser.add_argument("--token-file", type=Path, required=True)
    given = parser.parse_args()
    host, _, port = given.machine.rpartition(":")

    async def bridge() -> None:
        token = given.token_file.read_text(encoding="utf-8").strip()
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=given.api, headers=headers, timeout=30) as client:
            await CtBridge(client, given.share, given.site, given.scanner).run(host, int(port))

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(bridge())


if __name__ == "__main__":
    main()

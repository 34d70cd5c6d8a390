"""The machines and what they really did: a sorter controller that repeats until acknowledged, and a scanner that does not."""

import asyncio
import contextlib
import random
import resource
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from devices.protocols.osip import Ack, Header, OsipDecoder, Synq, Telegram, Upd, encode, next_seq
from firmware_sim.hosts.pty_port import PtyPort

_OK = "00000000"
_RESEND_S = 1.0
_SEQ_BEGINS = 32_000  # so that the number wraps within the first minute
_MOST_KEPT = 20_000


def _place(kind: str, number: int) -> str:
    return f"SRT1{kind}{number:04d}00000000"


@dataclass(slots=True)
class Kept:
    wire: bytes
    sent_at: float


@dataclass(slots=True)
class Sorter:
    """Every parcel is reported at induction and at its chute. `tids` is the truth."""

    rng: random.Random
    tids: list[str] = field(default_factory=list)
    repeated: int = 0
    _kept: dict[int, Kept] = field(default_factory=dict)
    _seq: int = _SEQ_BEGINS
    _writer: asyncio.StreamWriter | None = None
    _server: asyncio.Server | None = None
    _under_way: list[tuple[float, str]] = field(default_factory=list)

    @property
    def unacknowledged(self) -> int:
        return len(self._kept) + len(self._under_way)

    async def listen(self, port: int) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.hang_up()

    def hang_up(self) -> None:
        """In the middle of a telegram."""
        if self._writer is not None:
            self._writer.write(encode(self._telegram(self._seq, Synq(datetime.now(UTC))))[: self.rng.randrange(1, 150)])
            self._writer.transport.abort()

    async def run(self, rate: float, until: float) -> None:
        """New parcels until then; afterwards only what is under way and unacknowledged, until cancelled."""
        loop = asyncio.get_running_loop()
        begin, made = loop.time(), 0
        while True:
            now = loop.time()
            while now < until and made < (now - begin) * rate and len(self._kept) < _MOST_KEPT:
                made += 1
                self._induct()
            while self._under_way and (self._under_way[0][0] <= now or now >= until):
                self._report(Upd(self._under_way.pop(0)[1], _place("CHUT", 1), _OK, datetime.now(UTC)))
            for kept in list(self._kept.values())[:64]:
                if now - kept.sent_at > _RESEND_S:
                    self._again(kept)
            await asyncio.sleep(0.005)

    def _induct(self) -> None:
        tid = f"{len(self.tids) + 1:020d}"
        self.tids.append(tid)
        self._report(Upd(tid, _place("INDU", 1), _OK, datetime.now(UTC)))
        self._under_way.append((asyncio.get_running_loop().time() + 0.5, tid))

    def _telegram(self, seq: int, body: Upd | Synq) -> Telegram:
        return Telegram(Header("SPS01", "MFC__", seq), body)

    def _report(self, body: Upd) -> None:
        self._seq = next_seq(self._seq)
        while self._seq in self._kept:
            self._seq = next_seq(self._seq)
        kept = Kept(encode(self._telegram(self._seq, body)), asyncio.get_running_loop().time())
        self._kept[self._seq] = kept
        self._send(kept.wire)
        if self.rng.random() < 0.02:
            self._send(kept.wire)
        if self.rng.random() < 0.005:
            self._send(self.rng.randbytes(self.rng.randrange(1, 40)).replace(b"#", b"-"))

    def _again(self, kept: Kept) -> None:
        kept.sent_at = asyncio.get_running_loop().time()
        self.repeated += 1
        self._send(kept.wire)

    def _send(self, data: bytes) -> None:
        if self._writer is not None:
            self._writer.write(data)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
        self._writer, decoder = writer, OsipDecoder()
        self._send(encode(self._telegram(1, Synq(datetime.now(UTC)))))
        for kept in list(self._kept.values()):
            self._again(kept)
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                for telegram in decoder.feed(data):
                    if isinstance(telegram, Telegram) and isinstance(telegram.body, Ack):
                        self._kept.pop(telegram.header.seq, None)
        writer.transport.abort()
        if self._writer is writer:
            self._writer = None


class Scanner:
    """A scanner on a pty. `written` counts every code that was put on the wire whole while the plug was in."""

    def __init__(self, rng: random.Random, link: Path) -> None:
        self.written: Counter[str] = Counter()
        self._rng = rng
        self._port = PtyPort(asyncio.get_running_loop(), link)
        self._port.plug()

    async def run(self, rate: float, until: float) -> None:
        loop = asyncio.get_running_loop()
        number = 0
        while loop.time() < until:
            number += 1
            self._say(f"SF{number:013d}")
            await asyncio.sleep(1 / rate)

    async def unplug(self, seconds: float) -> None:
        self._port.unplug()
        await asyncio.sleep(seconds)
        self._port.plug()

    def close(self) -> None:
        self._port.unplug()

    def _say(self, code: str) -> None:
        frame = b"\x02?,]C0" + code.encode() + b"\r\n"
        chance = self._rng.random()
        if chance < 0.01:  # line noise: bytes no code contains, with their parity bit set
            self._port.write(bytes(self._rng.randrange(0x80, 0x100) for _ in range(8)))
        elif chance < 0.02:  # the beginning of a frame, and then the whole one
            self._port.write(frame[: self._rng.randrange(1, 8)])
        times = 2 if 0.02 < chance < 0.03 else 1
        for _ in range(times):
            if self._port.write(frame):
                self.written[code] += 1


def disk_full(pid: int, full: bool) -> None:
    """Writes beyond the first page of any file fail, as on a full disk; or work again."""
    limit = 4096 if full else resource.RLIM_INFINITY
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


def resident_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return int(status.split("VmRSS:")[1].split()[0]) / 1024 if "VmRSS:" in status else 0.0

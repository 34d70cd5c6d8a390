"""A host of fifty lines that sorts by codecs alone: what a gateway is to the simulator, without its store."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from devices.protocols.mt_sics import Command, Reading, ResponseDecoder, encode_command
from devices.protocols.osip import (
    OK,
    Ack,
    Err,
    Header,
    Locu,
    OsipDecoder,
    Req,
    Res,
    Sync,
    Synq,
    Sysu,
    Telegram,
    Upd,
    ack_of,
    encode,
)
from devices.protocols.osip_profile import CHUTE, REASON_OF_CODE, SCALE, Location
from devices.protocols.plain_serial import ScanDecoder, ScanMessage, ScannerFormat

AT = datetime(2026, 1, 1, tzinfo=UTC)
LOOP_LOCATION = "SRT1LOOP000100000000"


def chute(number: int) -> str:
    return str(Location("SRT1", CHUTE, number))


def by_waybill(code: str) -> int:
    """Chutes 1 to 40 by the digits of the label."""
    return int("".join(char for char in code if char.isdigit())) % 40 + 1


class Memory:
    """What outlives a host that is killed."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()
        self.telegrams: list[Telegram] = []
        self.repeated = 0
        self.weights: dict[str, int | None] = {}

    @property
    def confirmations(self) -> Counter[str]:
        """How often each item was reported at a chute or lost."""
        return Counter(
            found.body.barcode
            for found in self.telegrams
            if isinstance(found.body, Upd) and (found.body.error != OK or found.body.actual[4:8] == CHUTE)
        )

    @property
    def reasons(self) -> Counter[str]:
        return Counter(
            str(REASON_OF_CODE[found.body.error])
            for found in self.telegrams
            if isinstance(found.body, Upd) and (found.body.error != OK or found.body.actual[4:8] == CHUTE)
        )


class TinyHost:
    """Bytes in by `sorter`, `scanner` and `scale`; `choose(code, pass_no)` gives a target location."""

    def __init__(
        self,
        memory: Memory,
        send: Callable[[bytes], None],
        ask_scale: Callable[[str, bytes], None] = lambda name, data: None,
        choose: Callable[[str, int], str] = lambda code, pass_no: chute(by_waybill(code)),
    ) -> None:
        self.memory = memory
        self._send = send
        self._ask_scale = ask_scale
        self._choose = choose
        self._decoder = OsipDecoder()
        self._scan_decoder = ScanDecoder(ScannerFormat())
        self._scale_decoders: dict[str, ResponseDecoder] = {}
        self._weighing: dict[str, str] = {}
        self._asked: set[str] = set()
        self._scans: dict[str, ScanMessage] = {}
        self._passes: Counter[str] = Counter()

    def sorter(self, data: bytes) -> None:
        for found in self._decoder.feed(data):
            assert isinstance(found, Telegram), found
            self._take(found)

    def scanner(self, data: bytes) -> None:
        for found in self._scan_decoder.feed(data):
            if isinstance(found, ScanMessage) and found.index:
                self._scans[found.index] = found
                self._decide(found.index)

    def scale(self, name: str, data: bytes) -> None:
        for found in self._scale_decoders.setdefault(name, ResponseDecoder()).feed(data):
            tid = self._weighing.pop(name, None)
            if tid is not None and isinstance(found, Reading):
                self.memory.weights[tid] = found.grams

    def _take(self, telegram: Telegram) -> None:
        wire, body = encode(telegram), telegram.body
        if isinstance(body, Upd | Locu | Sysu | Err):
            self._send(encode(ack_of(telegram)))
            if wire in self.memory.seen:
                self.memory.repeated += 1
                return
            self.memory.seen.add(wire)
            self.memory.telegrams.append(telegram)
            if isinstance(body, Upd) and body.actual[4:8] == SCALE:
                name = f"scale{int(body.actual[8:12])}"
                self._weighing[name] = body.barcode
                self._ask_scale(name, encode_command(Command("S")))
        elif isinstance(body, Req):
            self._asked.add(body.barcode)
            self._decide(body.barcode)
        elif isinstance(body, Synq):
            self._send(encode(Telegram(Header("MFC__", "SPS01", 1), Sync(AT))))
        else:
            assert not isinstance(body, Ack), "a controller acknowledges nothing"

    def _decide(self, tid: str) -> None:
        scan = self._scans.get(tid)
        if scan is None or tid not in self._asked:
            return
        self._asked.discard(tid)
        del self._scans[tid]
        target = self._choose(scan.codes[0][1], self._passes[tid]) if scan.codes else chute(47)
        self._passes[tid] += 1
        body = Res(tid, "SRT1TUNN000100000000", target, "", OK, AT)
        self._send(encode(Telegram(Header("MFC__", "SPS01", 7), body)))

"""Events of a line as a gateway would send them, short enough to read in a test."""

from uuid import UUID, uuid4

from devices.contract.envelope import Envelope, make_event
from devices.contract.events import (
    Body,
    ChuteState,
    Code,
    Decision,
    Induct,
    ItemLost,
    Scan,
    SortConfirmation,
    Weight,
)
from devices.contract.reasons import SortReason
from devices.contract.topics import DeviceAddress
from tests.support.clocks import at
from wms.kit.mqtt import Message

LINE = "sfh-s/hall/s1"
BOOT = "00000001-test"


def induct(tid: str, place: str = "in-1") -> Induct:
    return Induct(tid=tid, place=place)


def scan(tid: str, *codes: str) -> Scan:
    return Scan(tid=tid, outcome="good" if codes else "no_read", codes=[Code(symbology="C0", text=c) for c in codes])


def weight(tid: str, grams: int) -> Weight:
    return Weight(tid=tid, outcome="stable", weight_g=grams)


def decision(
    tid: str, code: str | None, chute: str | None, reason: SortReason = SortReason.OK, pass_no: int = 0
) -> Decision:
    codes = [Code(text=code)] if code else []
    return Decision(
        tid=tid, pass_no=pass_no, codes=codes, code=code, weight_g=None, chute=chute, reason=reason, plan_version=1,
        decided_us=900,
    )  # fmt: skip


def confirmed(
    tid: str, actual: str, reason: SortReason = SortReason.OK, requested: str | None = None
) -> SortConfirmation:
    return SortConfirmation(tid=tid, requested=requested or actual, actual=actual, reason=reason)


def lost(tid: str) -> ItemLost:
    return ItemLost(tid=tid, last_place="tunnel-1")


def chute_state(chute: str, state: str) -> ChuteState:
    return ChuteState.model_validate({"chute": chute, "state": state})


_TYPES = {
    Induct: "induct",
    Scan: "scan",
    Weight: "weight",
    Decision: "decision",
    SortConfirmation: "sort_conf",
    ItemLost: "item_lost",
    ChuteState: "chute_state",
}


class Stream:
    """One device's stream: numbers its events from 1."""

    def __init__(self, device: str = "sorter", boot: str = BOOT, gw: str | None = "gw1") -> None:
        self.address = DeviceAddress.parse(f"{LINE}/{device}")
        self.boot = boot
        self.gw = gw
        self.seq = 0

    def event(self, body: Body, id: UUID | None = None) -> Envelope:
        self.seq += 1
        return make_event(
            id=id or uuid4(), dev=str(self.address), boot=self.boot, seq=self.seq, ts=at(self.seq), body=body,
            type=_TYPES[type(body)], gw=self.gw,
        )  # fmt: skip

    def message(self, body: Body) -> Message:
        return as_message(self.event(body))


def as_message(envelope: Envelope) -> Message:
    topic = DeviceAddress.parse(envelope.dev).topic("evt", envelope.type)
    return Message(topic, envelope.to_json(), False, (1, 1, 1))

"""A sorter controller that speaks OSIP: positions, destination requests, chute states.

Nothing here is answered before it is stored, except the time request, which says nothing about items. Every report that
the controller would repeat carries its telegram as `identity`. A REQ_ has none: it is answered, not recorded, and the
`occasion` (item, place and time on the wire, without the telegram number) tells a repeated question from the next round.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from devices.contract.events import Alarm, Body, ChuteState, Induct, ItemLost, SortConfirmation
from devices.contract.reasons import SortReason
from devices.drivers.osip_places import Places
from devices.drivers.outputs import DestinationRequest, Noise, Output, Passing, Report, Send, WeighRequest
from devices.protocols.frames import Garbage
from devices.protocols.osip import (
    OK,
    UNKNOWN_TYPE,
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
    next_seq,
)
from devices.protocols.osip_profile import (
    CHUTE,
    CONDITION_OF_CODE,
    INDUCTION,
    LOOP,
    PLACE_OF_KIND,
    REASON_OF_CODE,
    SCALE,
)


@dataclass(frozen=True, slots=True)
class SorterProfile:
    """How one controller was set up. `acknowledge` is our extension ACK_; plain OSIP controllers need it off."""

    own_name: str = "MFC__"
    sorter: str = "SRT1"
    length: int = 160
    acknowledge: bool = True
    places: Mapping[str, str] | None = None
    reasons: Mapping[str, SortReason] | None = None


class OsipSorter:
    def __init__(self, profile: SorterProfile, wall: Callable[[], datetime]) -> None:
        self._profile = profile
        self._wall = wall
        self._places = Places(profile.sorter, PLACE_OF_KIND if profile.places is None else profile.places)
        self._reasons = REASON_OF_CODE if profile.reasons is None else profile.reasons
        self._decoder = OsipDecoder(profile.length)
        self._peer = ""

    def connected(self, now: float) -> list[Output]:
        self._decoder = OsipDecoder(self._profile.length)
        return []

    def feed(self, data: bytes, now: float) -> list[Output]:
        out: list[Output] = []
        for telegram in self._decoder.feed(data):
            if isinstance(telegram, Garbage):
                out.append(Noise(len(telegram.data), telegram.why))
            elif telegram.header.receiver != self._profile.own_name:
                out.append(Noise(self._profile.length, "not_for_us"))
            else:
                self._peer = telegram.header.sender
                out += self._telegram(telegram)
        return out

    def due(self) -> float | None:
        return None

    def tick(self, now: float) -> list[Output]:
        return []

    def disconnected(self) -> list[Output]:
        return []

    def answer(self, request: DestinationRequest, chute: str | None) -> bytes:
        """The RES_ for a request. ValueError for a chute this sorter does not have."""
        target = self._places.write(chute)
        body = Res(request.tid, request.place, target, target[:8], OK, self._wall())
        header = Header(self._profile.own_name, self._peer, next_seq(request.seq))
        return encode(Telegram(header, body), self._profile.length)

    def has_chute(self, name: str) -> bool:
        """Whether a chute of this sorter can be called so."""
        return self._places.has_chute(name)

    def _telegram(self, telegram: Telegram) -> list[Output]:
        body = telegram.body
        match body:
            case Synq():
                header = Header(self._profile.own_name, telegram.header.sender, next_seq(telegram.header.seq))
                return [Send(encode(Telegram(header, Sync(self._wall())), self._profile.length))]
            case Req():
                return [self._request(telegram.header.seq, body)]
            case Upd():
                return [self._position(telegram, body)]
            case Locu():
                return [self._chute_state(telegram, body)]
            case Sysu() | Err():
                return [self._alarm(telegram, body)]
        return [Noise(self._profile.length, UNKNOWN_TYPE)]

    def _request(self, seq: int, body: Req) -> Output:
        found = self._places.read(body.actual)
        if found is None or not _is_tid(body.barcode):
            return Noise(self._profile.length, "unknown_place" if found is None else "bad_tid")
        occasion = f"{body.barcode}|{body.actual}|{body.at.isoformat()}".encode()
        return DestinationRequest(body.barcode, body.actual, occasion, seq)

    def _position(self, telegram: Telegram, body: Upd) -> Output:
        found = self._places.read(body.actual)
        reason = self._reasons.get(body.error)
        identity, receipt = self._identity(telegram), self._receipt(telegram)
        if found is None or reason is None or not _is_tid(body.barcode):
            what = "unknown_place" if found is None else "unknown_error" if reason is None else "bad_tid"
            return self._senseless(telegram, what)
        kind, place = found
        if reason is SortReason.LOST_TRACKING:
            return self._report(telegram, "item_lost", ItemLost(tid=body.barcode, last_place=place), body.at)
        if kind == CHUTE or (kind == LOOP and reason is not SortReason.OK):
            confirmation = SortConfirmation(tid=body.barcode, requested=None, actual=place, reason=reason)
            return self._report(telegram, "sort_conf", confirmation, body.at)
        if kind == INDUCTION:
            return self._report(telegram, "induct", Induct(tid=body.barcode, place=place), body.at)
        if kind == SCALE:
            return WeighRequest(body.barcode, place, identity, receipt)
        return Passing(body.barcode, place, identity, receipt)

    def _chute_state(self, telegram: Telegram, body: Locu) -> Output:
        found = self._places.read(body.location)
        state = CONDITION_OF_CODE.get(body.error)
        if found is None or found[0] != CHUTE or state is None:
            return self._senseless(telegram, "unknown_place" if found is None else "unknown_state")
        return self._report(telegram, "chute_state", ChuteState(chute=found[1], state=state), body.at)

    def _alarm(self, telegram: Telegram, body: Sysu | Err) -> Output:
        code = "sorter_state" if isinstance(body, Sysu) else "sorter_error"
        return self._report(
            telegram, "alarm", Alarm(code=code, params={"group": body.group, "error": body.error}), body.at
        )

    def _senseless(self, telegram: Telegram, why: str) -> Output:
        """A telegram we cannot use is stored as an alarm and acknowledged; refusing it would make it come for ever."""
        text = encode(telegram, self._profile.length).decode("ascii").rstrip("*")[8:128]
        return self._report(
            telegram, "alarm", Alarm(code="telegram_not_understood", params={"why": why, "telegram": text}), None
        )

    def _report(self, telegram: Telegram, type: str, body: Body, at: datetime | None) -> Report:
        return Report(type, body, at, str(telegram.header.seq), self._identity(telegram), self._receipt(telegram))

    def _identity(self, telegram: Telegram) -> bytes:
        return encode(telegram, self._profile.length)

    def _receipt(self, telegram: Telegram) -> bytes | None:
        return encode(ack_of(telegram), self._profile.length) if self._profile.acknowledge else None


def _is_tid(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9_-]{1,20}", text) is not None

"""A sorter controller with readable telegrams: arrivals, zone entries that ask, drops, chute states.

    Arrival HU Src           an item entered              ZoneEntry HU Src     it asks where to go; the answer is a Tord
    PosPass HU Src [Scale]   it passed, or lies on a scale    Drop HU Dest Result  it was sorted, or why not
    ChuteState Dest State    of a chute                   Lost HU Src          it is gone

ChuteState, Lost, Result and Scale are ours beside the maker's functions. Everything is acknowledged by its repetition with
exchanged parties, after it is on disk; a ZoneEntry is acknowledged together with its answer. A function that is not known
is kept as an alarm and acknowledged, or it would come for ever.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from devices.contract.events import Alarm, Body, ChuteState, Induct, ItemLost, SortConfirmation
from devices.contract.reasons import SortReason
from devices.drivers.listening import ListeningDevice
from devices.drivers.numbered_chutes import NumberedChutes
from devices.drivers.outputs import DestinationRequest, Noise, Output, Passing, Report, WeighRequest
from devices.protocols.key_telegram import KeyTelegram, TelegramDecoder, encode, next_seq

_TID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_PLACE = re.compile(r"[ -~]{1,40}")
_STATES = ("open", "full", "jam", "disabled")
REASONS = {
    "": SortReason.OK,
    "OK": SortReason.OK,
    "FULL": SortReason.CHUTE_FULL,
    "JAM": SortReason.CHUTE_JAM,
    "LATE": SortReason.LATE_DECISION,
    "MISSED": SortReason.NOT_DIVERTED,
}


@dataclass(frozen=True, slots=True)
class TelegramProfile:
    own_name: str
    peer_name: str
    chutes: NumberedChutes


class TelegramSorter(ListeningDevice):
    def __init__(self, profile: TelegramProfile, wall: Callable[[], datetime]) -> None:
        super().__init__(TelegramDecoder, self._take)
        self._profile = profile
        self._wall = wall
        self._seq = 0
        self._open: dict[tuple[str, int], KeyTelegram] = {}

    def has_chute(self, name: str) -> bool:
        """Whether a chute of this sorter is called so."""
        return self._profile.chutes.has_chute(name)

    def answer(self, request: DestinationRequest, chute: str | None) -> bytes:
        """The acknowledgement of the question and a Tord. ValueError for a chute this sorter does not have."""
        number = self._profile.chutes.number(chute)
        self._seq = next_seq(self._seq)
        names = self._profile
        fields = (("HU", request.tid), ("Src", request.place), ("Dest", str(number) if number else "LOOP"))
        time = self._wall().replace(tzinfo=None).isoformat(timespec="seconds")
        order = KeyTelegram(self._seq, names.own_name, names.peer_name, time, "Tord", fields)
        question = self._open.pop((request.tid, request.seq), None)
        return (b"" if question is None else encode(question.acknowledgement())) + encode(order)

    def _take(self, message: object, now: float) -> list[Output]:
        assert isinstance(message, KeyTelegram)
        names = self._profile
        if message.receiver != names.own_name or message.sender != names.peer_name:
            return [Noise(0, "not_for_us")]
        if message.function == "Tord":
            return []  # the controller has acknowledged an order
        tid, src = message.get("HU"), message.get("Src")
        receipt = encode(message.acknowledgement())
        if message.function == "ChuteState":
            return [self._chute_state(message)]
        if not _TID.fullmatch(tid) or (message.function != "Drop" and not _PLACE.fullmatch(src)):
            return [self._senseless(message, "bad_tid" if not _TID.fullmatch(tid) else "unknown_place")]
        match message.function:
            case "Arrival":
                return [self._report(message, "induct", Induct(tid=tid, place=src))]
            case "ZoneEntry":
                return [self._question(message, tid, src)]
            case "PosPass" if _PLACE.fullmatch(message.get("Scale")):
                return [WeighRequest(tid, message.get("Scale"), encode(message), receipt)]
            case "PosPass" | "Pick":
                return [Passing(tid, src, encode(message), receipt)]
            case "Drop":
                return [self._drop(message, tid)]
            case "Lost":
                return [self._report(message, "item_lost", ItemLost(tid=tid, last_place=src))]
        return [self._senseless(message, "unknown_function")]

    def _question(self, message: KeyTelegram, tid: str, src: str) -> Output:
        self._open[tid, message.seq] = message
        while len(self._open) > 1000:
            del self._open[next(iter(self._open))]
        return DestinationRequest(tid, src, f"{tid}|{src}|{message.time}".encode(), message.seq)

    def _drop(self, message: KeyTelegram, tid: str) -> Output:
        place, reason = self._chute(message), REASONS.get(message.get("Result"))
        if place is None or reason is None:
            return self._senseless(message, "unknown_place" if place is None else "unknown_error")
        return self._report(
            message, "sort_conf", SortConfirmation(tid=tid, requested=None, actual=place, reason=reason)
        )

    def _chute_state(self, message: KeyTelegram) -> Output:
        place, state = self._chute(message), message.get("State")
        if place is None or state not in _STATES:
            return self._senseless(message, "unknown_place" if place is None else "unknown_state")
        known = cast(Literal["open", "full", "jam", "disabled"], state)
        return self._report(message, "chute_state", ChuteState(chute=place, state=known))

    def _chute(self, message: KeyTelegram) -> str | None:
        text = message.get("Dest")
        return self._profile.chutes.name(int(text)) if re.fullmatch(r"[0-9]{1,4}", text) else None

    def _senseless(self, message: KeyTelegram, why: str) -> Report:
        text = encode(message).decode("ascii")[:120]
        return self._report(
            message, "alarm", Alarm(code="telegram_not_understood", params={"why": why, "telegram": text})
        )

    def _report(self, message: KeyTelegram, type: str, body: Body) -> Report:
        return Report(type, body, None, str(message.seq), encode(message), encode(message.acknowledgement()))

"""How each scale language writes a weight: the front end of the simulated scales."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from devices.protocols import (
    and_scale,
    cas,
    dini_argeo,
    ohaus,
    sartorius_sbi,
    sma,
    toledo_continuous,
)
from devices.protocols.weighing import Condition, Weighing

_DECIMALS = 3
_BASIS_WANTED = frozenset({"toledo_continuous", "toledo_continuous_checked", "cas", "and_scale", "dini_argeo", "sma"})
_OUT_OF_RANGE: frozenset[Condition] = frozenset({"overload", "underload"})


def write_weight(language: str, condition: Condition, grams: int) -> bytes:
    """The frame in which a scale of this language shows a weight in kilograms with three decimals. KeyError, ValueError."""
    basis = "gross" if language in _BASIS_WANTED else ""
    weighing = Weighing(condition, None, "kg", "", basis)  # type: ignore[arg-type]  # one of the basis words
    if condition not in _OUT_OF_RANGE:
        weighing = Weighing.of_grams(condition, grams, "kg", _DECIMALS, basis)  # type: ignore[arg-type]
    return _WRITE[language](weighing)


def write_record(grams: int, alibi: str) -> bytes:
    """Dini Argeo's answer to PID; without a number when the weight cannot be kept."""
    weighing = replace(Weighing.of_grams("stable", grams, "kg", _DECIMALS, "gross"), alibi=alibi)
    tare = Weighing.of_grams("stable", 0, "kg", _DECIMALS, "tare")
    return dini_argeo.encode_response(dini_argeo.Stored(weighing, tare))


def hear_words(language: str) -> "Callable[[bytes], Sequence[object]]":
    """A decoder of what hosts say to a scale of this language."""
    return _HEAR[language]().feed


def _continuous(weighing: Weighing, *, checksum: bool = False) -> bytes:
    return toledo_continuous.encode(toledo_continuous.Continuous.of(weighing, _DECIMALS), checksum=checksum)


def _sma(weighing: Weighing) -> bytes:
    status = {"overload": "O", "underload": "U"}.get(weighing.condition, " ")
    return sma.encode_response(sma.Report(weighing, status))


def _sbi(weighing: Weighing) -> bytes:
    if weighing.condition == "stable":
        return sartorius_sbi.encode(sartorius_sbi.Report(weighing))
    if weighing.condition in _OUT_OF_RANGE:
        return sartorius_sbi.encode(sartorius_sbi.Report(Weighing(weighing.condition)))
    return sartorius_sbi.encode(sartorius_sbi.Report(Weighing("moving", None, "", weighing.raw)))


def _ohaus(weighing: Weighing) -> bytes:
    return ohaus.encode(weighing) if weighing.condition not in _OUT_OF_RANGE else b""  # its page shows no overload


_WRITE: dict[str, Callable[[Weighing], bytes]] = {
    "toledo_continuous": _continuous,
    "toledo_continuous_checked": lambda weighing: _continuous(weighing, checksum=True),
    "cas": lambda weighing: cas.encode(cas.Report(weighing)),
    "and_scale": and_scale.encode,
    "and_balance": lambda weighing: and_scale.encode(weighing, and_scale.EK_L),
    "sartorius_sbi": _sbi,
    "ohaus": _ohaus,
    "sma": _sma,
    "dini_argeo": lambda weighing: dini_argeo.encode_response(dini_argeo.Displayed(weighing)),
}
_HEAR: dict[str, Callable[[], "sma.CommandDecoder | and_scale.CommandDecoder | ohaus.CommandDecoder"]] = {
    "and_scale": and_scale.CommandDecoder,
    "and_balance": and_scale.CommandDecoder,
    "sartorius_sbi": sartorius_sbi.CommandDecoder,  # type: ignore[dict-item]  # of the same shape
    "ohaus": ohaus.CommandDecoder,
    "sma": sma.CommandDecoder,
    "dini_argeo": dini_argeo.CommandDecoder,  # type: ignore[dict-item]  # of the same shape
}

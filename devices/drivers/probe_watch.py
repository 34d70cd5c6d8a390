"""When a temperature is worth keeping: its state changed, or the interval of the record is over.

A limit that was crossed holds until the value is back inside by the hysteresis, so that a value on the limit is no row of
alarms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from devices.contract.events import Temperature
from devices.drivers.outputs import Output, Report, Sample

State = Literal["ok", "high", "low", "fault"]


@dataclass(frozen=True, slots=True)
class Probe:
    """`low_milli`, `high_milli`: limits in thousandths of a degree, None for none."""

    name: str
    low_milli: int | None = None
    high_milli: int | None = None


@dataclass(slots=True)
class _Memory:
    state: State | None = None
    recorded_at: float = 0.0
    sampled_at: float = float("-inf")


class ProbeWatch:
    def __init__(
        self, probes: Sequence[Probe], hysteresis_milli: int, record_every_s: float, sample_every_s: float
    ) -> None:
        self._probes = {probe.name: probe for probe in probes}
        self._hysteresis = hysteresis_milli
        self._record_every_s = record_every_s
        self._sample_every_s = sample_every_s
        self._memory = {probe.name: _Memory() for probe in probes}

    def take(self, name: str, milli: int | None, now: float) -> list[Output]:
        """A reading of a probe, None for a broken one."""
        memory = self._memory[name]
        before, state = memory.state, self._state(self._probes[name], memory.state, milli)
        out: list[Output] = []
        if state != before or now - memory.recorded_at >= self._record_every_s:
            memory.state, memory.recorded_at = state, now
            out.append(Report("temperature", Temperature(probe=name, state=state, milli_celsius=milli)))
        if milli is not None and now - memory.sampled_at >= self._sample_every_s:
            memory.sampled_at = now
            out.append(Sample("temperature", {"probe": name, "milli_celsius": milli, "state": state}))
        return out

    def _state(self, probe: Probe, before: State | None, milli: int | None) -> State:
        if milli is None:
            return "fault"
        high, low = probe.high_milli, probe.low_milli
        if high is not None and milli > high - (self._hysteresis if before == "high" else 0):
            return "high"
        if low is not None and milli < low + (self._hysteresis if before == "low" else 0):
            return "low"
        return "ok"

"""A physical parcel on the line, and what the host wants with it."""

from dataclasses import dataclass
from typing import Literal

from devices.contract.reasons import SortReason
from firmware_sim.schedule import Timer

Read = Literal["good", "no_read", "double", "garbled", "unplugged"]


@dataclass(frozen=True, slots=True)
class Announced:
    """One row of a manifest, as far as a machine can feel it."""

    waybill: str
    weight_g: int


@dataclass(frozen=True, slots=True)
class Order:
    """`place` in the contract's names, or the host's own spelling when it is none; `chute` None unless it is a chute."""

    place: str
    chute: int | None = None
    loop: bool = False


@dataclass(slots=True)
class Item:
    """`serial` counts items of this run; `tunnel_at` is simulated time, `_real_s` is the host's monotonic clock.

    From `scan_sent_real_s` (last byte of the scan on the wire) to the first byte of the answer is the decision time.
    """

    serial: int
    waybill: str
    weight_g: int
    tid: str
    inducted_at: str
    passes: int = 0
    read: Read = "good"
    tunnel_at: float = 0.0
    request: bytes = b""
    order: Order | None = None
    mishap: SortReason | None = None
    scan_sent_real_s: float | None = None
    decision_ms: float | None = None
    run_out: Timer | None = None
    divert: Timer | None = None

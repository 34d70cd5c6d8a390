"""Retained life signs of gateways and devices."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

DeviceStateName = Literal["INIT", "CONNECTING", "READY", "DEGRADED", "FAULT", "STOPPED"]


class Connection(BaseModel):
    """Retained on `connection`; CONNECTION_BROKEN is the last will."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    v: Literal[1] = 1
    state: Literal["ONLINE", "OFFLINE", "CONNECTION_BROKEN"]
    boot: str = Field(max_length=40)
    ts: AwareDatetime


class DeviceState(BaseModel):
    """Retained on a device's `state`, on change and at least every 30 s."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    v: Literal[1] = 1
    state: DeviceStateName
    since: AwareDatetime
    ts: AwareDatetime
    kind: str = Field(max_length=32)
    detail: str = Field(default="", max_length=200)
    last_frame_at: AwareDatetime | None = None
    last_seq: int = 0
    frames: int = 0
    garbage_bytes: int = 0
    reconnects: int = 0


class GatewayState(BaseModel):
    """Retained on a gateway's `state`, every few seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    v: Literal[1] = 1
    ts: AwareDatetime
    boot: str
    outbox_rows: int
    outbox_oldest_s: float
    plan_version: int
    directory_entries: int
    decision_p50_ms: float
    decision_p99_ms: float
    durable_p50_ms: float
    durable_p99_ms: float
    late_decisions: int
    dead_letters: int

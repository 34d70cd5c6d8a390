"""Commands down to a device, idempotent by (cmd_id), ordered by version, dead after their deadline."""

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

COMMAND_NAMES = frozenset(
    {
        "zero",
        "tare",
        "divert",
        "chute_enable",
        "chute_disable",
        "ping",
        "measure",
        "trigger_on",
        "trigger_off",
        "beep",
        "test_print",
    }
)


class Command(BaseModel):
    """`version` fences: a device ignores a command older than the last one it executed for the same `name` and `target`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    v: Literal[1] = 1
    cmd_id: UUID
    name: str = Field(max_length=32, pattern=r"^[a-z_]+$")
    target: str = Field(default="", max_length=40)
    version: int = Field(ge=0)
    deadline: AwareDatetime
    data: dict[str, Any] = Field(default_factory=dict, max_length=16)


class CommandReply(BaseModel):
    """`outcome`: done; expired (dropped unexecuted); stale (older version); refused and failed carry a `code`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    v: Literal[1] = 1
    cmd_id: UUID
    outcome: Literal["done", "expired", "stale", "refused", "failed"]
    code: str = Field(default="", max_length=64)

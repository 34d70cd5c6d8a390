"""Configuration of a gateway over the broker: what is wanted, and what is in force.

    kouan/v1/{site}/_gw/{gateway}/cfg_desired     retained, written by the warehouse
    kouan/v1/{site}/_gw/{gateway}/cfg_reported    retained, written by the gateway

A version is taken once; an older one than the one in force is ignored.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

MAX_YAML = 60_000
ConfigState = Literal["applied", "restarting", "refused", "rolled_back"]


class DesiredConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    v: Literal[1] = 1
    version: int = Field(ge=1)
    yaml: Annotated[str, Field(min_length=1, max_length=MAX_YAML)]


class ReportedConfig(BaseModel):
    """`sha256` of the file in force. `detail` says which key or device is to blame; never a value, which may be a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    v: Literal[1] = 1
    version: int = Field(ge=0)
    state: ConfigState
    sha256: str = Field(max_length=64)
    detail: str = Field(default="", max_length=500)
    at: AwareDatetime

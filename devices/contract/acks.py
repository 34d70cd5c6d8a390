"""The application acknowledgement: what the warehouse has committed, what it misses, what it will never take.

Published by the warehouse on the gateway's `ack` topic after its commit. A gateway deletes an event only on this; the
broker's PUBACK proves nothing about the database.
"""

from pydantic import BaseModel, ConfigDict, Field


class RejectedEvent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    seq: int = Field(ge=1)
    code: str = Field(max_length=64)


class Ack(BaseModel):
    """For the stream (`dev`, `boot`): every seq <= `through_seq` is committed, except those in `rejected`.

    `missing` are holes above which later events are already stored: the gateway sends exactly these again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    v: int = 1
    dev: str
    boot: str
    through_seq: int = Field(ge=0)
    missing: list[int] = Field(default_factory=list, max_length=500)
    rejected: list[RejectedEvent] = Field(default_factory=list, max_length=500)

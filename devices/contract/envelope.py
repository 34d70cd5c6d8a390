"""The envelope every event travels in, and its checks.

Identity is `(dev, boot, seq)`: `boot` sorts by time and is new at each start of the codec, `seq` counts from 1 within it
without a hole. Order is by (boot, seq), never by wall clock, because clocks step.
"""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from devices.contract.events import EVENT_TYPES, Body
from devices.contract.topics import EventTopic

MAX_PAYLOAD_BYTES = 65_536
VERSION = 1


class Envelope(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    v: Literal[1]
    id: UUID
    dev: str = Field(max_length=140, pattern=r"^[a-z0-9_-]+(/[a-z0-9_-]+){3}$")
    boot: str = Field(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z_-]+$")
    seq: int = Field(ge=1, lt=2**63)
    ts: AwareDatetime
    ts_src: Literal["dev", "gw"] = "gw"
    mono_us: int | None = Field(default=None, ge=0)
    type: str = Field(max_length=32)
    gw: str | None = Field(default=None, max_length=32, pattern=r"^[a-z0-9_-]+$")
    src_seq: str | None = Field(default=None, max_length=64)
    q: Literal["good", "suspect", "bad"] = "good"
    data: dict[str, Any]

    def body(self) -> Body:
        """The typed body. Raises KeyError on an unknown type, ValidationError on a wrong body."""
        return EVENT_TYPES[self.type].model_validate(self.data)

    def to_json(self) -> bytes:
        return self.model_dump_json(exclude_none=True).encode()


class Rejected(ValueError):
    """Why a message cannot be an event: `code` for machines and translations, `detail` for the technician."""

    def __init__(self, code: str, detail: str = "", envelope: Envelope | None = None) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.envelope = envelope


def read_event(topic: EventTopic, payload: bytes) -> tuple[Envelope, Body]:
    """Check a message from outside against its topic and its schema, or raise Rejected.

    Codes: too_large, not_json, unknown_version, bad_envelope, foreign_device, type_mismatch, unknown_type, bad_body.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise Rejected("too_large", f"{len(payload)} bytes")
    try:
        envelope = Envelope.model_validate_json(payload)
    except ValidationError as error:
        raise _why_not(error) from error
    if envelope.dev != str(topic.address):
        raise Rejected("foreign_device", f"{envelope.dev} on the topic of {topic.address}", envelope)
    if envelope.type != topic.type:
        raise Rejected("type_mismatch", f"{envelope.type} on …/evt/{topic.type}", envelope)
    if b"\\u0000" in payload:
        raise Rejected("bad_body", "NUL character", envelope)
    try:
        return envelope, envelope.body()
    except KeyError as error:
        raise Rejected("unknown_type", envelope.type, envelope) from error
    except ValidationError as error:
        raise Rejected("bad_body", _first(error), envelope) from error


def _why_not(error: ValidationError) -> Rejected:
    first = error.errors(include_url=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        return Rejected("not_json", first["msg"])
    if first["loc"] == ("v",):
        return Rejected("unknown_version", repr(first["input"])[:40])
    return Rejected("bad_envelope", _first(error))


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}"[:200]


def make_event(
    *, id: UUID, dev: str, boot: str, seq: int, ts: datetime, body: Body, type: str, gw: str | None = None,
    mono_us: int | None = None, src_seq: str | None = None,
) -> Envelope:  # fmt: skip
    """Wrap a body; the caller owns identity and clock."""
    return Envelope(
        v=VERSION, id=id, dev=dev, boot=boot, seq=seq, ts=ts, type=type, gw=gw, mono_us=mono_us, src_seq=src_seq,
        data=body.model_dump(mode="json"),
    )  # fmt: skip

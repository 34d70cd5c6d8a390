"""Which waiting demand an arrival serves without being put away. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Kind:
    """What demand and arrival must agree on."""

    item_id: UUID
    owner_id: UUID
    customs_status: str


@dataclass(frozen=True, slots=True)
class OpenDemand:
    id: UUID
    demand_id: UUID
    kind: Kind
    lane_id: UUID
    open: Decimal
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """So much of an arrival is for this demand."""

    demand: OpenDemand
    quantity: Decimal


def match(contents: dict[Kind, Decimal], demands: Sequence[OpenDemand]) -> list[Promise]:
    """The promises that send a whole arrival to one lane; empty when no lane waits for all of it.

    An arrival is not split: a pallet of which half is wanted is put away. The lane whose earliest demand is due first wins;
    in a lane, who is due first is served first.
    """
    in_order = sorted(demands, key=lambda one: (one.due_at or _NEVER, one.id))
    lanes = dict.fromkeys(one.lane_id for one in in_order if one.kind in contents)
    for lane_id in lanes:
        promises: list[Promise] = []
        rest = dict(contents)
        for one in in_order:
            part = min(one.open, rest.get(one.kind, Decimal(0))) if one.lane_id == lane_id else Decimal(0)
            if part > 0:
                promises.append(Promise(one, part))
                rest[one.kind] -= part
        if not any(rest.values()):
            return promises
    return []

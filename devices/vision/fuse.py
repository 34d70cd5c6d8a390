"""One parcel, many looks: the reads of all sides and frames under one tracking id. Pure.

Two different waybills on one parcel are a conflict, never "the first wins". What cannot be told goes to manual coding with the
frames that show most.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from devices.vision.accept import Judgement
from devices.vision.lanes import Lane

Outcome = Literal["read", "no_read", "conflict"]


@dataclass(frozen=True, slots=True)
class Look:
    """What one frame of one side gave. `image` is a reference (a file name or digest), never pixels."""

    tracking_id: str
    side: str
    frame: int
    judgement: Judgement
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Fused:
    """`votes`: in how many frames each waybill candidate was read. `manual`: images for the coding screen, best first."""

    tracking_id: str
    outcome: Outcome
    waybill: str | None
    votes: dict[str, int]
    others: tuple[tuple[str, str], ...]
    manual: tuple[str, ...]


def fuse(looks: Sequence[Look], lane: Lane) -> Fused:
    """Decide what the parcel's waybill is. Looks of another tracking id are a caller's mistake: ValueError."""
    if not looks or any(look.tracking_id != looks[0].tracking_id for look in looks):
        raise ValueError("looks of exactly one parcel are wanted")
    votes: Counter[str] = Counter()
    others: dict[tuple[str, str], None] = {}
    for look in looks:
        texts = {read.text for read in look.judgement.accepted if lane.is_waybill(read)}
        votes.update(texts)
        others |= {(read.symbology, read.text): None for read in look.judgement.accepted if not lane.is_waybill(read)}
    contradicted = any(
        lane.is_waybill(read) for look in looks for conflict in look.judgement.conflicts for read in conflict
    )
    outcome: Outcome = "no_read"
    if len(votes) > 1 or (contradicted and not votes):
        outcome = "conflict"
    elif votes:
        outcome = "read"
    waybill = next(iter(votes)) if outcome == "read" else None
    manual = () if outcome == "read" else _most_telling(looks)
    return Fused(looks[0].tracking_id, outcome, waybill, dict(votes), tuple(others), manual)


def _most_telling(looks: Sequence[Look]) -> tuple[str, ...]:
    """Images with a code on them before images without."""

    def signs(look: Look) -> int:
        return len(look.judgement.accepted) + len(look.judgement.pending) + len(look.judgement.conflicts)

    return tuple(look.image for look in sorted(looks, key=signs, reverse=True) if look.image is not None)

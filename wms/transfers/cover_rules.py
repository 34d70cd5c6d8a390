"""What a site should be sent so that its stock lasts, and from where. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Need:
    """Of one article of one owner at a site: what left in the last `days`, what may be promised, what is on its way there."""

    site: str
    item_id: UUID
    owner_id: UUID
    days: int
    demand: Decimal
    available: Decimal
    incoming: Decimal

    @property
    def daily(self) -> Decimal:
        return self.demand / self.days

    @property
    def cover_days(self) -> Decimal:
        """For how many days the stock lasts at the pace of the last days."""
        return (self.available + self.incoming) / self.daily


@dataclass(frozen=True, slots=True)
class Source:
    """Stock elsewhere that may be promised."""

    site: str
    item_id: UUID
    owner_id: UUID
    customs_status: str
    available: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    site: str
    customs_status: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Proposal:
    """`missing` is what no source has."""

    need: Need
    wanted: Decimal
    parts: list[Part] = field(default_factory=list)
    missing: Decimal = Decimal(0)


def propose(
    needs: Iterable[Need], sources: Sequence[Source], *, min_cover_days: int, target_cover_days: int
) -> list[Proposal]:
    """Proposals for those that last less than the minimum, up to the target, in whole units.

    Who runs out first is served first; each takes from the source that has the most, so that a transfer comes from few sites.
    """
    by_goods: dict[tuple[UUID, UUID], list[Source]] = defaultdict(list)
    for one in sources:
        by_goods[one.item_id, one.owner_id].append(one)
    left = {one: one.available for one in sources}
    low = [one for one in needs if one.demand > 0 and one.cover_days < min_cover_days]
    proposals = []
    for need in sorted(low, key=lambda one: (one.cover_days, one.site, one.item_id.int, one.owner_id.int)):
        want = need.daily * target_cover_days - need.available - need.incoming
        wanted = want.to_integral_value(ROUND_CEILING)
        mine = [one for one in by_goods[need.item_id, need.owner_id] if one.site != need.site]
        parts, missing = _take(wanted, mine, left)
        proposals.append(Proposal(need, wanted, parts, missing))
    return proposals


def _take(wanted: Decimal, sources: list[Source], left: dict[Source, Decimal]) -> tuple[list[Part], Decimal]:
    parts = []
    for one in sorted(sources, key=lambda one: (-left[one], one.site, one.customs_status)):
        taken = min(wanted, left[one])
        if taken > 0:
            left[one] -= taken
            wanted -= taken
            parts.append(Part(one.site, one.customs_status, taken))
    return parts, wanted

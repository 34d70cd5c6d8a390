"""When a variance is counted again, and whose word a correction needs. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Policy:
    """Days between two counts of a place by its class; above either limit of `recount` another person counts again."""

    a_days: int = 30
    b_days: int = 90
    c_days: int = 365
    recount_quantity: Decimal = Decimal(10)
    recount_percent: Decimal = Decimal(5)


def needs_recount(expected: Decimal, counted: Decimal, policy: Policy) -> bool:
    """Goods that nobody expected are more than any percentage of nothing."""
    variance = abs(counted - expected)
    if variance == 0:
        return False
    share = variance * 100 / expected if expected > 0 else None
    return variance > policy.recount_quantity or share is None or share > policy.recount_percent


def needs_customs(customs_status: str, account_line_id: UUID | None) -> bool:
    """Goods on whose duty customs still has a claim are never adjusted without a customs document."""
    return account_line_id is not None or customs_status in ("duty_unpaid", "under_inspection", "detained")


def needs_another(person: UUID, counters: list[str]) -> bool:
    """Whether this person's eyes have been on the count already."""
    return str(person) in counters

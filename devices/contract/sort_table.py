"""The sort table: what the warehouse pushes to a line in advance, and how a gateway reads it.

Two retained parts. The *plan* (small): which chute serves which destination, service and weight class, with alternates,
and the chutes of special role. The *directory* (large, in buckets by a hash of the barcode): which parcel wants what.
`decide` is pure and lives in the contract because both sides must mean the same by a table: the warehouse replays it for a
what-if, the gateway obeys it inside the diverter's deadline.
"""

import zlib
from collections.abc import Callable
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from devices.contract.events import PlaceName
from devices.contract.reasons import SortReason

BUCKETS = 256


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SortRule(_Model):
    """First rule that matches wins; None matches anything. Weight bounds are grams, `from_g` inclusive, `below_g` not."""

    destination: str | None = Field(default=None, max_length=16)
    service: str | None = Field(default=None, max_length=16)
    from_g: int | None = Field(default=None, ge=0)
    below_g: int | None = Field(default=None, ge=0)
    chutes: list[PlaceName] = Field(min_length=1, max_length=16)


class Roles(_Model):
    """Chutes of special role. `safe` takes whatever has no decision in time."""

    no_read: PlaceName
    no_data: PlaceName
    hold: PlaceName
    overflow: PlaceName
    safe: PlaceName


class SortPlan(_Model):
    """One version of a line's plan. `max_passes`: rounds before a parcel goes to overflow."""

    v: Literal[1] = 1
    line: str = Field(max_length=100)
    version: int = Field(ge=1)
    valid_from: AwareDatetime
    max_passes: int = Field(ge=0, le=99)
    rules: list[SortRule] = Field(max_length=1000)
    roles: Roles


class Entry(_Model):
    """What one parcel wants. Short keys: a bucket of a thousand parcels has to stay below 64 kB."""

    d: str = Field(max_length=16)  # destination
    s: str = Field(default="", max_length=16)  # service
    w: int | None = Field(default=None, ge=0)  # declared weight_g, used when the scale gave none
    h: bool = False  # customs hold: never into a destination chute


class DirectoryBucket(_Model):
    """All live parcels whose barcode hashes to `bucket`. A bucket replaces its predecessor whole when `version` is higher."""

    v: Literal[1] = 1
    line: str = Field(max_length=100)
    bucket: int = Field(ge=0, lt=BUCKETS)
    version: int = Field(ge=1)
    entries: dict[str, Entry]


class Choice(_Model):
    """`chute` None: another round. `code`: the barcode that matched."""

    chute: str | None
    reason: SortReason
    code: str | None


def bucket_of(code: str) -> int:
    return zlib.crc32(code.encode()) % BUCKETS


def decide(
    plan: SortPlan,
    lookup: Callable[[str], Entry | None],
    available: Callable[[str], bool],
    codes: list[str],
    weight_g: int | None,
    pass_no: int,
) -> Choice:
    """Choose a chute for an item from its codes, in the order hold, rules, alternates, round, overflow.

    Two different known parcels on one item are MULTI_READ: guessing would send one of them to the wrong country.
    """
    if not codes:
        return Choice(chute=plan.roles.no_read, reason=SortReason.NO_READ, code=None)
    known = {code: entry for code in dict.fromkeys(codes) if (entry := lookup(code)) is not None}
    if not known:
        return Choice(chute=plan.roles.no_data, reason=SortReason.NO_DATA, code=codes[0])
    if len(known) > 1:
        return Choice(chute=plan.roles.no_read, reason=SortReason.MULTI_READ, code=None)
    code, entry = next(iter(known.items()))
    if entry.h:
        return Choice(chute=plan.roles.hold, reason=SortReason.CUSTOMS_HOLD, code=code)
    rule = _match(plan.rules, entry, weight_g if weight_g is not None else entry.w)
    if rule is None:
        return Choice(chute=plan.roles.no_data, reason=SortReason.NO_DEST, code=code)
    for place, chute in enumerate(rule.chutes):
        if available(chute):
            return Choice(chute=chute, reason=SortReason.OK if place == 0 else SortReason.ALTERNATE, code=code)
    if pass_no < plan.max_passes:
        return Choice(chute=None, reason=SortReason.RECIRCULATE, code=code)
    return Choice(chute=plan.roles.overflow, reason=SortReason.RECIRC_MAX, code=code)


def _match(rules: list[SortRule], entry: Entry, weight_g: int | None) -> SortRule | None:
    for rule in rules:
        if rule.destination is not None and rule.destination != entry.d:
            continue
        if rule.service is not None and rule.service != entry.s:
            continue
        if rule.from_g is not None and (weight_g is None or weight_g < rule.from_g):
            continue
        if rule.below_g is not None and (weight_g is None or weight_g >= rule.below_g):
            continue
        return rule
    return None

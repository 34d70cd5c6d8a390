"""UUIDv7 identifiers: sortable by creation, made here because PostgreSQL 15 to 17 cannot make them."""

import secrets
from datetime import UTC, datetime
from uuid import UUID

_COUNTER_BITS = 26  # the 12 behind the version and the first 14 behind the variant; the other 48 are random


def uuid7(now: datetime, counter: int | None = None) -> UUID:
    """A version 7 UUID (RFC 9562, section 5.7): 48 bits of Unix milliseconds, a counter, random bits.

    Ids of one millisecond sort by their counters (section 6.2, method 1); without one those bits are random too.
    """
    ms = int(now.timestamp() * 1000) & (2**48 - 1)
    count = secrets.randbits(_COUNTER_BITS) if counter is None else counter & (2**_COUNTER_BITS - 1)
    high, low = count >> 14, count & (2**14 - 1)
    return UUID(int=(ms << 80) | (7 << 76) | (high << 64) | (2 << 62) | (low << 48) | secrets.randbits(48))


def first_counter() -> int:
    """Where a transaction begins to count: at random, with room for millions, so that two of one millisecond rarely meet."""
    return secrets.randbits(_COUNTER_BITS - 1)


def instant_of(id: UUID) -> datetime:
    """When a version 7 UUID was made, to the millisecond."""
    return datetime.fromtimestamp((id.int >> 80) / 1000, UTC)

"""UUIDv7: the time in front, so that ids of one gateway sort as they were made."""

import secrets
from datetime import datetime
from uuid import UUID


def uuid7(at: datetime, entropy: int | None = None) -> UUID:
    """A UUIDv7 (RFC 9562, 5.7) of this instant; `entropy` (74 bits) is for tests."""
    bits = secrets.randbits(74) if entropy is None else entropy
    millis = int(at.timestamp() * 1000) & ((1 << 48) - 1)
    return UUID(int=millis << 80 | 0x7 << 76 | (bits >> 62) << 64 | 0b10 << 62 | bits & ((1 << 62) - 1))

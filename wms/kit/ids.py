"""UUIDv7 identifiers: sortable by creation, made here because PostgreSQL 15 to 17 cannot make them."""

import secrets
from datetime import UTC, datetime
from uuid import UUID


def uuid7(now: datetime) -> UUID:
    """A version 7 UUID (RFC 9562, section 5.7): 48 bits of Unix milliseconds, 74 random bits."""
    ms = int(now.timestamp() * 1000) & (2**48 - 1)
    value = (ms << 80) | secrets.randbits(80)
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)


def instant_of(id: UUID) -> datetime:
    """When a version 7 UUID was made, to the millisecond."""
    return datetime.fromtimestamp((id.int >> 80) / 1000, UTC)

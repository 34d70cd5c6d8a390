"""The outbox: what the gateway has seen and the warehouse has not yet confirmed, on disk before anyone is told.

One SQLite file, WAL, synchronous=FULL. All writes go through one writer thread (`writer`), which commits at once when it
was idle and groups whatever arrived while it was busy. A row is born NEW, is SENT in the current connection epoch (kept in
memory: after a restart everything is to be sent again anyway) and is deleted by the warehouse's acknowledgement only.
"""

from gateway.outbox.outbox import Draft, Outbox
from gateway.outbox.reading import StoredEvent, StreamTail
from gateway.outbox.writer import Statement

__all__ = ["Draft", "Outbox", "Statement", "StoredEvent", "StreamTail"]

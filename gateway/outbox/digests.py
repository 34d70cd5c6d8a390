"""Which telegrams were taken already: a bounded memory of digests, mirrored in the outbox file.

A controller repeats what it has no receipt for, also across a restart of the gateway. Its repetition is byte for byte, so
a digest of the bytes recognises it. Remembered for a day or for the last CAP telegrams, whichever is less.
"""

import sqlite3


class Digests:
    CAP = 50_000
    MAX_AGE_S = 24 * 3600

    def __init__(self, known: list[bytes]) -> None:
        self._known: dict[bytes, None] = dict.fromkeys(known)  # a dict keeps the order of arrival

    @classmethod
    def load(cls, connection: sqlite3.Connection) -> "Digests":
        """The newest CAP digests of the file, oldest first."""
        rows = connection.execute("SELECT digest FROM digest ORDER BY at_ms DESC LIMIT ?", (cls.CAP,)).fetchall()
        return cls([row[0] for row in reversed(rows)])

    def __contains__(self, digest: bytes) -> bool:
        return digest in self._known

    def add(self, digest: bytes) -> bytes:
        """Remember, and forget the oldest beyond the cap."""
        self._known[digest] = None
        if len(self._known) > self.CAP:
            del self._known[next(iter(self._known))]
        return digest

"""Fixed instants for tests."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """The instant `seconds` after the start of the demonstration day."""
    return START + timedelta(seconds=seconds)

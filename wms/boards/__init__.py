"""Read-only SQL for screens."""

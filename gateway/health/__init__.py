"""Health, metrics and raw frames over HTTP, for the machine's own neighbours."""

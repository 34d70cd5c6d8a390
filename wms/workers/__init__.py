"""Loops without rules: ingest, react, relay."""

"""Proof: the journal replayed against everything the system believes."""

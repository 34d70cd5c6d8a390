"""The ledger: where every unit is, and the immutable journal of how it came there."""

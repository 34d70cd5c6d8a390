"""`make bench-stock`: postings over HTTP against the bare database beside them, and the proof that nothing was lost."""

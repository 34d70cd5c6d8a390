"""Benchmarks: `make bench-NAME`. Each prints what it does and, as its last line, one JSON object."""

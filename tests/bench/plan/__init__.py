"""How good and how fast plans are: `make bench-plan`."""

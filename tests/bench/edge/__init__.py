"""`make bench-edge`: a gateway on sixty-four serial lines, its decisions, and what it does after an outage."""

"""Work to do, leased to one person at a time."""

"""`make bench-storm`: random concurrent operations of every kind on one small warehouse, and the proof after it."""

"""Everything that breaks at once, on purpose, and the count afterwards: effects equal the ground truth.

`make test-chaos` runs it for ten minutes; tests/scenarios/test_chaos.py for one.
"""

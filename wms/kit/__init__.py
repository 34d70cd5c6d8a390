"""Foundations that know no warehouse: database door, ids, clock, refusals, settings of servers."""

"""Counting: blind, beside running work, and adjusted only by a second person."""

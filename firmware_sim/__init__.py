"""Machines made of Python, faithful down to the bytes."""

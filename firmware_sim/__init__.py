"""Machines made of Python, faithful down to the bytes.

`models` are pure: they know belts, loads and telegrams, and get time and chance from outside. `hosts` put their bytes on
real ptys and sockets. `world` composes one sorting line out of both; `truth` writes down what really happened, so that a
test can compare it with what the warehouse believes.
"""

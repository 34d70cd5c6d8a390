"""Identifiers of the outside world: postal, GS1, couriers. Pure: text in, verdict out."""

"""Parcels and bags: life cycle, holds, identity."""

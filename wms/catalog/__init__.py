"""The catalogue: trade items, their packaging levels and every code by which people call them."""

"""Outbound: orders, allocation, waves, picking, packing, loading, dispatch and proof of delivery."""

"""Transfers: goods of one owner from site to site, in two steps through stock in transit, and the claims for what differs."""

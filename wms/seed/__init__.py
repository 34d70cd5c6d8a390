"""The demonstration world: sites, one sorting line and its plan, loaded as data."""

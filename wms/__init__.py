"""The warehouse: rules, records and screens."""

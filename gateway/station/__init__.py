"""A sorting line: joins what its machines say about one item and answers where the item goes."""

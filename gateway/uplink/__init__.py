"""North: the broker connection, the order in which streams are published, and the warehouse's acknowledgements."""

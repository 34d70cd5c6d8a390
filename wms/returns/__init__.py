"""Returns: goods that left come back to what they were: the same owner, lot, customs status and bonded account line."""

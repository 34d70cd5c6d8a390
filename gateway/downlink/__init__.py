"""South: commands of the warehouse, checked, fenced, journalled and executed once."""

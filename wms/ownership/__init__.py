"""Whose goods these are: reports for owners, supplier-owned stock, warehouse receipts and their pledge."""

"""Parties: owners of goods, suppliers, customers, carriers, banks."""

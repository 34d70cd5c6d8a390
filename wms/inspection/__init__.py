"""Looking into parcels: analyses of X-ray views and CT volumes. Pure; each says what it saw, never what shall be done."""

"""Analyses of X-ray views and CT volumes measured on simulated parcels with known truth."""

"""DICOS files of security scanners: CT volumes, projection images, threat reports; both directions, by way of pydicom.

Written from public dumps and a toolkit's acceptance, not from the text of NEMA IIC 1: compatible export, no conformance claim.
"""

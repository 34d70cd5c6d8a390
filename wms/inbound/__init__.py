"""Announcements: manifests from carriers and customs become expected parcels."""

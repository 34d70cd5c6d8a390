"""A dual-energy X-ray view and a dual-energy CT, as physics: everything they show is simulated, nothing is measured goods."""

"""ByteLinks: how bytes reach a machine."""

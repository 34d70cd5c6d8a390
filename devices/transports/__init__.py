"""ByteLinks: how bytes reach a machine. Every transport fits the one small protocol in `link`."""

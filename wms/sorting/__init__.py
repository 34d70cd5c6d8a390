"""Sort plans, the directory pushed to gateways, and what the line reports back."""

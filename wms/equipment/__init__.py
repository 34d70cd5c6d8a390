"""Lines, chutes, gateways and devices: what stands on the floor and how it is."""

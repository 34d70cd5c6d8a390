"""One file a device family: bytes in, contract facts out. No MQTT and no database in here; see `outputs` for the shape."""

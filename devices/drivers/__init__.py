"""One file a device family: link and codec in, contract events out."""

"""How to speak with machines: contract, codecs, transports, drivers."""

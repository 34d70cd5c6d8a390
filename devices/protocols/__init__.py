"""Pure codecs, named by wire language: bytes in, messages out, no I/O and no clock."""

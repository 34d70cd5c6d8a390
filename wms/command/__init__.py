"""The command `kouan`, one file a verb."""

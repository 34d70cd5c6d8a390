"""The machines themselves: no I/O, no clock of their own, no global chance."""

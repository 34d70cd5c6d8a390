"""Embedded servers and the supervision of child processes: what `kouan up` stands on."""

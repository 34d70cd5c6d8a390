"""How plans are found; nothing here is trusted, everything is refereed by `routing.check` and `routing.check_bound`."""

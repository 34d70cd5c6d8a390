"""Labels: templates as data, rendered for printers and for the eye, and the queue of what is to be printed."""

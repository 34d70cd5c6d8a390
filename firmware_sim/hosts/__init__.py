"""Where the machines' bytes meet the operating system: ptys, a listening socket, real time."""

"""The network and the shipments as files that planners edit, and how they become a problem."""

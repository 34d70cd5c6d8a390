"""Who may do what, where: people, devices, integrations, their tokens, and the audit trail."""

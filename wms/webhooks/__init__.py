"""Facts for others: pushed to their webhooks or pulled as a feed, at least once, in order for each subject."""

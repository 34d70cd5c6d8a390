"""Where goods go after they have come: by the strategy of the site, or straight to the lane of who waits for them."""

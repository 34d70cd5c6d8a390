"""Sites of kind bonded, border, overseas and sorting centre, and the places inside them."""

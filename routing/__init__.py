"""Planning, a library without a database."""

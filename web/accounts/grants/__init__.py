"""Pages of the rights granted beside the roles, and of who can read what."""

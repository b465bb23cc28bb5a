"""Pages of the life of an account: request, activation, charter, administration."""

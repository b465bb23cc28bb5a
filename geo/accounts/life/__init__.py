"""The life of an account: request, invitation, activation, charter, sleep, end."""

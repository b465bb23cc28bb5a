"""Signing in through an OpenID Connect provider (ProConnect): client, checks, people."""

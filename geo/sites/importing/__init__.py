"""Importing sites from files: read, understood line by line, written by the services."""

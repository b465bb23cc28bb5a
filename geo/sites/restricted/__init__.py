"""The restricted blocks of a site's record: owners, procedures, health watch, costs.

Each in tables of its own, read through the reach of its own class.
"""

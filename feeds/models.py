"""The tables of the feeds: the exports."""

from feeds.exporting.models import Export, State

__all__ = ["Export", "State"]

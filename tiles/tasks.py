"""The job that makes room among the tiles kept. Leaves what goes to `kept`."""

from __future__ import annotations

from geo.core.jobs import periodic
from tiles import kept


@periodic("tiles.clear", "*/10 * * * *", reader=None)
def clear(timestamp: int) -> None:
    """Every ten minutes: what is old or too much."""
    kept.clear()

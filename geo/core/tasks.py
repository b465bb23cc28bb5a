"""The daily job of retention. Leaves the rules to each package's `retention.py`."""

from __future__ import annotations

from geo.core.jobs import periodic
from geo.core.retention import run


@periodic("core.retention", "17 3 * * *")
def retention(timestamp: int) -> None:
    """Every night: what has come to its term."""
    failed = [done.rule.code for done in run() if done.failed]
    if failed:
        # The job is seen as failed; the other rules were applied.
        raise RuntimeError(f"retention rules failed: {', '.join(failed)}")

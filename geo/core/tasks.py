"""The jobs of each night: retention, and the seals of the history; of each minute: versions.

Leaves all of them to their modules.
"""

from __future__ import annotations

from geo.core import versions
from geo.core.jobs import periodic
from geo.core.retention import run
from geo.core.scope import Scope
from geo.core.sealing import seals_add


@periodic("core.retention", "17 3 * * *")
def retention(timestamp: int) -> None:
    """Every night: what has come to its term."""
    failed = [done.rule.code for done in run() if done.failed]
    if failed:
        # The job is seen as failed; the other rules were applied.
        raise RuntimeError(f"retention rules failed: {', '.join(failed)}")


@periodic("core.history_seals", "47 2 * * *", reader=Scope.everything())
def history_seals(timestamp: int) -> None:
    """Every night: the new events of the history are sealed."""
    seals_add()


@periodic("core.versions", "* * * * *", reader=None)
def versions_add_up(timestamp: int) -> None:
    """Every minute: the rows of past changes become one for each collection."""
    versions.add_up()

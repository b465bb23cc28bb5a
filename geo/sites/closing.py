"""What a closing is: its kind, whether it must be reviewed, and the answer the form suggests.

The table of the record, §3.8, as data. Leaves storage to the services.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings

from geo.sites.enums import DURABLE, ClosureCause, ClosureKind, Solutions

FORCED = {ClosureCause.JUSTICE, ClosureCause.PREF_ADMIN, ClosureCause.CITY_ADMIN}


def closure_kind(cause: str, closed_with_solutions: str) -> tuple[ClosureKind, bool]:
    """The kind of a closing, and True when someone must review it."""
    if closed_with_solutions == Solutions.YES:
        return ClosureKind.RESORPTION, False
    kind = ClosureKind.EVACUATION if cause in FORCED else ClosureKind.OTHER
    review = closed_with_solutions == Solutions.UNKNOWN or cause == ClosureCause.RESORBED
    return kind, review


def durable_people(solutions: Iterable[tuple[str, int | None]]) -> int:
    """People directed to durable solutions, from (type, people) pairs; unknown counts as none."""
    return sum(people or 0 for kind, people in solutions if kind in DURABLE)


def suggested_answer(durable: int, people: int | None) -> Solutions | None:
    """`yes` from 66 % of the people, else `no`; None when the population is unknown or 0."""
    if not people:
        return None
    reached = durable * 100 >= settings.DURABLE_SHARE_PERCENT * people
    return Solutions.YES if reached else Solutions.NO

"""What a closing is: its kind, whether it must be reviewed, and the answer the form suggests.

The table of the record, §3.8, as data. Leaves storage to the services.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a closing is: its kind, whether to review it, whether its answer needs a comment."""

    kind: ClosureKind
    needs_review: bool
    needs_comment: bool


def closing_outcome(
    *, cause: str, answer: str, solutions: Iterable[tuple[str, int | None]], people: int | None
) -> Outcome:
    """The outcome of a closing from its cause, its answer, (type, people) pairs and population.

    The one computation behind the service and every set-based writing.
    """
    expected = suggested_answer(durable_people(solutions), people)
    against = expected is not None and answer not in {Solutions.UNKNOWN, expected}
    kind, review = closure_kind(cause, answer)
    return Outcome(kind, review or against, against)

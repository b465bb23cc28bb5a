"""The closings of the invented sites: cause, answer and where people were directed.

The kind that is stored is the product's own computation, checked against the life it came from.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from demo.invented import moment, stable_id
from demo.lives import Life
from geo.sites.closing import closing_outcome
from geo.sites.enums import ClosureCause, ClosureKind, Solutions, SolutionType
from geo.sites.models import Closure, ClosureSolution

CAUSES = {
    "evacuation": (
        (ClosureCause.JUSTICE, ClosureCause.PREF_ADMIN, ClosureCause.CITY_ADMIN),
        (6, 3, 1),
    ),
    "resorption": ((ClosureCause.RESORBED, ClosureCause.PREF_ADMIN), (6, 1)),
    "other": ((ClosureCause.OTHER, ClosureCause.UNKNOWN, ClosureCause.RESORBED), (4, 2, 1)),
}
CONTEXTS = {
    "evacuation": "Contexte inventé : évacuation après décision.",
    "resorption": "Contexte inventé : relogement progressif des ménages.",
    "other": "Contexte inventé : départ des habitants.",
}


@dataclass(frozen=True, slots=True)
class Closing:
    """A closing and its rows of solutions, ready to be written."""

    closure: Closure
    solutions: list[ClosureSolution]


def closing(life: Life, *, site_id: int, people: int | None, author: int | None) -> Closing:
    """The closing of a life that ended, for the last people counted (None when unknown)."""
    if life.kind is None or life.closed_on is None:
        raise ValueError(f"site {life.number} is open")
    rng = life.rng("closing")
    causes, weights = CAUSES[life.kind]
    cause = rng.choices(causes, weights)[0]
    answer = _answer(life.kind, rng)
    rows = _solutions(life.kind, people, rng)
    outcome = closing_outcome(cause=cause, answer=answer, solutions=rows, people=people)
    if outcome.kind != ClosureKind(life.kind):
        raise ValueError(f"site {life.number}: {life.kind} planned, {outcome.kind} computed")
    closure = Closure(
        id=stable_id("closure", life.number),
        site_id=site_id,
        cause=cause,
        closed_on=life.closed_on,
        context=CONTEXTS[life.kind],
        closed_with_solutions=answer,
        comment="Précision inventée." if outcome.needs_comment else "",
        kind=outcome.kind,
        needs_review=outcome.needs_review,
        entered_at=moment(life.closed_on, rng, within_days=9),
        entered_by_id=author,
    )
    return Closing(
        closure,
        [
            ClosureSolution(
                closure_id=closure.pk,
                type=kind,
                people=number,
                households=max(1, round(number / 3.6)) if number else None,
            )
            for kind, number in rows
        ],
    )


def _answer(kind: str, rng: random.Random) -> Solutions:
    if kind == "resorption":
        return Solutions.YES
    unknown = 0.08 if kind == "evacuation" else 0.25
    return Solutions.UNKNOWN if rng.random() < unknown else Solutions.NO


def _solutions(
    kind: str, people: int | None, rng: random.Random
) -> list[tuple[SolutionType, int | None]]:
    if people is None:
        return [(SolutionType.HOUSING, None)] if kind == "resorption" else []
    if kind == "resorption":
        durable = max((66 * people + 99) // 100, round(people * rng.uniform(0.7, 1.0)))
    else:
        durable = min(round(people * rng.uniform(0, 0.35)), (66 * people - 1) // 100)
    housing = round(durable * rng.uniform(0.3, 0.9))
    sheltered = round((people - durable) * rng.uniform(0.2, 0.8))
    rows = [
        (SolutionType.HOUSING, housing),
        (SolutionType.LONG_TERM_ADAPTED, durable - housing),
        (SolutionType.EMERGENCY_SHELTER, sheltered),
        (SolutionType.NONE, people - durable - sheltered),
    ]
    return [(solution, number) for solution, number in rows if number > 0]

"""What is wrong with a closing, all of it at once, so that a form tells everything in one round.

Leaves what a closing is to `closing` and storage to the services.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils import timezone

from geo.core.errors import InvalidInput
from geo.sites.closing import closing_outcome
from geo.sites.enums import ClosureCause, Solutions, SolutionType
from geo.sites.models import Closure, Population, Site

WHOLES = {"people": "personnes", "households": "ménages"}


def closing_faults(
    site: Site,
    *,
    cause: str | None,
    closed_on: dt.date | None,
    context: str | None,
    closed_with_solutions: str | None,
    solutions: Sequence[Mapping[str, Any]],
    comment: str | None,
) -> list[InvalidInput]:
    """Every fault, in the order of the form; None is what could not be read and is not judged.

    Fields: `cause`, `closed_with_solutions` and `solutions` (codes in no list), `closed_on`,
    `context`, `solutions` (more people than the site has), `comment`.
    """
    faults = list(_date_faults(site, closed_on))
    unknown = list(_code_faults(cause, closed_with_solutions, solutions))
    if unknown:
        return [*faults, *unknown]
    # Of a date that cannot be right nothing else follows.
    last = last_count(site, None if faults else closed_on)
    if context is not None and not context.strip():
        faults.append(InvalidInput("Décrivez le contexte de la fermeture.", field="context"))
    faults += _whole_faults(last, solutions)
    if cause and closed_with_solutions:
        outcome = closing_outcome(
            cause=cause,
            answer=closed_with_solutions,
            solutions=[(row["type"], row.get("people")) for row in solutions],
            people=last.people if last else None,
        )
        if outcome.needs_comment and not (comment or "").strip():
            faults.append(
                InvalidInput(
                    "Cette réponse s'écarte de la part des personnes relogées durablement : "
                    "précisez pourquoi.",
                    field="comment",
                )
            )
    return faults


def last_count(site: Site, closed_on: dt.date | None) -> Population | None:
    """The count of people that held on the day of the closing; the last one when it is unknown."""
    counts = site.populations.order_by("-observed_on")
    return (counts.filter(observed_on__lte=closed_on) if closed_on else counts).first()


def closure_version(closure: Closure) -> str:
    """A name for the state of a closing; any correction of it changes it."""
    return f"{closure.pk}-{closure.entered_at.timestamp():.6f}"


def _code_faults(
    cause: str | None, answer: str | None, solutions: Sequence[Mapping[str, Any]]
) -> Iterator[InvalidInput]:
    """Codes that are in no list: a form does not offer them, an import or a program may."""
    if cause and cause not in ClosureCause.values:
        yield InvalidInput(f"Cause de fermeture inconnue : « {cause} ».", field="cause")
    if answer and answer not in Solutions.values:
        yield InvalidInput(f"Réponse inconnue : « {answer} ».", field="closed_with_solutions")
    for row in solutions:
        if row["type"] not in SolutionType.values:
            yield InvalidInput(f"Orientation inconnue : « {row['type']} ».", field="solutions")


def _date_faults(site: Site, closed_on: dt.date | None) -> Iterator[InvalidInput]:
    if closed_on is None:
        return
    if closed_on > timezone.localdate():
        yield InvalidInput("La fermeture ne peut pas être dans le futur.", field="closed_on")
    if closed_on < site.opened_on:
        yield InvalidInput(
            f"Le site ne peut pas fermer avant son ouverture ({site.opened_on:%d/%m/%Y}).",
            field="closed_on",
        )


def _whole_faults(
    last: Population | None, solutions: Sequence[Mapping[str, Any]]
) -> Iterator[InvalidInput]:
    """Parts never exceed the whole: nobody is directed who was not counted."""
    if last is None:
        return
    for name, words in WHOLES.items():
        whole = getattr(last, name)
        parts = sum(row.get(name) or 0 for row in solutions)
        if whole is not None and parts > whole:
            yield InvalidInput(
                f"Les orientations comptent {parts} {words}, le site {whole} au relevé du "
                f"{last.observed_on:%d/%m/%Y} : corrigez-les, ou enregistrez d'abord un relevé "
                "plus juste.",
                field="solutions",
            )

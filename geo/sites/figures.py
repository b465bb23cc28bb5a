"""The national totals that anyone may read: four numbers, no territory, nothing below a threshold.

Not under a scope: these are aggregates of the whole country, which no reader can narrow. Leaves
published indicators by territory to the disclosure control.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q, Sum
from django.utils import timezone

from geo.sites.enums import ClosureKind, Status
from geo.sites.models import Closure, Site

# A total of so few sites would tell of each of them.
FEWEST_SITES = 11


@dataclass(frozen=True, slots=True)
class NationalFigures:
    """Sites open or being resorbed, the people who live there by their last counts, departements
    concerned, and the sites resorbed in the last 365 days.

    None where the number would tell too much.
    """

    day: dt.date
    living_sites: int | None
    people: int | None
    departements: int | None
    resorbed: int | None


def national_figures() -> NationalFigures:
    """The totals today."""
    today = timezone.localdate()
    living = Site.objects.at(today).exclude(Q(state=Status.CLOSED))
    totals = living.aggregate(
        sites=Count("pk", distinct=True),
        people=Sum("pop__people"),
        departements=Count("departement_id", distinct=True),
    )
    resorbed = Closure.objects.filter(
        Q(kind=ClosureKind.RESORPTION, reopened_on__isnull=True),
        closed_on__gt=today - dt.timedelta(days=365),
        closed_on__lte=today,
    ).count()
    enough = totals["sites"] >= FEWEST_SITES
    return NationalFigures(
        day=today,
        living_sites=totals["sites"] if enough else None,
        people=totals["people"] or 0 if enough else None,
        departements=totals["departements"] if enough else None,
        resorbed=resorbed if resorbed >= FEWEST_SITES else None,
    )

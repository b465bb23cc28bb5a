"""How sites and what hangs on them are read: under a scope first, then at a date.

Leaves publication to `collections` and writes to `services`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Self

from django.contrib.gis.db import models
from django.db.models import Case, FilteredRelation, Q, Value, When

from geo.core.scope import Reach, Scope
from geo.sites.enums import Status
from geo.sites.spans import HoldsDay


def exact_q(reach: Reach, prefix: str = "") -> Q:
    """Rows whose exact place the reader may see. `prefix` leads to the site."""
    if reach.exact.nation:
        return Q()
    condition = Q(**{f"{prefix}pk__in": reach.sites}) if reach.sites else Q()
    if reach.exact:
        return reach.exact.q(prefix) | condition if reach.sites else reach.exact.q(prefix)
    return condition if reach.sites else Q(pk__in=[])


def grid_q(reach: Reach, prefix: str = "") -> Q:
    """Rows that the reader sees on the 500 m grid, and not exactly."""
    if not reach.grid or reach.exact.nation:
        return Q(pk__in=[])
    return reach.grid.q(prefix) & ~exact_q(reach, prefix)


def commune_q(reach: Reach, prefix: str = "") -> Q:
    """Rows that the reader sees at their commune, and no better."""
    if not reach.commune or reach.exact.nation or reach.grid.nation:
        return Q(pk__in=[])
    return reach.commune.q(prefix) & ~exact_q(reach, prefix) & ~grid_only_q(reach, prefix)


def grid_only_q(reach: Reach, prefix: str = "") -> Q:
    """Rows inside the blurred areas, whatever else covers them."""
    return reach.grid.q(prefix) if reach.grid else Q(pk__in=[])


def visible_q(reach: Reach, prefix: str = "") -> Q:
    """Every row the reader may see, at whatever precision."""
    if reach.exact.nation or reach.grid.nation or reach.commune.nation:
        # Not a member of the OR below: an empty Q there counts for nothing, not for everything.
        return Q()
    coarse = reach.commune.q(prefix) if reach.commune else Q(pk__in=[])
    return exact_q(reach, prefix) | grid_only_q(reach, prefix) | coarse


class SiteQuerySet(models.QuerySet[Any]):
    """Sites under a scope, with their state at a date."""

    def visible_to(self, scope: Scope) -> Self:
        """Every site the reader may see."""
        return self.filter(visible_q(scope.reach()))

    def exact_to(self, scope: Scope) -> Self:
        """The sites whose exact place the reader may see."""
        return self.filter(exact_q(scope.reach()))

    def at(self, day: dt.date) -> Self:
        """The sites that had opened by the end of `day`, joined to their observations and closing.

        Adds the relations `pop`, `living` and `closing` (None where unknown or open) and the
        annotations `state` (a `Status`) and `owner_is_known`, all as they stood on that day.
        """
        joined = self.filter(opened_on__lte=day).annotate(
            owner_is_known=HoldsDay("owner_known", day),
            pop=_on("populations", day),
            living=_on("livings", day),
            closing=FilteredRelation(
                "closures",
                condition=Q(closures__closed_on__lte=day, closures__valid_until__gt=day),
            ),
        )
        return joined.annotate(
            state=Case(
                When(closing__isnull=False, then=Value(Status.CLOSED)),
                When(resorption_started_on__lte=day, then=Value(Status.RESORPTION)),
                default=Value(Status.OPEN),
            )
        )


class OfSiteQuerySet(models.QuerySet[Any]):
    """Rows that belong to a site through `site` and follow its general visibility."""

    def visible_to(self, scope: Scope) -> Self:
        """The rows of the sites the reader may see."""
        return self.filter(visible_q(scope.reach(), "site__"))


class OfTwoSitesQuerySet(models.QuerySet[Any]):
    """Rows that bind two sites, `site` and `origin`: only for those who see both."""

    def visible_to(self, scope: Scope) -> Self:
        """The rows both sites of which the reader may see."""
        reach = scope.reach()
        return self.filter(visible_q(reach, "site__"), visible_q(reach, "origin__"))


class OfPlaceQuerySet(models.QuerySet[Any]):
    """Rows that tell the exact place: only for those who may see it."""

    def visible_to(self, scope: Scope) -> Self:
        """The rows of the sites whose exact place the reader may see."""
        return self.filter(exact_q(scope.reach(), "site__"))


def _on(relation: str, day: dt.date) -> FilteredRelation:
    return FilteredRelation(
        relation,
        condition=Q(**{f"{relation}__observed_on__lte": day, f"{relation}__valid_until__gt": day}),
    )

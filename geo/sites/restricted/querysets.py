"""How rows of a restricted class are read: on the reach of that class, never on the general one.

Leaves the areas to the scope.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from geo.core.scope import DataClass, Scope
from geo.sites.querysets import exact_q

# What tells the exact place besides: an owner or an order names a parcel.
OF_PLACE = frozenset({DataClass.OWNER, DataClass.JUDICIAL})


class RestrictedQuerySet(models.QuerySet[Any]):
    """Rows that belong to a site through `site`, of one class of data.

    Only exact areas and named sites count: the widening of blurred reading is for general data.
    """

    data_class: ClassVar[DataClass]

    def visible_to(self, scope: Scope) -> Self:
        """The rows of the sites where the reader may read this class."""
        rows = self.filter(exact_q(scope.reach(self.data_class), "site__"))
        return (
            rows.filter(exact_q(scope.reach(), "site__")) if self.data_class in OF_PLACE else rows
        )


class OwnerQuerySet(RestrictedQuerySet):
    """Owners of sites."""

    data_class = DataClass.OWNER

    def on(self, day: dt.date) -> Self:
        """Those that owned on `day`."""
        ended = Q(ended_on__isnull=True) | Q(ended_on__gt=day)
        return self.filter(ended, observed_on__lte=day)


class JudicialQuerySet(RestrictedQuerySet):
    """Procedures about sites."""

    data_class = DataClass.JUDICIAL

    def on(self, day: dt.date) -> Self:
        """The situations that held on `day`."""
        return self.filter(observed_on__lte=day, valid_until__gt=day)


class HealthQuerySet(RestrictedQuerySet):
    """Health watches of sites."""

    data_class = DataClass.HEALTH

    def on(self, day: dt.date) -> Self:
        """Those that had begun on `day`, and had not ended before."""
        ended = Q(ended_on__isnull=True) | Q(ended_on__gte=day)
        return self.filter(ended, started_on__lte=day)


class FinanceQuerySet(RestrictedQuerySet):
    """Estimates of what a site costs."""

    data_class = DataClass.FINANCE

    def on(self, day: dt.date) -> Self:
        """The estimates made by `day`, the newest first."""
        return self.filter(observed_on__lte=day).order_by("-observed_on")

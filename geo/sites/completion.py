"""Completion of a site's record: ten fields known or not, the single definition, as SQL.

The address and the owner's category are two of the ten, for every reader: the site's own row says
whether they are known, their own rows stay with those who may read them. Leaves storage of monthly
rates to others.
"""

from __future__ import annotations

from django.db.models import Case, IntegerField, Q, Value, When
from django.db.models.expressions import Combinable

FIELDS = 10

# For a queryset made by `SiteQuerySet.at`: `pop`, `living`, `owner_is_known`.
KNOWN: dict[str, Q] = {
    "address": Q(address_known=True),
    "owner_category": Q(owner_is_known=True),
    "census_status": Q(pop__census_status__isnull=False),
    "people": Q(pop__people__isnull=False),
    "households": Q(pop__households__isnull=False),
    "minors": Q(pop__minors__isnull=False),
    "origins": Q(pop__origins__len__gt=0),
    "water": Q(living__water_access_type__gt="") & ~Q(living__water_access_type="inconnu"),
    "electricity": Q(living__electricity_access__isnull=False),
    "waste": Q(living__waste_collection_is_close__isnull=False),
}


def completion() -> Combinable:
    """The number of known fields out of 10, as an ORM expression."""
    total: Combinable = Value(0)
    for condition in KNOWN.values():
        total = total + Case(
            When(condition, then=Value(1)), default=Value(0), output_field=IntegerField()
        )
    return total

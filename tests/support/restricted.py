"""Scopes of restricted classes and canary values, for the tests of every output."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from geo.core.scope import RESTRICTED, Areas, DataClass, Reach, Scope, Verb
from geo.sites.models import Site
from geo.sites.restricted import services

# Values that are found nowhere else: each must reach those who may read its class, and nobody else.
CANARIES = {
    DataClass.OWNER: ("Propriétaire Canari", "93066000ZZ7301"),
    DataClass.JUDICIAL: ("Étude Canari", "Tribunal Canari", "93066000ZZ7302"),
    DataClass.HEALTH: ("Mesure sanitaire canari",),
    DataClass.FINANCE: ("7304731", "Chiffrage canari"),
}
DAY = dt.date(2025, 2, 3)


def scope_of(
    areas: Areas, classes: Iterable[DataClass] = RESTRICTED, *, writes: bool = True
) -> Scope:
    """A reader of general data and of these classes in the areas, who may update there."""
    reach, chosen = Reach(exact=areas), sorted(classes)
    return Scope(
        reaches=((DataClass.GENERAL, reach), *((each, reach) for each in chosen)),
        verbs=((Verb.UPDATE, areas),) if writes else (),
        restricted=tuple((each, Verb.UPDATE, areas) for each in chosen) if writes else (),
    )


def everywhere(classes: Iterable[DataClass] = RESTRICTED) -> Scope:
    """A reader of the whole country, in these classes."""
    return scope_of(Areas(nation=True), classes)


def in_departement(
    code: str, classes: Iterable[DataClass] = RESTRICTED, *, writes: bool = True
) -> Scope:
    """A reader of one departement, in these classes."""
    return scope_of(Areas.of("departement", [code]), classes, writes=writes)


def fill(site: Site, *, scope: Scope | None = None) -> None:
    """Write the canaries of every class on a site."""
    whole: dict[str, Any] = {"by": None, "scope": scope or everywhere(), "site_id": site.pk}
    services.owners_save(
        **whole,
        rows=[
            {
                "name": "Propriétaire Canari",
                "category": "public_local",
                "parcel": "93066000ZZ7301",
                "observed_on": DAY,
            }
        ],
    )
    services.judicial_save(
        **whole,
        observed_on=DAY,
        owner_complaint=True,
        justice_rendered=True,
        justice_rendered_by="Tribunal Canari",
        bailiff="Étude Canari",
        police_status="requested",
        insalubrity_order=True,
        insalubrity_parcels=["93066000ZZ7302"],
    )
    services.health_save(
        **whole,
        rows=[
            {
                "kind": "poisoning",
                "started_on": DAY,
                "people": 3,
                "measures": "Mesure sanitaire canari",
            }
        ],
    )
    services.costs_save(
        **whole,
        rows=[
            {
                "kind": "resorption",
                "observed_on": DAY,
                "amount_eur": 7_304_731,
                "comment": "Chiffrage canari",
            }
        ],
    )

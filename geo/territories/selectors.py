"""Reading territories: where a point lies, and a territory by level and code.

Leaves contours as features to the collections.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.gis.geos import Point
from django.db import connection

from geo.core.errors import NotFound
from geo.territories.approximation.facts import TownFact, towns
from geo.territories.models import LEVELS, Commune, Territory

SINGULAR = {
    "regions": "region",
    "departements": "departement",
    "epcis": "epci",
    "communes": "commune",
}


@dataclass(frozen=True, slots=True)
class Place:
    """The codes and names of the territories at a point; `srid` is the legal projection (EPSG)."""

    commune_id: str
    commune_name: str
    epci_id: str | None
    departement_id: str
    region_id: str
    srid: int


def place_at(point: Point) -> Place | None:
    """Where a WGS84 point lies: its commune (municipal arrondissement first), or None.

    A point up to 2 km off every contour goes to the nearest commune: generalised coasts lose
    land. The rule is the database's (`commune_at`), so that triggers and forms agree.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT commune_at(ST_SetSRID(ST_MakePoint(%s, %s), 4326))", [point.x, point.y]
        )
        (code,) = cursor.fetchone()
    if code is None:
        return None
    commune = Commune.objects.only("code", "name", "epci", "departement", "region", "srid").get(
        code=code
    )
    return Place(
        commune.code,
        commune.name,
        commune.epci_id,
        commune.departement_id,
        commune.region_id,
        commune.srid,
    )


def territory_get(level: str, code: str) -> Territory:
    """The territory of a level (`departement` or `departements`) and code, or `NotFound`."""
    model = LEVELS.get(SINGULAR.get(level, level))
    territory = model._default_manager.filter(code=code).first() if model else None
    if territory is None:
        raise NotFound("Territoire inconnu.")
    return territory


def territory_name(level: str, code: str) -> str:
    """The name of a territory without its contour; its code when it is unknown."""
    model = LEVELS.get(SINGULAR.get(level, level))
    names = model._default_manager.filter(code=code).values_list("name", flat=True) if model else ()
    return next((str(name) for name in names), code)


def sub_prefectures(departement: str) -> list[TownFact]:
    """The towns where a departement's sub-prefects sit, from the typed public facts."""
    return [
        fact
        for fact in towns()
        if fact.departement == departement and fact.role == "sub-prefecture"
    ]

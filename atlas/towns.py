"""The seats that a sheet names: the prefecture and its sub-prefectures, or a region's prefectures.

Read at the published chef-lieu point, else at the typed place of the town. Leaves labels to
`atlas.labels`.
"""

from __future__ import annotations

from dataclasses import dataclass

from atlas.orders import Order
from atlas.words import short_commune
from geo.territories.models import Commune, Departement
from geo.territories.selectors import sub_prefectures


@dataclass(frozen=True, slots=True)
class Town:
    """A seat at its WGS84 place; `first` is the territory's own, a sub-prefect's is `minor`."""

    code: str
    name: str
    lon: float
    lat: float
    first: bool = True
    minor: bool = False


def towns_read(order: Order) -> list[Town]:
    """The seats of the order's territory, its own first; empty where none is known."""
    if order.level == "departement":
        departements = Departement.objects.filter(code=order.territory.code)
    elif order.level == "region":
        departements = Departement.objects.filter(region_id=order.territory.code)
    else:
        return []
    rows = departements.order_by("code").values_list("prefecture", "point")
    names = Commune.objects.filter(code__in=[code for code, _ in rows])
    communes = {commune.code: commune for commune in names.only("code", "name", "point")}
    own = order.territory.point
    towns = []
    for code, seat in rows:
        commune = communes.get(code)
        point = seat or (commune.point if commune else None)
        if commune is None or point is None:
            continue
        first = order.level == "departement" or (own is not None and point.equals_exact(own, 1e-6))
        towns.append(Town(code, short_commune(commune.name), point.x, point.y, first))
    if order.level == "departement":
        towns += _minor(order.territory.code)
    return sorted(towns, key=lambda town: (not town.first, town.code))


def _minor(departement: str) -> list[Town]:
    """The sub-prefectures, at their published point where there is one."""
    facts = sub_prefectures(departement)
    found = Commune.objects.filter(code__in=[fact.code for fact in facts], point__isnull=False)
    points = dict(found.values_list("code", "point"))
    towns = []
    for fact in facts:
        point = points.get(fact.code)
        lon, lat = (point.x, point.y) if point else (fact.lon, fact.lat)
        towns.append(Town(fact.code, fact.name, lon, lat, first=False, minor=True))
    return towns

"""Where the invented sites lie: near a town that exists, inside its commune and on land.

Towns and their places are the public facts of the territories; contours are whatever the database
holds, official or approximate. Leaves storage to `load`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import shapely
from shapely.geometry.base import BaseGeometry

from geo.core.crs import offset_lonlat
from geo.territories.approximation import facts
from geo.territories.models import Commune, Departement

TOWNS_OF_A_DEPARTEMENT = 14
TRIES = 60
# Communes that get more than their population's share: those of the invented parcels.
FAVOURED: Mapping[str, float] = {
    "93066": 3.0,
    "93001": 3.5,
    "93005": 3.0,
    "13001": 2.0,
    "13203": 2.5,
    "13215": 2.5,
}


@dataclass(frozen=True, slots=True)
class Town:
    """A commune or a municipal arrondissement where invented things may lie."""

    code: str
    name: str
    departement: str
    lon: float
    lat: float
    population: int
    dense: bool

    @property
    def radius_m(self) -> float:
        """How far from its centre things lie, in metres."""
        reach = 1100.0 if self.dense else 900.0 * (self.population / 8000) ** 0.4
        return min(max(reach, 700.0), 4500.0)


@lru_cache(maxsize=1)
def towns() -> dict[str, list[Town]]:
    """The largest towns of each departement; Paris, Lyon and Marseille by arrondissement."""
    whole = {town.code: town for town in facts.towns()}
    divided = {part.main_commune for part in facts.municipal_arrondissements()}
    every = [
        Town(
            t.code,
            t.name,
            t.departement,
            t.lon,
            t.lat,
            t.population or 1000,
            dense=t.departement in {"92", "93", "94"},
        )
        for t in facts.towns()
        if t.code not in divided
    ] + [
        Town(
            p.code,
            p.name,
            whole[p.main_commune].departement,
            p.lon,
            p.lat,
            p.population or 1000,
            dense=True,
        )
        for p in facts.municipal_arrondissements()
    ]
    found: dict[str, list[Town]] = {}
    for town in sorted(every, key=lambda town: (-town.population, town.code)):
        here = found.setdefault(town.departement, [])
        if len(here) < TOWNS_OF_A_DEPARTEMENT:
            here.append(town)
    return found


def town_of(departement: str, rng: random.Random) -> Town:
    """A town drawn by its population, some more than their share."""
    here = towns()[departement]
    weights = [
        town.population**0.6
        * FAVOURED.get(town.code, 1.0)
        * random.Random(f"atlas town {town.code}").uniform(0.3, 1.7)
        for town in here
    ]
    return rng.choices(here, weights)[0]


@dataclass(slots=True)
class Ground:
    """The contours of the database (WGS84), prepared for tests of points."""

    communes: dict[str, BaseGeometry] = field(default_factory=dict)
    departements: dict[str, BaseGeometry] = field(default_factory=dict)

    @classmethod
    def of(cls, wanted: Iterable[Town]) -> Ground:
        """Read the contours of these towns and of their departements."""
        known = list(wanted)
        ground = cls(
            _contours(Commune, {town.code for town in known}),
            _contours(Departement, {town.departement for town in known}),
        )
        shapely.prepare([*ground.communes.values(), *ground.departements.values()])
        return ground

    def holds(self, departement: str) -> bool:
        """True when the database knows this departement."""
        return departement in self.departements

    def place(self, town: Town, rng: random.Random) -> tuple[float, float]:
        """A WGS84 position in the town, drawn again until it is inside; the edges are likelier.

        A town the database does not know (merged since) gives way to its departement.
        """
        land = self.departements[town.departement]
        home = self.communes.get(town.code, land)
        for attempt in range(TRIES):
            reach = town.radius_m * (1 if attempt < TRIES // 2 else 0.5)
            distance, angle = reach * rng.uniform(0.15, 1) ** 0.7, rng.uniform(0, 2 * math.pi)
            lon, lat = offset_lonlat(
                town.lon, town.lat, distance * math.sin(angle), distance * math.cos(angle)
            )
            if _inside(home, lon, lat) and _inside(land, lon, lat):
                return round(lon, 6), round(lat, 6)
        inner = home.intersection(land).representative_point()
        return round(inner.x, 6), round(inner.y, 6)


def _contours(model: type[Commune] | type[Departement], codes: set[str]) -> dict[str, BaseGeometry]:
    rows = model.objects.filter(code__in=codes).values_list("code", "contour")
    return {code: shapely.from_wkb(bytes(contour.wkb)) for code, contour in rows}


def _inside(shape: BaseGeometry, lon: float, lat: float) -> bool:
    return bool(shapely.contains_xy(shape, lon, lat))

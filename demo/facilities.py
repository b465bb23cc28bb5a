"""Invented schools, health centres, water points … in the towns of the invented sites.

They go through the facilities' own import and say that they are invented.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

from demo.ground import Ground, Town
from geo.facilities.models import Kind
from geo.facilities.readers import Reading, Record
from geo.facilities.services import Report, facilities_import

SOURCE = "Démonstration (services inventés)"
LICENCE = "Aucune : donnée inventée"
# kind, what it is called, the least and the most of them in a town
OFFER = (
    (Kind.SCHOOL, "École fictive", 1, 2),
    (Kind.HEALTH, "Centre de santé fictif", 1, 1),
    (Kind.WATER, "Point d'eau fictif", 1, 1),
    (Kind.SOCIAL, "Service social fictif", 0, 1),
    (Kind.FOOD, "Aide alimentaire fictive", 0, 1),
)


def facilities_load(*, towns: Iterable[Town], ground: Ground, millesime: str) -> Report:
    """Write the invented facilities of these towns; a second time changes nothing."""
    reading = Reading(SOURCE, LICENCE, list(_records(towns, ground)))
    return facilities_import(reading=reading, millesime=millesime, invented=True)


def _records(towns: Iterable[Town], ground: Ground) -> Iterator[Record]:
    for town in sorted(towns, key=lambda town: town.code):
        rng = random.Random(f"atlas facilities {town.code}")
        for kind, label, least, most in OFFER:
            for number in range(1, rng.randint(least, most) + 1):
                key = f"{kind.value}-{town.code}-{number}"
                lon, lat = ground.place(town, random.Random(f"atlas facility {key}"))
                yield Record(
                    kind=kind,
                    key=key,
                    name=f"{label} n° {number}, {town.name}",
                    lon=lon,
                    lat=lat,
                    category="Inventé pour la démonstration",
                    address="(adresse fictive)",
                    commune_code=town.code,
                )

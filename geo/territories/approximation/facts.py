"""Reading the typed public facts: codes, names, places of towns, outline of the coast and borders.

Leaves every computation on them to the mesh and to the build.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FACTS = Path(__file__).parent / "facts"
OUTLINES = ("outline_mainland.csv", "outline_islands.csv", "outline_overseas.csv")
METROPOLE = "metropole"


@dataclass(frozen=True, slots=True)
class RegionFact:
    """A region and the commune code of its seat."""

    code: str
    name: str
    seat: str


@dataclass(frozen=True, slots=True)
class DepartementFact:
    """A departement; `srid` is the EPSG code of its legal projection."""

    code: str
    name: str
    region: str
    prefecture: str
    srid: int
    population: int | None

    @property
    def land(self) -> str:
        """The land mass it is drawn on: "metropole" or, overseas, its own code."""
        return METROPOLE if len(self.code) == 2 else self.code


@dataclass(frozen=True, slots=True)
class EpciFact:
    """A group of communes, by its SIREN."""

    code: str
    name: str
    population: int | None


@dataclass(frozen=True, slots=True)
class TownFact:
    """A commune at `lon`, `lat` (degrees, EPSG:4326, rounded to 0.01); `epci` is None outside one.

    `role` is "prefecture", "sub-prefecture" or "town".
    """

    code: str
    name: str
    departement: str
    lon: float
    lat: float
    population: int | None
    epci: str | None
    role: str


@dataclass(frozen=True, slots=True)
class ArrondissementFact:
    """A municipal arrondissement of Paris, Lyon or Marseille, placed as a town is."""

    code: str
    name: str
    main_commune: str
    lon: float
    lat: float
    population: int | None


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (FACTS / name).open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _count(text: str) -> int | None:
    return int(text) if text else None


@lru_cache(maxsize=1)
def regions() -> tuple[RegionFact, ...]:
    """The 18 regions, in order of code (Insee, code officiel géographique)."""
    return tuple(RegionFact(r["code"], r["name"], r["seat"]) for r in _rows("regions.csv"))


@lru_cache(maxsize=1)
def departements() -> tuple[DepartementFact, ...]:
    """The 101 departements, in order of code (Insee, code officiel géographique)."""
    return tuple(
        DepartementFact(
            r["code"],
            r["name"],
            r["region"],
            r["prefecture"],
            int(r["srid"]),
            _count(r["population"]),
        )
        for r in _rows("departements.csv")
    )


@lru_cache(maxsize=1)
def epcis() -> tuple[EpciFact, ...]:
    """The EPCI that have at least one town here, in order of SIREN (DGCL, Banatic)."""
    return tuple(
        EpciFact(r["siren"], r["name"], _count(r["population"])) for r in _rows("epcis.csv")
    )


@lru_cache(maxsize=1)
def towns() -> tuple[TownFact, ...]:
    """The towns, in order of code; Paris, Lyon and Marseille are among them."""
    return tuple(
        TownFact(
            r["code"],
            r["name"],
            r["departement"],
            float(r["lon"]),
            float(r["lat"]),
            _count(r["population"]),
            r["epci"] or None,
            r["role"],
        )
        for r in _rows("towns.csv")
    )


@lru_cache(maxsize=1)
def municipal_arrondissements() -> tuple[ArrondissementFact, ...]:
    """The 45 municipal arrondissements of Paris, Lyon and Marseille, in order of code."""
    return tuple(
        ArrondissementFact(
            r["code"],
            r["name"],
            r["main_commune"],
            float(r["lon"]),
            float(r["lat"]),
            _count(r["population"]),
        )
        for r in _rows("municipal_arrondissements.csv")
    )


def outline() -> dict[str, list[list[tuple[float, float]]]]:
    """Open rings of lon/lat degrees (EPSG:4326) by land mass: "metropole", "971" … "976"."""
    rings: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for name in OUTLINES:
        for row in _rows(name):
            ring = rings.setdefault((row["land"], row["ring"]), [])
            ring.append((float(row["lon"]), float(row["lat"])))
    lands: dict[str, list[list[tuple[float, float]]]] = {}
    for (land, _), ring in rings.items():
        lands.setdefault(land, []).append(ring)
    return lands


def legal_srids() -> dict[str, int]:
    """EPSG code of the legal projection of each departement, by its code.

    Source: decree 2000-1276 as amended; RGF93 / Lambert-93 for the mainland and Corsica, a UTM
    zone overseas. It holds whatever the source of the contours.
    """
    return {fact.code: fact.srid for fact in departements()}

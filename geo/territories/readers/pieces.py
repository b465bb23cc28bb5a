"""What a source knows of a territory, in part: a contour, a name, a code of its parent …

Leaves to the sources where it is read, and to the assembly how parts make whole records.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from shapely import MultiPolygon, Point

Key = tuple[str, str]

DEPARTEMENT_CODE = re.compile(r"(?:\d{2}|2[AB]|9[78]\d)")
COMMUNE_CODE = re.compile(r"(?:\d{2}|2[AB])\d{3}")
SIREN = re.compile(r"2\d{8}")


@dataclass(frozen=True, slots=True)
class Piece:
    """What one source says of one territory; None is « it does not say ».

    Contours and points are lon/lat (EPSG:4326); the other fields are those of `TerritoryRecord`.
    """

    level: str
    code: str
    name: str | None = None
    contour: MultiPolygon | None = None
    point: Point | None = None
    region: str | None = None
    departement: str | None = None
    epci: str | None = None
    main_commune: str | None = None
    population: int | None = None
    prefecture: str | None = None
    departements: tuple[str, ...] = ()
    millesime: str | None = None
    source: str | None = None
    approximate: bool = False

    def completed(self, other: Piece | None) -> Piece:
        """The same with what it does not say taken from another."""
        if other is None:
            return self
        missing = {
            name: value
            for name in COMPLETED
            if not getattr(self, name) and (value := getattr(other, name))
        }
        return replace(self, **missing) if missing else self


# What another source may add; the contour and where it comes from are never mixed.
COMPLETED = (
    "name",
    "point",
    "region",
    "departement",
    "epci",
    "main_commune",
    "population",
    "prefecture",
    "departements",
)


@dataclass(slots=True)
class Gathering:
    """All that a source gave: contours and facts by level then code, and what there is to tell.

    `ignored` are files with the reason; `repaired` the codes whose published contour was invalid,
    by level; `notes` other sentences for the person who imports.
    """

    contours: dict[str, dict[str, Piece]] = field(default_factory=dict)
    facts: dict[Key, Piece] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)
    ignored: list[tuple[str, str]] = field(default_factory=list)
    repaired: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def departement_of(commune: str) -> str:
    """The departement of a commune code: three characters overseas, two elsewhere (2A, 2B too)."""
    return commune[:3] if commune.startswith("97") else commune[:2]


def main_commune_of(code: str) -> str | None:
    """The commune of a municipal arrondissement's code; None for any other code."""
    if re.fullmatch(r"751(?:0[1-9]|1\d|20)", code):
        return "75056"
    if re.fullmatch(r"132(?:0[1-9]|1[0-6])", code):
        return "13055"
    return "69123" if re.fullmatch(r"6938[1-9]", code) else None

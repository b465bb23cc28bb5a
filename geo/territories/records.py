"""What an importer of territories hands over, whatever the source: one typed record per territory.

Leaves reading the sources to the importers and writing the tables to the services.
"""

from __future__ import annotations

from dataclasses import dataclass

from shapely import MultiPolygon, Point


@dataclass(frozen=True, slots=True)
class TerritoryRecord:
    """A region, departement, EPCI or commune as read from one source.

    `level` is "region", "departement", "epci" or "commune". `contour` and `point` (the chef-lieu,
    None when unknown) are lon/lat, EPSG:4326. Codes are INSEE codes, or the SIREN for an EPCI.
    `departements` is filled for an EPCI, which may span several; `main_commune` for a municipal
    arrondissement of Paris, Lyon or Marseille; `prefecture` (commune code) for a departement.
    `approximate` marks contours that are ours and not official.
    """

    level: str
    code: str
    name: str
    contour: MultiPolygon
    point: Point | None
    region: str | None
    departement: str | None
    epci: str | None
    main_commune: str | None
    population: int | None
    prefecture: str | None
    millesime: str
    approximate: bool
    source: str
    departements: tuple[str, ...] = ()

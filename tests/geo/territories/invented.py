"""Invented territories for the imports: squares of a tenth of a degree near Paris.

Codes are real ones, since the hierarchy is; every contour and every number is invented.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import shapely
from shapely import MultiPolygon, Point

from geo.territories.records import TerritoryRecord

WEST, SOUTH, SIDE = 2.0, 48.5, 0.1


def cell(column: int, row: int, columns: int = 1) -> MultiPolygon:
    """A square (or a row of squares) of the invented grid, lon/lat."""
    west, south = WEST + column * SIDE, SOUTH + row * SIDE
    box = shapely.box(west, south, west + columns * SIDE, south + SIDE)
    # Every corner of the grid is a vertex, as in a true coverage.
    return MultiPolygon([shapely.segmentize(box, SIDE * 1.001)])


def record(level: str, code: str, contour: MultiPolygon, **values: Any) -> TerritoryRecord:
    """A record with invented values where none is given."""
    base = TerritoryRecord(
        level=level,
        code=code,
        name=f"Territoire {code}",
        contour=contour,
        point=None,
        region=None,
        departement=None,
        epci=None,
        main_commune=None,
        population=None,
        prefecture=None,
        millesime="2025",
        approximate=False,
        source="essai",
    )
    return replace(base, **values)


def commune(code: str, contour: MultiPolygon, **values: Any) -> TerritoryRecord:
    """A commune of the Seine-et-Marne in the EPCI of the country below."""
    parents = {"region": "11", "departement": "77", "epci": "200000001"}
    return record("commune", code, contour, **(parents | values))


def country(**values: Any) -> list[TerritoryRecord]:
    """One region, one departement, one EPCI and three communes side by side."""
    whole = cell(0, 0, 3)
    return [
        record("region", "11", whole, **values),
        record("departement", "77", whole, region="11", prefecture="77001", **values),
        record("epci", "200000001", whole, departements=("77",), **values),
        commune("77001", cell(0, 0), point=Point(2.05, 48.55), population=1200, **values),
        commune("77002", cell(1, 0), **values),
        commune("77003", cell(2, 0), **values),
    ]

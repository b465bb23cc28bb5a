"""Our own approximation and facts as the last source. Leaves drawing them to `approximation`."""

from __future__ import annotations

from geo.territories.approximation import build
from geo.territories.readers.pieces import Gathering, Piece
from geo.territories.records import TerritoryRecord


def read_approximation() -> Gathering:
    """The built-in territories, each marked approximate; it never fails."""
    gathering = Gathering()
    for record in build().records:
        gathering.contours.setdefault(record.level, {})[record.code] = _piece(record)
    return gathering


def _piece(record: TerritoryRecord) -> Piece:
    return Piece(
        level=record.level,
        code=record.code,
        name=record.name,
        contour=record.contour,
        point=record.point,
        region=record.region,
        departement=record.departement,
        epci=record.epci,
        main_commune=record.main_commune,
        population=record.population,
        prefecture=record.prefecture,
        departements=record.departements,
        millesime=record.millesime,
        source=record.source,
        approximate=True,
    )

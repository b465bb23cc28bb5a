"""Building the approximate territories of France from the facts: communes first, then their unions.

Leaves reading the facts to `facts`, the cutting to `mesh`, and storing the result to the services.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import shapely
from shapely import MultiPolygon, Point, Polygon

from geo.territories.approximation import facts
from geo.territories.approximation.mesh import land_surface, multipolygon, nearest_cells
from geo.territories.records import TerritoryRecord

MILLESIME = "2026"
SOURCE = "Contours approchés : communes principales (Insee COG 2026, Banatic 2025)"


@dataclass(frozen=True, slots=True)
class Approximation:
    """The records of the four levels: regions, departements, EPCI, communes, each by code."""

    records: list[TerritoryRecord]

    def by_level(self, level: str) -> list[TerritoryRecord]:
        """The records of "region", "departement", "epci" or "commune"; empty for another word."""
        return [record for record in self.records if record.level == level]


@dataclass(frozen=True, slots=True)
class _Cells:
    """The faces of each commune, and of each municipal arrondissement, by code."""

    communes: dict[str, list[Polygon]]
    arrondissements: dict[str, list[Polygon]]


def build() -> Approximation:
    """All approximate territories, lon/lat (EPSG:4326), always the same for the same facts.

    The contours of a level share their vertices, without overlap or gap inside the outline; the
    municipal arrondissements subdivide their commune and so overlap it. Only the communes and
    EPCI of the facts exist here. Raises ValueError when a town has no land around it.
    """
    cells = _cells()
    return Approximation(
        [*_regions(cells), *_departements(cells), *_epcis(cells), *_communes(cells)]
    )


def _cells() -> _Cells:
    places: dict[str, dict[str, tuple[float, float]]] = {}
    lands = {fact.code: fact.land for fact in facts.departements()}
    town_land = {town.code: lands[town.departement] for town in facts.towns()}
    parents = {a.code: a.main_commune for a in facts.municipal_arrondissements()}
    divided = set(parents.values())
    for town in facts.towns():
        if town.code not in divided:
            places.setdefault(town_land[town.code], {})[town.code] = (town.lon, town.lat)
    for part in facts.municipal_arrondissements():
        places[town_land[part.main_commune]][part.code] = (part.lon, part.lat)
    found = _Cells({}, {})
    outlines = facts.outline()
    for land, spots in places.items():
        surface = land_surface(outlines[land])
        for code, faces in zip(
            spots, nearest_cells(list(spots.values()), surface, _srid(land)), strict=True
        ):
            if not faces:
                raise ValueError(f"{code}: no land around this place")
            if code in parents:
                found.arrondissements[code] = faces
            found.communes.setdefault(parents.get(code, code), []).extend(faces)
    return found


def _srid(land: str) -> int:
    return next(fact.srid for fact in facts.departements() if fact.land == land)


def _union(faces: Iterable[Polygon]) -> MultiPolygon:
    return multipolygon(shapely.coverage_union_all(list(faces)))


def _gather(cells: _Cells, codes: Iterable[str]) -> MultiPolygon:
    return _union(face for code in codes for face in cells.communes[code])


def _record(
    level: str,
    code: str,
    name: str,
    contour: MultiPolygon,
    *,
    point: Point | None = None,
    population: int | None = None,
    region: str | None = None,
    departement: str | None = None,
    epci: str | None = None,
    main_commune: str | None = None,
    prefecture: str | None = None,
    departements: tuple[str, ...] = (),
) -> TerritoryRecord:
    return TerritoryRecord(
        level=level,
        code=code,
        name=name,
        contour=contour,
        point=point,
        region=region,
        departement=departement,
        departements=departements,
        epci=epci,
        main_commune=main_commune,
        population=population,
        prefecture=prefecture,
        millesime=MILLESIME,
        approximate=True,
        source=SOURCE,
    )


def _points() -> dict[str, Point]:
    return {town.code: Point(town.lon, town.lat) for town in facts.towns()}


def _regions(cells: _Cells) -> Iterator[TerritoryRecord]:
    seats = _points()
    for fact in facts.regions():
        members = [d for d in facts.departements() if d.region == fact.code]
        codes = {d.code for d in members}
        yield _record(
            "region",
            fact.code,
            fact.name,
            _gather(cells, (t.code for t in facts.towns() if t.departement in codes)),
            point=seats[fact.seat],
            population=sum(d.population or 0 for d in members) or None,
        )


def _departements(cells: _Cells) -> Iterator[TerritoryRecord]:
    seats = _points()
    for fact in facts.departements():
        yield _record(
            "departement",
            fact.code,
            fact.name,
            _gather(cells, (t.code for t in facts.towns() if t.departement == fact.code)),
            point=seats[fact.prefecture],
            population=fact.population,
            region=fact.region,
            prefecture=fact.prefecture,
        )


def _epcis(cells: _Cells) -> Iterator[TerritoryRecord]:
    for fact in facts.epcis():
        members = [town for town in facts.towns() if town.epci == fact.code]
        yield _record(
            "epci",
            fact.code,
            fact.name,
            _gather(cells, (town.code for town in members)),
            population=fact.population,
            departements=tuple(sorted({town.departement for town in members})),
        )


def _communes(cells: _Cells) -> Iterator[TerritoryRecord]:
    towns = {town.code: town for town in facts.towns()}
    regions = {fact.code: fact.region for fact in facts.departements()}
    for town in facts.towns():
        yield _record(
            "commune",
            town.code,
            town.name,
            _union(cells.communes[town.code]),
            point=Point(town.lon, town.lat),
            population=town.population,
            region=regions[town.departement],
            departement=town.departement,
            epci=town.epci,
        )
    for part in facts.municipal_arrondissements():
        whole = towns[part.main_commune]
        yield _record(
            "commune",
            part.code,
            part.name,
            _union(cells.arrondissements[part.code]),
            point=Point(part.lon, part.lat),
            population=part.population,
            region=regions[whole.departement],
            departement=whole.departement,
            epci=whole.epci,
            main_commune=part.main_commune,
        )

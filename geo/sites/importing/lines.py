"""Raw lines understood: typed values for the services, or every reason why a line is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Point

from geo.core.errors import DomainError, InvalidInput
from geo.core.geometry import (
    multipolygon_from_geojson,
    point_from_geojson,
    point_from_lonlat,
)
from geo.core.scope import Precision
from geo.sites.importing.columns import Column, columns
from geo.sites.importing.tables import RawLine, Table
from geo.sites.importing.values import Unreadable, parse
from geo.territories.coordinates import parse_position

MAX_SHOWN = 80
# Beyond these, numbers are metres of a map projection and not degrees.
DEGREES = 200.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a line is refused: its number, the column and value at fault, what would be right."""

    line: int
    column: str
    value: str
    reason: str


@dataclass(slots=True)
class Line:
    """A line understood. Only what the file says is there: an empty cell says nothing."""

    number: int
    reference: str = ""
    observed_on: dt.date | None = None
    opened_on: dt.date | None = None
    precision: str = Precision.EXACT
    point: Point | None = None
    point_of_footprint: bool = False
    footprint: MultiPolygon | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    population: dict[str, Any] = field(default_factory=dict)
    living: dict[str, Any] = field(default_factory=dict)
    closing: dict[str, Any] = field(default_factory=dict)
    solutions: list[dict[str, Any]] = field(default_factory=list)


def understand(table: Table) -> tuple[list[Line], list[Refusal]]:
    """The lines that can be written, and the refusals of the others, in order of lines."""
    kept: list[Line] = []
    refusals: list[Refusal] = []
    seen: dict[tuple[str, dt.date | None], int] = {}
    for raw in table.lines:
        line, faults = _line(raw, table.headers)
        key = (line.reference, line.observed_on)
        if not faults and line.reference and key in seen:
            reason = (
                f"Déjà à la ligne {seen[key]} avec la même référence et la même date de situation."
            )
            faults = [
                Refusal(raw.number, _title(table.headers, "reference"), line.reference, reason)
            ]
        if faults:
            refusals += faults
            continue
        seen[key] = raw.number
        kept.append(line)
    return kept, refusals


def refusal_of(error: DomainError, line: Line, raw: RawLine, headers: Mapping[str, str]) -> Refusal:
    """A refusal of the services, under the file's own header and with its value."""
    code = FIELDS_OF_ERRORS.get(error.field or "", error.field or "")
    return Refusal(line.number, _title(headers, code), shown(raw, code), error.message)


def shown(raw: RawLine, code: str) -> str:
    """The cell at fault, short and fit to be written."""
    return raw.cells.get(code, "")[:MAX_SHOWN].encode("utf-8", "replace").decode()


# The services name their arguments; the file has columns.
FIELDS_OF_ERRORS = {
    "point": "longitude",
    "q": "coordinates",
    "cause": "closure_cause",
    "context": "closure_context",
    "comment": "closure_comment",
}


def _line(raw: RawLine, headers: Mapping[str, str]) -> tuple[Line, list[Refusal]]:
    line = Line(raw.number)
    if raw.fault:
        return line, [Refusal(raw.number, "", "", raw.fault)]
    faults: list[Refusal] = []
    values: dict[str, Any] = {}

    def fault(code: str, reason: str) -> None:
        faults.append(Refusal(raw.number, _title(headers, code), shown(raw, code), reason))

    for column in columns():
        if column.code not in raw.cells:
            continue
        try:
            value = parse(column, raw.cells[column.code])
        except Unreadable as error:
            fault(column.code, str(error))
            continue
        if value is not None:
            values[column.code] = value
            _put(line, column, value)
    try:
        _placed(line, raw, values)
    except DomainError as error:
        code = FIELDS_OF_ERRORS.get(error.field or "", error.field or "")
        fault(code, error.message)
    if line.precision != Precision.EXACT:
        fault(
            "precision",
            "Position approchée : elle ne peut pas devenir un lieu exact. Retirez cette ligne, ou "
            "demandez le lieu à qui le connaît.",
        )
    if line.closing and "closed_on" not in line.closing:
        fault("closed_on", "Une fermeture a une date : remplissez cette colonne.")
    return line, faults


def _put(line: Line, column: Column, value: Any) -> None:
    """Put a value where the services want it."""
    if column.part == "identity":
        setattr(line, column.code, value)
    elif column.part in {"site", "location"}:
        line.fields[column.code] = value
    elif column.part == "population":
        line.population[column.code] = value
    elif column.part == "living":
        line.living[column.code] = value
    elif column.part == "closing":
        line.closing[column.code.removeprefix("closure_")] = value
    elif column.part == "solutions":
        kind, _, unit = column.code.removeprefix("solution_").rpartition("_")
        rows = [row for row in line.solutions if row["type"] == kind]
        if not rows:
            rows = [{"type": kind}]
            line.solutions += rows
        rows[0][unit] = value


def _placed(line: Line, raw: RawLine, values: Mapping[str, Any]) -> None:
    """The point and the footprint, from the columns or from the geometry of GeoJSON."""
    if "footprint" in values:
        line.footprint = multipolygon_from_geojson(values["footprint"], field="footprint")
    if raw.geometry is not None:
        _from_geometry(line, raw.geometry)
    if "longitude" in values or "latitude" in values:
        missing = {"longitude", "latitude"} - set(values)
        if missing:
            raise InvalidInput(
                "La longitude et la latitude vont ensemble.", field=sorted(missing)[0]
            )
        line.point = _from_lonlat(values["longitude"], values["latitude"])
    elif "coordinates" in values:
        position = parse_position(values["coordinates"])
        if position is None:
            raise InvalidInput(
                "Coordonnées illisibles : attendu latitude, longitude (48.9245, 2.3602).",
                field="coordinates",
            )
        line.point = point_from_lonlat(position.lon, position.lat, field="coordinates")
    elif line.point is None and line.footprint is not None:
        # A point that is certainly on the ground; the footprint stays the finer answer.
        line.point, line.point_of_footprint = line.footprint.point_on_surface, True


def _from_geometry(line: Line, geometry: Any) -> None:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind == "Point":
        line.point = point_from_geojson(geometry, field="point")
    elif kind in {"Polygon", "MultiPolygon"}:
        line.footprint = multipolygon_from_geojson(geometry, field="footprint")
    else:
        raise InvalidInput(
            f"Géométrie « {kind} » : un point, ou un polygone pour l'emprise, est attendu.",
            field="point",
        )


def _from_lonlat(lon: float, lat: float) -> Point:
    if abs(lon) > DEGREES or abs(lat) > DEGREES:
        raise InvalidInput(
            "Ces nombres semblent être des mètres (Lambert 93 ?) : attendu des degrés "
            "(WGS 84), comme 2,3602 et 48,9245.",
            field="longitude",
        )
    return point_from_lonlat(lon, lat, field="longitude")


def _title(headers: Mapping[str, str], code: str) -> str:
    if code in headers:
        return headers[code]
    return next((column.label for column in columns() if column.code == code), code)

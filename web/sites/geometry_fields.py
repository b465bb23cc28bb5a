"""Where a site is, as people type it: a position, an outline. Both come back as they were typed.

Leaves geometry itself to `geo.core.geometry` and the reading of coordinates to `geo.territories`.
"""

from __future__ import annotations

import math
from typing import Any

from django import forms
from django.contrib.gis.geos import MultiPolygon, Point

from geo.core.errors import DomainError
from geo.core.geometry import (
    MAX_VERTICES,
    multipolygon_from_geojson,
    point_from_geojson,
    point_from_lonlat,
)
from geo.territories.coordinates import parse_position

HOW = (
    "Écrivez deux coordonnées, latitude puis longitude : 48,8566 ; 2,3522 ou 48°51'24\"N 2°21'8\"E."
)
FAR_M = 2_000


class PositionField(forms.CharField):
    """A WGS84 point from typed coordinates (decimal, with commas, DMS) or a GeoJSON Point."""

    def to_python(self, value: Any) -> Any:
        """The point, or the French reason why not."""
        text = super().to_python(value)
        if not text:
            return None
        try:
            if text.startswith("{"):
                return point_from_geojson(text, field="position")
            position = parse_position(text)
            if position is None:
                raise forms.ValidationError(HOW)
            return point_from_lonlat(position.lon, position.lat, field="position")
        except DomainError as error:
            raise forms.ValidationError(error.message) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """As text: what was shown and comes back untouched is no move."""
        return (initial or "").strip() != (data or "").strip()


class OutlineField(forms.CharField):
    """A WGS84 MultiPolygon from GeoJSON, or from one vertex a line (latitude, longitude)."""

    def to_python(self, value: Any) -> Any:
        """The outline, or the French reason why not."""
        text = super().to_python(value)
        if not text:
            return None
        try:
            geojson = (
                text if text.startswith("{") else {"type": "Polygon", "coordinates": [ring(text)]}
            )
            return multipolygon_from_geojson(geojson, field="footprint")
        except DomainError as error:
            raise forms.ValidationError(error.message) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """As text, whatever the line ends."""
        same = [" ".join(str(text or "").split()) for text in (initial, data)]
        return same[0] != same[1]


def ring(text: str) -> list[list[float]]:
    """The vertices typed one a line; an error names the line."""
    lines = [(n, line.strip()) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > MAX_VERTICES:
        raise forms.ValidationError(
            f"Emprise trop détaillée : {len(lines)} sommets, au plus {MAX_VERTICES}. "
            "Simplifiez le tracé."
        )
    vertices = []
    for number, line in lines:
        try:
            position = parse_position(line)
        except DomainError as error:
            raise forms.ValidationError(f"Ligne {number} : {error.message}") from error
        if position is None:
            raise forms.ValidationError(f"Ligne {number} : {HOW}")
        vertices.append([position.lon, position.lat])
    return vertices


def swapped(text: str) -> bool:
    """Whether a position was written longitude first."""
    try:
        position = parse_position(text)
    except DomainError:
        return False
    return position is not None and position.swapped


def position_text(point: Point) -> str:
    """A point as the form shows it: latitude first, seven decimals (a centimetre)."""
    return f"{point.y:.7f}, {point.x:.7f}"


def outline_text(shape: MultiPolygon) -> str:
    """An outline as the form shows it: one vertex a line, or GeoJSON when it has several parts."""
    if len(shape) == 1 and len(shape[0]) == 1:
        return "\n".join(f"{lat:.7f}, {lon:.7f}" for lon, lat in shape[0][0].coords[:-1])
    return str(shape.geojson)


def far_from(point: Point, shape: MultiPolygon) -> float | None:
    """How far an outline is from its point, in metres, when that cannot be right; else None."""
    west, south, east, north = shape.extent
    lon, lat = min(max(point.x, west), east), min(max(point.y, south), north)
    dy = (point.y - lat) * 111_000
    dx = (point.x - lon) * 111_000 * math.cos(math.radians(point.y))
    away = math.hypot(dx, dy)
    return away if away > FAR_M else None

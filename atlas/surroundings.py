"""What lies beyond the French territories on a sheet: seas by name, neighbouring countries drawn.

The tracings of countries are coarse and typed by us; French land is always drawn over them. Leaves
ink to `atlas.drawing`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import shapely

from atlas.frame import Frame
from atlas.paper import Rect

FACTS = Path(__file__).parent / "facts"


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a sea or a country at a place on paper; `kind` is `sea` or `country`."""

    text: str
    kind: str
    x: float
    y: float


@lru_cache(maxsize=1)
def countries() -> tuple[tuple[str, Any], ...]:
    """Coarse areas of the neighbouring countries, EPSG:4326, by name."""
    rings: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with (FACTS / "countries.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            key = (row["country"], row["ring"])
            rings.setdefault(key, []).append((float(row["lon"]), float(row["lat"])))
    return tuple((country, shapely.Polygon(points)) for (country, _), points in rings.items())


@lru_cache(maxsize=1)
def _places() -> tuple[tuple[str, str, float, float], ...]:
    with (FACTS / "names.csv").open(encoding="utf-8") as lines:
        return tuple(
            (row["name"], row["kind"], float(row["lon"]), float(row["lat"]))
            for row in csv.DictReader(lines)
        )


def foreign_land(frame: Frame) -> Any:
    """The neighbouring countries in a frame, millimetres; may lie under French land."""
    box = frame.bbox()
    window = shapely.box(box.west, box.south, box.east, box.north)
    shapes = []
    for _, area in countries():
        seen = shapely.intersection(area, window)
        if not seen.is_empty:
            shapes.append(frame.geometry_to_mm(shapely.segmentize(seen, 0.1)))
    if not shapes:
        return shapely.MultiPolygon()
    merged = shapely.union_all([shapely.make_valid(shape) for shape in shapes])
    return shapely.clip_by_rect(merged, *frame.rect.to_box())


def names_in(frame: Frame) -> list[Name]:
    """The names of seas and countries whose place lies in a frame."""
    found = []
    for name, kind, lon, lat in _places():
        x, y = frame.lonlat_to_mm(lon, lat)
        if frame.rect.holds(Rect(float(x), float(y), 0, 0)):
            found.append(Name(name, kind, float(x), float(y)))
    return found

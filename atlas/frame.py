"""From degrees to millimetres on the sheet: the legal projection, a rounded scale, a window.

Leaves which territory and which paper to the callers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from pyproj import CRS

from atlas.paper import Rect
from geo.core.crs import WGS84, transformer
from geo.core.params import BBox

# Round denominators (UI reference, §7.4), carried to every power of ten so that a small
# departement and Guyane find theirs.
MANTISSAS = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)
MARGIN = 0.05
MM_PER_M = 1000.0


@dataclass(frozen=True, slots=True)
class Frame:
    """A window on the projected plane: `west`, `north` (metres, EPSG `srid`) at the rect's corner.

    `scale` is the denominator: one millimetre on paper is `scale` millimetres of the grid.
    """

    srid: int
    scale: float
    rect: Rect
    west: float
    north: float

    @property
    def east(self) -> float:
        """Easting of the right side, metres."""
        return self.west + self.rect.width * self.scale / MM_PER_M

    @property
    def south(self) -> float:
        """Northing of the lower side, metres."""
        return self.north - self.rect.height * self.scale / MM_PER_M

    def grid_to_mm(self, easting: Any, northing: Any) -> tuple[Any, Any]:
        """Projected metres to millimetres on the sheet (numbers or arrays)."""
        x = self.rect.x + (easting - self.west) * MM_PER_M / self.scale
        y = self.rect.y + (self.north - northing) * MM_PER_M / self.scale
        return x, y

    def lonlat_to_mm(self, lon: Any, lat: Any) -> tuple[Any, Any]:
        """WGS84 degrees to millimetres on the sheet (numbers or arrays)."""
        return self.grid_to_mm(*transformer(WGS84, self.srid).transform(lon, lat))

    def geometry_to_mm(self, geometry: Any) -> Any:
        """A shapely geometry (or array of them) from WGS84 degrees to millimetres."""

        def move(points: Any) -> Any:
            return np.column_stack(self.lonlat_to_mm(points[:, 0], points[:, 1]))

        return shapely.transform(geometry, move)

    def bbox(self) -> BBox:
        """The box in degrees that covers the window, its sides followed point by point."""
        west, south, east, north = transformer(self.srid, WGS84).transform_bounds(
            self.west, self.south, self.east, self.north, densify_pts=21
        )
        return BBox(west, south, east, north)

    def true_north(self) -> float:
        """Angle in degrees from grid north to true north at the centre, positive eastwards."""
        easting, northing = (self.west + self.east) / 2, (self.south + self.north) / 2
        lon, lat = transformer(self.srid, WGS84).transform(easting, northing)
        east_up, north_up = transformer(WGS84, self.srid).transform(lon, lat + 0.01)
        return math.degrees(math.atan2(east_up - easting, north_up - northing))

    def grid_name(self) -> str:
        """The projection's name in the EPSG register."""
        return str(CRS.from_epsg(self.srid).name)


def scales() -> Iterator[float]:
    """The rounded denominators, from 1:1 000 to 1:80 000 000."""
    for power in range(3, 8):
        for mantissa in MANTISSAS:
            yield mantissa * 10.0**power


def frame_on(contour: Any, srid: int, rect: Rect, *, margin: float = MARGIN) -> Frame:
    """The frame of the largest rounded scale that shows `contour` and its margin inside `rect`.

    `contour` is a shapely geometry in EPSG:4326; the margin is a share of its size, on each side.
    """
    projected = shapely.transform(
        contour,
        lambda points: np.column_stack(
            transformer(WGS84, srid).transform(points[:, 0], points[:, 1])
        ),
    )
    return frame_on_bounds(projected.bounds, srid, rect, margin=margin)


def frame_on_bounds(
    bounds: tuple[float, float, float, float], srid: int, rect: Rect, *, margin: float = MARGIN
) -> Frame:
    """The same for bounds in metres of the projection."""
    west, south, east, north = bounds
    width, height = (east - west) * (1 + 2 * margin), (north - south) * (1 + 2 * margin)
    needed = max(width * MM_PER_M / rect.width, height * MM_PER_M / rect.height)
    scale = next(denominator for denominator in scales() if denominator >= needed)
    half_width = rect.width * scale / MM_PER_M / 2
    half_height = rect.height * scale / MM_PER_M / 2
    # A whole metre at the corner keeps the numbers of the sheet readable and repeatable.
    return Frame(
        srid,
        scale,
        rect,
        float(round((west + east) / 2 - half_width)),
        float(round((south + north) / 2 + half_height)),
    )


def round_step(largest: float) -> float:
    """The largest of 1, 2, 5 × 10ⁿ that is not above `largest`."""
    power = 10.0 ** math.floor(math.log10(largest))
    return next(m * power for m in (5.0, 2.0, 1.0) if m * power <= largest * (1 + 1e-9))

"""The invented ground of the benchmarks: nested communes and parcels without gap or overlap.

A lattice of 20 m in Lambert-93 is displaced by a hash of its indexes, so that every neighbour
computes the same border and every run the same ground. Leaves rows to `data`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from pyproj import Transformer

ORIGIN_M = (640_000, 6_850_000)  # EPSG:2154, near Paris
STEP_M = 20
PARCEL_CELLS = 4  # 80 m a side: about 160 parcels a km², as in the real cadastre
COMMUNE_CELLS = 100  # 2 km
DEPARTEMENT_CELLS = 1000  # 20 km

_TO_WGS84 = Transformer.from_crs(2154, 4326, always_xy=True)


def positions(columns: Any, rows: Any) -> Any:
    """WGS84 (longitude, latitude) of lattice points, shape (…, 2)."""
    x = ORIGIN_M[0] + STEP_M * columns + 12 * (_noise(columns, rows, 1) - 0.5)
    y = ORIGIN_M[1] + STEP_M * rows + 12 * (_noise(columns, rows, 2) - 0.5)
    lon, lat = _TO_WGS84.transform(x, y)
    return np.stack([lon, lat], axis=-1)


def outlines(columns: Any, rows: Any, cells: int) -> Any:
    """The MultiPolygons of `cells` × `cells` squares that start at these lattice indexes."""
    side = np.arange(cells)
    ring_x = np.concatenate([side, np.full(cells, cells), cells - side, np.zeros(cells)])
    ring_y = np.concatenate([np.zeros(cells), side, np.full(cells, cells), cells - side])
    ring_x, ring_y = np.append(ring_x, 0), np.append(ring_y, 0)
    at = positions(
        (columns[:, None] + ring_x[None, :]).astype(np.int64),
        (rows[:, None] + ring_y[None, :]).astype(np.int64),
    )
    polygons = shapely.polygons(np.round(at, 7))
    return shapely.multipolygons(polygons, indices=np.arange(len(polygons)))


def starts(column: int, row: int, cells: int, count: int) -> tuple[Any, Any]:
    """The lattice indexes where `count` × `count` squares of `cells` start, row by row."""
    steps = np.arange(count) * cells
    columns, rows = np.meshgrid(column + steps, row + steps)
    return columns.ravel(), rows.ravel()


def _noise(columns: Any, rows: Any, salt: int) -> Any:
    """A number in [0, 1) by lattice point: a hash, so that borders are shared."""
    mixed = columns.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= rows.astype(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed += np.uint64(salt) * np.uint64(0x165667B19E3779F9)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53

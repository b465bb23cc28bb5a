"""Where a place lies in the pyramid of tiles, and the address of its tile."""

from __future__ import annotations

import math


def tile_at(z: int, lon: float, lat: float) -> tuple[int, int]:
    """Column and row of the tile of zoom `z` that holds a WGS84 point."""
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int((lon + 180) / 360 * 2**z), int(y * 2**z)


def address(lon: float, lat: float, z: int, names: str = "sites") -> str:
    """The address of that tile, of one or several collections."""
    x, y = tile_at(z, lon, lat)
    return f"/tiles/{names}/{z}/{x}/{y}.mvt"

"""Coordinate reference systems: the only place where degrees are turned into anything else.

Leaves the choice of a territory's legal projection to the territories' tables.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pyproj import Geod, Transformer

WGS84 = 4326
WEB_MERCATOR = 3857
LAMBERT_93 = 2154

# Half the width of the Web Mercator square, in metres (EPSG:3857).
MERCATOR_EDGE_M = 20037508.342789244

_GEOD = Geod(ellps="GRS80")

# Where the product's territories lie: minimum and maximum longitude and latitude, degrees.
FRANCE_BOXES: tuple[tuple[float, float, float, float], ...] = (
    (-5.6, 41.2, 9.8, 51.3),  # mainland and Corsica
    (-61.95, 15.7, -60.9, 16.65),  # Guadeloupe
    (-61.35, 14.3, -60.7, 15.0),  # Martinique
    (-54.7, 2.0, -51.5, 5.9),  # Guyane
    (55.1, -21.5, 55.95, -20.8),  # La Réunion
    (44.9, -13.1, 45.4, -12.5),  # Mayotte
    (-63.2, 17.8, -62.7, 18.2),  # Saint-Martin, Saint-Barthélemy
    (-56.5, 46.7, -56.1, 47.2),  # Saint-Pierre-et-Miquelon
)


@dataclass(frozen=True, slots=True)
class Crs:
    """A reference system that answers may be asked in.

    `lat_first` is the order of its axes as its authority has it; `digits` the decimals of its
    coordinates, one centimetre or less.
    """

    uri: str
    srid: int
    title: str
    lat_first: bool = False
    digits: int = 2

    @property
    def geographic(self) -> bool:
        """Whether its coordinates are the degrees of EPSG:4326, in one order or the other."""
        return self.srid == WGS84

    def to_lonlat(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Longitude and latitude of easting and northing (numbers or arrays); inf out of domain."""
        lon, lat = transformer(self.srid, WGS84).transform(x, y)
        return lon, lat


def _epsg(srid: int, title: str, *, lat_first: bool = False, digits: int = 2) -> Crs:
    return Crs(f"http://www.opengis.net/def/crs/EPSG/0/{srid}", srid, title, lat_first, digits)


CRS84 = Crs("http://www.opengis.net/def/crs/OGC/1.3/CRS84", WGS84, "WGS 84 (lon, lat)", digits=7)
# Those that feeds can be asked in, the default first; then the legal projections of France.
SERVED_CRS: tuple[Crs, ...] = (
    CRS84,
    _epsg(WGS84, "WGS 84 (lat, lon)", lat_first=True, digits=7),
    _epsg(WEB_MERCATOR, "Web Mercator"),
    _epsg(LAMBERT_93, "RGF93 v1 / Lambert-93"),
    _epsg(5490, "RGAF09 / UTM 20N"),
    _epsg(2972, "RGFG95 / UTM 22N"),
    _epsg(2975, "RGR92 / UTM 40S"),
    _epsg(4471, "RGM04 / UTM 38S"),
    _epsg(4467, "RGSPM06 / UTM 21N"),
)


@lru_cache(maxsize=64)
def transformer(source: int, target: int) -> Transformer:
    """A cached x,y (lon,lat) transformer between two EPSG codes."""
    return Transformer.from_crs(source, target, always_xy=True)


def in_france(lon: float, lat: float) -> bool:
    """True when a WGS84 position lies in one of the boxes of the product's territories."""
    return any(w <= lon <= e and s <= lat <= n for w, s, e, n in FRANCE_BOXES)


def geodesic_distance_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Length in metres of the geodesic between two WGS84 positions (ellipsoid GRS80)."""
    return float(_GEOD.inv(lon1, lat1, lon2, lat2)[2])


def offset_lonlat(lon: float, lat: float, east_m: float, north_m: float) -> tuple[float, float]:
    """The WGS84 position `east_m` and `north_m` metres away by the geodesic (ellipsoid GRS80)."""
    azimuth = math.degrees(math.atan2(east_m, north_m))
    x, y, _ = _GEOD.fwd(lon, lat, azimuth, math.hypot(east_m, north_m))
    return float(x), float(y)


def tile_bounds_3857(z: int, x: int, y: int, margin: float = 0.0) -> tuple[float, ...]:
    """Bounds in EPSG:3857 metres of an XYZ tile, widened by `margin` (a share of its width)."""
    size = 2 * MERCATOR_EDGE_M / 2**z
    west, north = -MERCATOR_EDGE_M + x * size, MERCATOR_EDGE_M - y * size
    pad = size * margin
    return (west - pad, north - size - pad, west + size + pad, north + pad)


def metres_per_pixel(z: int, lat: float = 0.0) -> float:
    """Ground metres per 256-pixel tile pixel at zoom `z` and latitude `lat` (degrees)."""
    return 2 * MERCATOR_EDGE_M / 256 / float(2**z) * math.cos(math.radians(lat))

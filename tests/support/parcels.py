"""Small invented parcels as the files of the cadastre say them, and as rows.

Leaves what is done with them to the tests.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Polygon

from cadastre.models import CadastreCoverage, Parcel

Box = tuple[float, float, float, float]


def ring(box: Box) -> list[list[float]]:
    """The ring of a box (west, south, east, north), in degrees."""
    west, south, east, north = box
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(idu: str, box: Box, *, geometry: Any = None, **properties: Any) -> dict[str, Any]:
    """A feature of the layer of parcels, in the file's un-padded form."""
    values = {
        "id": idu,
        "commune": idu[:5],
        "prefixe": idu[5:8],
        "section": idu[8:10].lstrip("0"),
        "numero": idu[10:].lstrip("0"),
        "contenance": 1000,
        "arpente": False,
        "created": "2007-04-16",
        "updated": "2025-11-07",
    } | properties
    return {
        "type": "Feature",
        "id": idu,
        "geometry": geometry or {"type": "Polygon", "coordinates": [ring(box)]},
        "properties": {name: value for name, value in values.items() if value is not ...},
    }


def as_bytes(features: Iterable[dict[str, Any]]) -> bytes:
    """A FeatureCollection as the cadastre writes it: no `crs`, no blank."""
    text = json.dumps({"type": "FeatureCollection", "features": list(features)})
    return text.encode()


def written(folder: Path, name: str, features: Iterable[dict[str, Any]]) -> Path:
    """A file of parcels, gzip when its name says so."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = as_bytes(features)
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return path


def grid(commune: str, west: float, south: float, count: int, step: float) -> list[dict[str, Any]]:
    """`count` × `count` square parcels of `step` degrees that touch, from a south-west corner."""
    return [
        feature(
            f"{commune}000AB{row * count + column + 1:04d}",
            (
                west + column * step,
                south + row * step,
                west + (column + 1) * step,
                south + (row + 1) * step,
            ),
        )
        for row in range(count)
        for column in range(count)
    ]


def make_parcel(idu: str, box: Box, *, source: str = "essai", **fields: Any) -> Parcel:
    """A parcel as a row."""
    shape = MultiPolygon(Polygon.from_bbox(box), srid=4326)
    return Parcel.objects.create(
        idu=idu, geom=shape, source=source, **({"millesime": "2026-01-01"} | fields)
    )


def cover(commune: str) -> CadastreCoverage:
    """Say that a commune's parcels are all here."""
    return CadastreCoverage.objects.create(
        commune_code=commune, millesime="2026-01-01", source="essai", parcels=1
    )

"""Cadastral sections, drawn from their parcels: what tiles show before parcels can be told apart.

A section's contour is the union of its parcels (roads and rivers are no parcel), simplified with
its neighbours so that shared borders stay shared. Leaves when this is done to `tasks`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import shapely
from django.db import connection, transaction

from cadastre.models import Parcel
from geo.core.crs import WGS84
from geo.core.sql import read_sql

CODE = 10
# About 5 m: half a pixel of a tile of zoom 12.
TOLERANCE_DEG = 5e-5


@transaction.atomic
def sections_build(*, communes: Iterable[str]) -> int:
    """Draw again the sections of some communes from their parcels; returns how many there are.

    A section that stays as it was is not written; ids are kept by code.
    """
    total = 0
    with connection.cursor() as cursor:
        for commune in sorted(set(communes)):
            # Two jobs over one commune would each write what the other has read before.
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtext('sections'), hashtext(%s))", [commune]
            )
            codes, counts, shapes = _drawn(commune)
            contours = list(shapely.to_wkb(shapes, hex=True, include_srid=True)) if codes else []
            cursor.execute(
                read_sql(__file__, "sections"),
                {"commune": commune, "codes": codes, "counts": counts, "contours": contours},
            )
            total += len(codes)
    return total


def _drawn(commune: str) -> tuple[list[str], list[int], Any]:
    rows = Parcel.objects.published().filter(commune_code=commune).order_by("idu")
    found = list(rows.values_list("idu", "geom"))
    parcels = shapely.from_wkb([bytes(geom.wkb) for _, geom in found])
    sections = np.array([idu[:CODE] for idu, _ in found])
    codes, starts, counts = np.unique(sections, return_index=True, return_counts=True)
    whole = [_union(parcels[start : start + n]) for start, n in zip(starts, counts, strict=True)]
    if not whole:
        return [], [], None
    simple = shapely.coverage_simplify(whole, TOLERANCE_DEG)
    usable = shapely.is_valid(simple) & ~shapely.is_empty(simple)
    shapes = np.where(usable, simple, whole)
    return (
        codes.tolist(),
        counts.tolist(),
        shapely.set_srid([_multi(shape) for shape in shapes], WGS84),
    )


def _union(parcels: Any) -> Any:
    """The union of parcels that touch; slower where the file lets some overlap."""
    joined = shapely.coverage_union_all(parcels) if shapely.coverage_is_valid(parcels) else None
    if joined is None or not joined.is_valid:
        joined = shapely.union_all(parcels)
    return joined


def _multi(shape: Any) -> Any:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return shapely.MultiPolygon(parts)

"""Contours for low zooms: a whole level simplified at once, so that shared borders stay shared.

Works outside the database (PostGIS has `ST_CoverageSimplify` from 3.4 only). Leaves choosing the
column by zoom to `geo.core.sources`.
"""

from __future__ import annotations

import numpy as np
import shapely
from django.db import connection
from shapely import MultiPolygon

from geo.core.crs import WEB_MERCATOR
from geo.territories.models import LEVELS
from geo.territories.storage import hex_wkb

# Half a 256-pixel pixel at zoom 8, the last zoom that draws these contours: the square root of the
# largest triangle that simplifying may drop, in metres of EPSG:3857.
TOLERANCE_M = 300.0


def generalise(level: str) -> int:
    """Write the simplified contours of a level where they differ; returns how many were written.

    Municipal arrondissements lie over their commune: they are a coverage of their own.
    """
    table = LEVELS[level]._meta.db_table
    part = "main_commune_code IS NOT NULL" if level == "commune" else "false"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT code, ST_AsBinary(contour_3857), {part} FROM {table} "  # noqa: S608
            "WHERE NOT ST_IsEmpty(contour) ORDER BY code"
        )
        rows = cursor.fetchall()
        cursor.execute(
            "CREATE TEMPORARY TABLE simplified "
            "(code text, low geometry(MultiPolygon, 3857)) ON COMMIT DROP"
        )
        with cursor.copy("COPY simplified (code, low) FROM STDIN") as copy:
            for is_part in (False, True):
                group = [row for row in rows if row[2] is is_part]
                lows = simplified([shapely.from_wkb(bytes(row[1])) for row in group])
                for row, low in zip(group, hex_wkb(lows, WEB_MERCATOR), strict=True):
                    copy.write_row((row[0], low))
        cursor.execute(
            f"UPDATE {table} t SET low_3857 = s.low FROM simplified s "  # noqa: S608
            "WHERE s.code = t.code AND t.low_3857 IS DISTINCT FROM s.low"
        )
        written = cursor.rowcount
        cursor.execute("DROP TABLE simplified")
    return int(written)


def simplified(
    contours: list[shapely.Geometry], tolerance_m: float = TOLERANCE_M
) -> list[MultiPolygon]:
    """The same coverage with fewer vertices: EPSG:3857 in and out, as MultiPolygons.

    Edges that two contours share exactly are simplified as one; where the source leaves gaps or
    overlaps, each contour is simplified on its own side. Nothing vanishes.
    """
    if not contours:
        return []
    lows = shapely.coverage_simplify(np.array(contours, dtype=object), tolerance_m)
    return [MultiPolygon(shapely.get_parts(low).tolist()) for low in lows]

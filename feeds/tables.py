"""A page of features as CSV: comma, no byte order mark, texts that no spreadsheet computes.

Leaves the rows to `feeds.sql` and the columns' rights to the scope.
"""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

from feeds import sql
from feeds.asking import Asking
from feeds.exporting.safe import safe
from geo.core.collections import Property
from geo.core.sources import compile_sources


def columns(asked: Asking) -> list[Property]:
    """The properties that at least one row of the answer can have, in their declared order."""
    sources = compile_sources(replace(asked.request, limit=1))
    names = {p.name for source in sources for p in source.properties}
    return [p for p in asked.given if p.name in names]


def page(asked: Asking) -> sql.Page:
    """The rows of a page, with its text: id, properties, then the place.

    Points are two columns, longitude and latitude in degrees or x and y in the order of the
    reference system's axes; other geometries are one column of well-known text.
    """
    chosen, crs = columns(asked), asked.crs
    point = asked.request.collection.geometry_type == "Point"
    digits = crs.digits
    geometry = (
        f"ARRAY[round(ST_X(geom)::numeric, {digits}), round(ST_Y(geom)::numeric, {digits})]"
        if point
        else f"ST_AsText(geom, {digits})"
    )
    found = sql.values(asked.request, crs, chosen, geometry)
    place = _axes(asked) if point else ["geometry"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["id", *(p.name for p in chosen), *place])
    for row in found.rows:
        identity, where, *given = row
        ends = (where or ["", ""]) if point else [where or ""]
        writer.writerow([identity, *map(cell, given), *ends])
    return replace(found, content=text.getvalue().encode(), rows=[])


def cell(value: Any) -> Any:
    """One value as a cell: a text that a spreadsheet would compute is made a plain text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return safe(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _axes(asked: Asking) -> list[str]:
    if not asked.crs.geographic:
        return ["x", "y"]
    return ["lat", "lon"] if asked.crs.lat_first else ["lon", "lat"]

"""GeoParquet 1.1: zstd, row groups in the order of a Hilbert curve, a covering box for each row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from pyarrow import parquet

from feeds.exporting.dictionary import Entry, Mentions, entries
from feeds.exporting.layout import GEOMETRY
from feeds.exporting.rows import Rows

ROW_GROUP = 65_536
BBOX = "bbox"
SIDES = ("xmin", "ymin", "xmax", "ymax")
COVERING = pa.struct([(side, pa.float64()) for side in SIDES])


def geoparquet(rows: Rows, path: Path, mentions: Mentions) -> list[str]:
    """Rows near one another are in the same group: a reader of a box skips the others."""
    told = entries(rows.layout)
    by_name = {entry.column: entry for entry in told}
    fields = [_field(each, by_name) for each in rows.layout.schema]
    schema = pa.schema([*fields, pa.field(BBOX, COVERING)])
    west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
    kinds: set[str] = set()
    with parquet.ParquetWriter(
        path, schema, compression="zstd", compression_level=3, write_statistics=True
    ) as writer:
        for table in _grouped(rows):
            shapes = shapely.from_wkb(table.column(GEOMETRY).to_numpy())
            bounds = shapely.bounds(shapes)
            kinds |= {each for each in map(_kind, np.unique(shapely.get_type_id(shapes))) if each}
            if not np.isnan(bounds).all():
                west, south = np.fmin([west, south], np.nanmin(bounds[:, :2], axis=0))
                east, north = np.fmax([east, north], np.nanmax(bounds[:, 2:], axis=0))
            covering = _covering(bounds)
            arrays = [*(column.combine_chunks() for column in table.columns), covering]
            group = pa.Table.from_arrays(arrays, schema=schema)
            writer.write_table(group, row_group_size=ROW_GROUP)
        box = [float(side) for side in (west, south, east, north)] if kinds else None
        described = {entry.column: entry.row[1:5] for entry in told}
        writer.add_key_value_metadata(
            {
                "geo": json.dumps(_geo(sorted(kinds), box)),
                "titre": mentions.title,
                "conditions": mentions.terms,
                "mentions": json.dumps(dict(mentions.lines), ensure_ascii=False),
                "dictionnaire": json.dumps(described, ensure_ascii=False),
            }
        )
    return [entry.column for entry in told]


def _grouped(rows: Rows) -> Iterator[pa.Table]:
    """The batches gathered into row groups."""
    held: list[pa.RecordBatch] = []
    size = 0
    for batch in rows:
        held.append(batch)
        size += batch.num_rows
        if size >= ROW_GROUP:
            table = pa.Table.from_batches(held)
            yield table.slice(0, ROW_GROUP)
            rest = table.slice(ROW_GROUP)
            held, size = rest.to_batches(), rest.num_rows
    if held:
        yield pa.Table.from_batches(held)


def _field(field: pa.Field, by_name: dict[str, Entry]) -> pa.Field:
    entry = by_name.get(field.name)
    if entry is None:
        return field
    remarks = {"label": entry.label, "description": entry.comment}
    return field.with_metadata({k: v for k, v in remarks.items() if v})


def _covering(bounds: Any) -> pa.Array:
    sides = [pa.array(bounds[:, number], from_pandas=True) for number in range(4)]
    return pa.StructArray.from_arrays(sides, fields=list(COVERING))


def _kind(number: Any) -> str:
    names = {0: "Point", 1: "LineString", 3: "Polygon", 4: "MultiPoint", 5: "MultiLineString"}
    return names.get(int(number), "MultiPolygon" if number == 6 else "")


def _geo(kinds: list[str], box: list[float] | None) -> dict[str, Any]:
    """The `geo` key of GeoParquet 1.1; without `crs` it is OGC:CRS84, longitude first."""
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": kinds,
        "covering": {"bbox": {side: [BBOX, side] for side in SIDES}},
    }
    if box:
        column["bbox"] = box
    return {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}

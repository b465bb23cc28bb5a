"""GeoParquet 1.1: zstd, row groups in the order of a Hilbert curve, a covering box for each row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
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
# By their number in GEOS; rows without geometry have none.
KINDS = {
    -1: "",
    0: "Point",
    1: "LineString",
    3: "Polygon",
    4: "MultiPoint",
    5: "MultiLineString",
    6: "MultiPolygon",
    7: "GeometryCollection",
}
COVERING = pa.struct([(side, pa.float64()) for side in SIDES])


def geoparquet(rows: Rows, path: Path, mentions: Mentions) -> list[str]:
    """Rows near one another are in the same group: a reader of a box skips the others."""
    told = entries(rows.layout)
    by_name = {entry.column: entry for entry in told}
    fields = [_field(each, by_name) for each in rows.layout.schema]
    schema = pa.schema([*fields, pa.field(BBOX, COVERING)])
    ground = _Ground()
    with parquet.ParquetWriter(path, schema, compression="zstd", compression_level=3) as writer:
        for group in _grouped(ground.covered(batch, schema) for batch in rows):
            writer.write_table(group, row_group_size=ROW_GROUP)
        described = {entry.column: entry.row[1:5] for entry in told}
        writer.add_key_value_metadata(
            {
                "geo": json.dumps(ground.described()),
                "titre": mentions.title,
                "conditions": mentions.terms,
                "mentions": json.dumps(dict(mentions.lines), ensure_ascii=False),
                "dictionnaire": json.dumps(described, ensure_ascii=False),
            }
        )
    return [entry.column for entry in told]


class _Ground:
    """What the geometries seen so far are: their kinds, and the box around them."""

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.low, self.high = np.full(2, np.inf), np.full(2, -np.inf)

    def covered(self, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
        """The same rows, each with its box."""
        shapes = shapely.from_wkb(batch.column(GEOMETRY).to_numpy(zero_copy_only=False))
        bounds = shapely.bounds(shapes)
        self.kinds |= {KINDS[int(each)] for each in np.unique(shapely.get_type_id(shapes))}
        self.low = np.fmin(self.low, np.fmin.reduce(bounds[:, :2]))
        self.high = np.fmax(self.high, np.fmax.reduce(bounds[:, 2:]))
        sides = [pa.array(bounds[:, number], from_pandas=True) for number in range(4)]
        covering = pa.StructArray.from_arrays(sides, fields=list(COVERING))
        return pa.RecordBatch.from_arrays([*batch.columns, covering], schema=schema)

    def described(self) -> dict[str, Any]:
        """The `geo` key of GeoParquet 1.1; without `crs` it is OGC:CRS84, longitude first."""
        column: dict[str, Any] = {
            "encoding": "WKB",
            "geometry_types": sorted(filter(None, self.kinds)),
            "covering": {"bbox": {side: [BBOX, side] for side in SIDES}},
        }
        if np.isfinite(self.low).all():
            column["bbox"] = [*map(float, self.low), *map(float, self.high)]
        return {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}


def _grouped(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The batches gathered into row groups."""
    held: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        held.append(batch)
        size += batch.num_rows
        while size >= ROW_GROUP:
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

"""GeoPackage, FlatGeobuf and Shapefile, by GDAL, which pulls the batches one at a time."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from feeds.exporting.dictionary import HEADINGS, Entry, Mentions, entries
from feeds.exporting.layout import GEOMETRY
from feeds.exporting.rows import Rows
from geo.core.crs import WGS84
from geo.core.errors import InvalidInput

DBF_NAME = 10
FID = "fid"
INDEX_BYTES = 10_000_000
FAILED = (DataLayerError, DataSourceError, RuntimeError, OSError)


def geopackage(rows: Rows, path: Path, mentions: Mentions) -> list[str]:
    """The ids are the layer's FIDs, and a column for programs that do not read those.

    Dictionary and mentions are tables beside it. Version 1.3 of the format: older programs read it
    without a warning.
    """
    # The spatial index is made at the end; beyond so much memory GDAL goes through the disk.
    pyogrio.set_gdal_config_options({"OGR_GPKG_MAX_RAM_USAGE_RTREE": INDEX_BYTES})
    told = entries(rows.layout)
    layer = rows.request.collection.id
    _write(
        rows,
        path,
        "GPKG",
        layer,
        told=told,
        dataset_metadata=_metadata(mentions),
        dataset_options={"VERSION": "1.3"},
        layer_options={
            "FID": FID,
            "GEOMETRY_NAME": GEOMETRY,
            "IDENTIFIER": mentions.title,
            "DESCRIPTION": mentions.terms,
        },
    )
    _table(path, "dictionnaire", HEADINGS, [entry.row for entry in told])
    lines = (("Conditions", mentions.terms), *mentions.lines)
    _table(path, "mentions", ("rubrique", "texte"), lines)
    return [entry.column for entry in told]


def flatgeobuf(rows: Rows, path: Path, mentions: Mentions) -> list[str]:
    """With its spatial index; labels and codes are the titles and descriptions of the columns."""
    told = entries(rows.layout)
    lines = "\n".join(f"{heading} : {text}" for heading, text in mentions.lines)
    _write(
        rows,
        path,
        "FlatGeobuf",
        rows.request.collection.id,
        told=told,
        layer_options={"TITLE": mentions.title, "DESCRIPTION": f"{mentions.terms}\n{lines}"},
    )
    return [entry.column for entry in told]


def shapefile(rows: Rows, path: Path, mentions: Mentions) -> list[str]:
    """Names of ten characters; beyond 2 GB the format is refused, never cut."""
    names = short_names([*rows.layout.schema.names][:-1])
    _write(
        rows,
        path,
        "ESRI Shapefile",
        path.stem,
        names=[*names, GEOMETRY],
        encoding="UTF-8",
        layer_options={"2GB_LIMIT": "YES", "SPATIAL_INDEX": "YES"},
    )
    return names


def short_names(names: list[str]) -> list[str]:
    """Different names of at most ten characters, the same each time for the same list."""
    found: list[str] = []
    for name in names:
        short, number = name[:DBF_NAME], 1
        while short in found:
            number += 1
            short = f"{name[: DBF_NAME - len(str(number)) - 1]}_{number}"
        found.append(short)
    return found


def _write(
    rows: Rows,
    path: Path,
    driver: str,
    layer: str,
    *,
    told: list[Entry] | None = None,
    names: list[str] | None = None,
    **options: Any,
) -> None:
    schema = _described(rows.layout.schema, told or [], names)
    if driver == "GPKG":
        schema = schema.insert(0, pa.field(FID, pa.int64()))
    feed = _Feed(rows, schema)
    kind = rows.request.collection.geometry_type
    with warnings.catch_warnings():
        # What GDAL widens for a Shapefile is told by the dictionary.
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            pyogrio.write_arrow(
                pa.RecordBatchReader.from_batches(schema, iter(feed)),
                path,
                driver=driver,
                layer=layer,
                geometry_name=GEOMETRY,
                geometry_type="Polygon" if "Shapefile" in driver and "Poly" in kind else kind,
                crs=f"EPSG:{WGS84}",
                **options,
            )
        except FAILED as error:
            if feed.error is not None:
                raise feed.error from None
            if "2GB" in str(error) or "2 GB" in str(error):
                raise InvalidInput(
                    "Un Shapefile ne peut pas dépasser 2 Go : choisissez GeoPackage.",
                    field="format",
                ) from error
            raise


class _Feed:
    """The batches under the file's names; keeps what went wrong, which GDAL would hide."""

    def __init__(self, rows: Rows, schema: pa.Schema) -> None:
        self.rows, self.schema = rows, schema
        self.error: BaseException | None = None

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self.rows:
                columns = batch.columns
                if self.schema.names[0] == FID:
                    columns = [batch.column("id"), *columns]
                yield pa.RecordBatch.from_arrays(columns, schema=self.schema)
        except GeneratorExit:
            raise
        except BaseException as error:
            self.error = error
            raise


def _described(schema: pa.Schema, told: list[Entry], names: list[str] | None) -> pa.Schema:
    """The schema with labels, remarks and the kind of the geometry, as GDAL reads them."""
    by_name = {entry.column: entry for entry in told}
    fields = []
    for number, each in enumerate(schema):
        metadata: dict[bytes, bytes] = {}
        if each.name == GEOMETRY:
            metadata[b"ARROW:extension:name"] = b"geoarrow.wkb"
        elif each.name in by_name:
            entry = by_name[each.name]
            metadata[b"GDAL:OGR:alternative_name"] = entry.label.encode()
            metadata[b"GDAL:OGR:comment"] = entry.comment.encode()
        name = names[number] if names else each.name
        fields.append(pa.field(name, each.type, metadata=metadata or None))
    return pa.schema(fields)


def _metadata(mentions: Mentions) -> dict[str, str]:
    return {
        "TITLE": mentions.title,
        "DESCRIPTION": mentions.description,
        "LICENCE": mentions.terms,
        **{heading.upper().replace(" ", "_"): text for heading, text in mentions.lines},
    }


def _table(path: Path, name: str, headings: tuple[str, ...], lines: Any) -> None:
    """A table without geometry in the same GeoPackage."""
    columns = [pa.array(values, pa.string()) for values in zip(*lines, strict=True)]
    table = pa.table(columns, names=list(headings))
    pyogrio.write_arrow(table, path, driver="GPKG", layer=name, append=True)

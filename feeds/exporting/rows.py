"""Reading the rows of an export: one SQL, sent by COPY, handed over as Arrow batches.

COPY streams: neither side holds more than a batch, and no cursor outlives the reader's rights,
which go in front in the same transaction. Leaves what is read to `geo.core.sources`, and files to
the writers.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection, transaction
from psycopg.errors import QueryCanceled
from pyarrow import csv

from feeds.exporting.formats import Shape
from feeds.exporting.layout import FEATURE, GEOMETRY, Layout, Read
from feeds.sql import feature_sql
from geo.core import rls
from geo.core.collections import Property
from geo.core.errors import TooCostly
from geo.core.scope import DataClass
from geo.core.sources import ALIAS, Request, Source, compile_sources

BATCH_BYTES = 1_000_000
BATCH_ROWS = 10_000
# Names that no property bears.
SOURCE, SUBJECT, GEOM = "_source", "_subject", "_geom"
POSTGRES = {
    "string": "text",
    "integer": "bigint",
    "number": "float8",
    "boolean": "boolean",
    "date": "date",
}


@dataclass(slots=True)
class Rows:
    """The rows of an export, read while they are iterated; `read` tells how far.

    `tick` is called after each batch with the rows so far; what it raises ends the reading.
    """

    request: Request
    shape: Shape
    timeout_ms: int
    tick: Callable[[int], None] = lambda _: None
    spatially: bool = False
    read: Read = field(default_factory=Read)
    layout: Layout = field(init=False)
    _sources: list[Source] = field(init=False)

    def __post_init__(self) -> None:
        self._sources = compile_sources(self.request)
        given = {p.name for source in self._sources for p in source.properties}
        wanted = tuple(p for p in self.request.collection.properties if p.name in given)
        self.layout = Layout(wanted, self.shape)

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Raises `TooCostly` past the time granted."""
        if not self._sources:
            return
        sql, params = self._sql()
        columns = [SOURCE, SUBJECT, *self.layout.schema.names]
        for text in copied(sql, params, self.timeout_ms):
            table = _parsed(text, columns, self.layout)
            self._note(table)
            self.read.rows += table.num_rows
            yield _batch(table, self.layout)
            self.tick(self.read.rows)

    def _sql(self) -> tuple[str, list[Any]]:
        parts = [
            _branch(source, number, self.layout) for number, source in enumerate(self._sources)
        ]
        params = [value for source in self._sources for value in source.params]
        # The order of geometries in PostGIS is that of a Hilbert curve.
        order = GEOM if self.spatially else "id"
        rows = f"SELECT * FROM ({' UNION ALL '.join(parts)}) u ORDER BY {order}"
        return f"SELECT {', '.join(_told(self.layout))} FROM ({rows}) f", params

    def _note(self, table: pa.Table) -> None:
        """Keep which sites these rows tell what of."""
        if not self.request.collection.subject:
            return
        sources = table.column(SOURCE).to_numpy()
        subjects = np.array(table.column(SUBJECT).to_pylist(), dtype=object)
        for number, source in enumerate(self._sources):
            texts = [text for text in subjects[sources == number] if text]
            found = {int(part) for text in texts for part in text.strip("{}").split(",")}
            for each in (DataClass.GENERAL, *source.classes):
                self.read.sites.setdefault(each, set()).update(found)


def _branch(source: Source, number: int, layout: Layout) -> str:
    """One branch's rows with the columns of all: NULL where the branch does not give one."""
    if layout.shape == Shape.FEATURE:
        return (
            f"SELECT id, {number} AS {SOURCE}, subject::text AS {SUBJECT}, feature"
            f" FROM ({feature_sql(source)}) s"
        )
    given = {p.name for p in source.properties}
    columns = [
        f'{_value(p)} AS "{p.name}"' if p.name in given else f'NULL::{_type(p)} AS "{p.name}"'
        for p in layout.properties
    ]
    listed = ", ".join(
        [
            "s.id",
            f"{number} AS {SOURCE}",
            f"s.subject::text AS {SUBJECT}",
            f"s.geom AS {GEOM}",
            *columns,
        ]
    )
    return f"SELECT {listed} FROM ({source.sql}) s"


def _type(prop: Property) -> str:
    return POSTGRES.get(prop.type, "text")


def _value(prop: Property) -> str:
    column = f'"{ALIAS}{prop.name}"'
    if prop.type == "date-time":
        utc = f"{column} AT TIME ZONE 'UTC'"
        return f"to_char({utc}, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS')"
    return f"{column}::{_type(prop)}"


def _told(layout: Layout) -> list[str]:
    """The expressions of the outer SELECT, in the order of the columns."""
    first = [SOURCE, SUBJECT, "id"]
    if layout.shape == Shape.FEATURE:
        return [*first, FEATURE]
    geometry = {
        Shape.WKB: [f"encode(ST_AsBinary({GEOM}), 'hex')"],
        Shape.POINT: [f"ST_X({GEOM})", f"ST_Y({GEOM})"],
        Shape.WKT: [f"ST_AsText({GEOM}, 7)"],
        Shape.NONE: [],
    }
    return [*first, *(f'"{p.name}"' for p in layout.properties), *geometry[layout.shape]]


def copied(sql: str, params: Sequence[Any], timeout_ms: int) -> Iterator[bytes]:
    """The rows of a SELECT as CSV text, several whole rows at a time, as who reads now may.

    Raises `TooCostly` when the database abandons it.
    """
    text = f"COPY ({sql}) TO STDOUT (FORMAT csv)"
    with transaction.atomic(), connection.cursor() as cursor:
        # Past Django's wrappers, which send whole statements: the rights go first by hand.
        raw = cursor.cursor
        raw.execute(f"SET LOCAL statement_timeout = {int(timeout_ms)}")
        raw.execute("SET LOCAL datestyle = 'ISO, YMD'")
        if rights := rls.needed(sql):
            raw.execute(rights)
        try:
            with raw.copy(text, list(params)) as copy:
                yield from _gathered(copy)
        except QueryCanceled as error:
            raise TooCostly(
                "Trop long à lire : réduisez l'emprise, ou ajoutez un filtre."
            ) from error


def _gathered(copy: Any) -> Iterator[bytes]:
    parts: list[bytes] = []
    size = 0
    for row in copy:
        parts.append(bytes(row))
        size += len(row)
        if size >= BATCH_BYTES or len(parts) >= BATCH_ROWS:
            yield b"".join(parts)
            parts, size = [], 0
    if parts:
        yield b"".join(parts)


def _parsed(text: bytes, columns: list[str], layout: Layout) -> pa.Table:
    types = {name: layout.schema.field(name).type for name in layout.schema.names}
    # Read without its zone, which the text does not bear.
    types = {n: pa.timestamp("ms") if pa.types.is_timestamp(t) else t for n, t in types.items()}
    return csv.read_csv(
        pa.BufferReader(text),
        read_options=csv.ReadOptions(
            column_names=columns, block_size=len(text) + 1, use_threads=False
        ),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=types | {SOURCE: pa.int64(), SUBJECT: pa.string()},
            # COPY writes an empty text in quotes, and nothing for an unknown value.
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )


def _batch(table: pa.Table, layout: Layout) -> pa.RecordBatch:
    schema = layout.schema
    arrays = []
    for each in schema:
        array = table.column(each.name).combine_chunks()
        if isinstance(array, pa.ChunkedArray):
            array = array.chunk(0) if array.num_chunks else pa.array([], array.type)
        if each.name == GEOMETRY and layout.shape == Shape.WKB:
            array = unhexed(array)
        elif pa.types.is_timestamp(each.type):
            array = array.cast(each.type)
        arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def unhexed(array: pa.Array) -> pa.Array:
    """Binary values from their hexadecimal text, the whole column at once."""
    validity, offsets, data = array.buffers()
    starts = np.frombuffer(offsets, dtype=np.int32)[array.offset : array.offset + len(array) + 1]
    text = memoryview(data)[starts[0] : starts[-1]] if data is not None else b""
    halves = ((starts - starts[0]) // 2).astype(np.int32)
    buffers = [validity, pa.py_buffer(halves), pa.py_buffer(binascii.unhexlify(text))]
    if array.offset:
        raise ValueError("a slice is not expected here")
    return pa.Array.from_buffers(pa.binary(), len(array), buffers)

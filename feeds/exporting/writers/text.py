"""CSV and GeoJSON, written as the rows come.

The CSV of programs has commas, points and no mark; that of spreadsheets (`spreadsheet_csv`) is what
a French one opens by a double click: semicolons, decimal commas, a byte-order mark.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa

from feeds.exporting.dictionary import HEADINGS, Entry, Mentions, entries
from feeds.exporting.layout import FEATURE
from feeds.exporting.rows import Rows
from feeds.exporting.safe import safe

BOM = "\ufeff"


def plain_csv(rows: Rows, path: Path, mentions: Mentions) -> list[str]:
    """For programs: commas, no mark."""
    return _csv(rows, path, delimiter=",", encoding="utf-8", decimal=".")


def spreadsheet_csv(rows: Rows, path: Path, mentions: Mentions) -> list[str]:
    """For spreadsheets."""
    return _csv(rows, path, delimiter=";", encoding="utf-8-sig", decimal=",")


def geojson(rows: Rows, path: Path, mentions: Mentions) -> list[str]:
    """One FeatureCollection, a feature a line; title and terms are members beside the features."""
    head = {
        "type": "FeatureCollection",
        "title": mentions.title,
        "terms": mentions.terms,
        "mentions": dict(mentions.lines),
    }
    with path.open("w", encoding="utf-8") as out:
        out.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [\n')
        first = True
        for batch in rows:
            if not first:
                out.write(",\n")
            out.write(",\n".join(batch.column(FEATURE).to_pylist()))
            first = False
        out.write("\n]}\n")
    return [entry.column for entry in entries(rows.layout)]


def dictionary_csv(told: Iterable[Entry], path: Path) -> None:
    """The dictionary as a table beside the file."""
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, delimiter=";")
        writer.writerow(HEADINGS)
        writer.writerows([safe(value) for value in entry.row] for entry in told)


def _csv(rows: Rows, path: Path, *, delimiter: str, encoding: str, decimal: str) -> list[str]:
    schema = rows.layout.schema
    texts = [_text(field.type, decimal) for field in schema]
    with path.open("w", encoding=encoding, newline="") as out:
        writer = csv.writer(out, delimiter=delimiter)
        writer.writerow(schema.names)
        for batch in rows:
            columns = [
                [None if value is None else text(value) for value in column.to_pylist()]
                for text, column in zip(texts, batch.columns, strict=True)
            ]
            writer.writerows(zip(*columns, strict=True))
    return list(schema.names)


def _text(kind: pa.DataType, decimal: str) -> Callable[[Any], Any]:
    """How a value of that type is written. Only texts are made safe: numbers stay numbers."""
    if pa.types.is_string(kind):
        return safe
    if pa.types.is_boolean(kind):
        return lambda value: "true" if value else "false"
    if pa.types.is_timestamp(kind):
        return lambda value: value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_floating(kind):
        # Long numbers of degrees keep 7 decimals or so: what the database gave, as it is.
        return lambda value: repr(value).replace(".", decimal)
    return str

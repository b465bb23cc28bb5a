"""Pieces of SQL with their values and their kind: what the parts of a filter are written as.

Values are always parameters; names are those of columns that the registry declares.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

STRING, NUMBER, BOOLEAN, DATE, TIME, GEOMETRY = (
    "string",
    "number",
    "boolean",
    "date",
    "timestamp",
    "geometry",
)
KINDS = {
    "string": STRING,
    "integer": NUMBER,
    "number": NUMBER,
    "boolean": BOOLEAN,
    "date": DATE,
    "date-time": TIME,
    "geometry": GEOMETRY,
}
SQL_TYPES = {
    STRING: "text",
    NUMBER: "double precision",
    BOOLEAN: "boolean",
    DATE: "date",
    TIME: "timestamptz",
    GEOMETRY: "geometry",
}
WORDS = {
    STRING: "un texte, entre apostrophes",
    NUMBER: "un nombre",
    BOOLEAN: "TRUE ou FALSE",
    DATE: "une date : DATE('2026-01-31')",
    TIME: "un instant : TIMESTAMP('2026-01-31T12:00:00Z')",
    GEOMETRY: "une géométrie",
}


@dataclass(frozen=True, slots=True)
class Fragment:
    """SQL of one value or one condition. `text` is that of a literal text, `name` of a property."""

    sql: str
    params: tuple[Any, ...]
    kind: str
    text: str | None = None
    name: str = ""

    @property
    def told(self) -> str:
        """How an error names it."""
        return f"« {self.name} »" if self.name else "cette valeur"


def condition(sql: str, *parts: Fragment) -> Fragment:
    """A condition made of these parts, in the order of their places in the text."""
    return Fragment(sql, values(parts), BOOLEAN)


def values(parts: Iterable[Fragment]) -> tuple[Any, ...]:
    """The values of several parts, in their order."""
    return tuple(value for part in parts for value in part.params)


def null(kind: str) -> Fragment:
    """A value that nobody may see, or that is not there."""
    return Fragment(f"NULL::{SQL_TYPES[kind]}", (), kind)

"""The order of rows and where a page begins: keys with values that may be missing, then ids.

A page starts after the last row had, told by its own keys: rows that come or go between two pages
move none of the others. Leaves the rows to `geo.core.sources`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# How a property compares, by its type; texts compare as the database orders them.
SQL_TYPES = {
    "string": "text",
    "integer": "bigint",
    "number": "double precision",
    "boolean": "boolean",
    "date": "date",
    "date-time": "timestamptz",
}
KEY = "k_"


@dataclass(frozen=True, slots=True)
class Sort:
    """One key of the order: a property's name and type, and whether the largest come first.

    Rows that have no value come last either way.
    """

    name: str
    type: str
    descending: bool = False

    @property
    def sql_type(self) -> str:
        """The type its values compare in."""
        return SQL_TYPES[self.type]


def key_columns(sort: Sequence[Sort], columns: Mapping[str, str]) -> list[str]:
    """The select items `k_0`, `k_1` …; a property that has no column has no value."""
    return [f"{_value(key, columns)} AS {KEY}{i}" for i, key in enumerate(sort)]


def order_by(sort: Sequence[Sort], last: str = "id") -> str:
    """The text of ORDER BY over the select items of `key_columns`."""
    keys = [
        f"{KEY}{i} {'DESC' if key.descending else 'ASC'} NULLS LAST" for i, key in enumerate(sort)
    ]
    return ", ".join([*keys, last])


def starts_after(
    sort: Sequence[Sort],
    columns: Mapping[str, str],
    after: int,
    keys: Sequence[str | None],
) -> tuple[str, list[Any]]:
    """The condition of the rows that follow the one of that id and those key texts."""
    sql: str = "id > %s"
    params: list[Any] = [after]
    for key, value in reversed(list(zip(sort, keys, strict=True))):
        column = _value(key, columns)
        if value is None:
            sql = f"({column} IS NULL AND {sql})"
            continue
        sign = "<" if key.descending else ">"
        given = f"%s::{key.sql_type}"
        sql = f"({column} {sign} {given} OR {column} IS NULL OR ({column} = {given} AND {sql}))"
        params = [value, value, *params]
    return sql, params


def _value(key: Sort, columns: Mapping[str, str]) -> str:
    column = columns.get(key.name)
    return f"({column})::{key.sql_type}" if column else f"NULL::{key.sql_type}"

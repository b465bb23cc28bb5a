"""Reading the sites of a territory for its page: totals, one page of rows, counts by territory.

Everything is counted on the SELECT that gives tiles and feeds, so that list, map and feed agree.
Leaves rights to `geo.core.sources`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from geo.core import collections
from geo.core.errors import NotFound
from geo.core.sources import Request, compile_sources, union
from geo.core.sql import read_sql
from web.carte.query import PAGE_ROWS, Query
from web.carte.states import KEYS, LIVING, state_key

COLUMNS = (
    "reference",
    "name",
    "precision",
    "status",
    "closure_kind",
    "field_type",
    "commune",
    "commune_name",
    "departement",
    "region",
    "people",
    "water",
    "opened_on",
    "closed_on",
    "confirmed_on",
    "updated_at",
)
# Names come from here, never from a request; NULLs last in both directions.
ORDERS = {
    "state": "CASE status WHEN 'open' THEN 0 WHEN 'resorption' THEN 1 ELSE 2 END {0}, "
    "closed_on DESC NULLS LAST, people DESC NULLS LAST",
    "reference": "reference {0}",
    "commune": "commune_name {0} NULLS LAST",
    "people": "people {0} NULLS LAST",
    "opened": "opened_on {0} NULLS LAST",
    "updated": "updated_at {0}",
}
GROUPED = {"region", "departement", "commune"}


@dataclass(frozen=True, slots=True)
class Row:
    """One site of the list; `name` is None where the reader may not see it."""

    id: int
    reference: str
    name: str | None
    precision: str
    status: str
    closure_kind: str | None
    field_type: str
    commune: str
    commune_name: str
    departement: str
    people: int | None
    water: str
    opened_on: dt.date
    closed_on: dt.date | None
    updated_at: dt.datetime
    lon: float
    lat: float

    @property
    def state(self) -> str:
        """The key of its state."""
        return state_key(self.status, self.closure_kind)


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts under the filters: by state, and the last writing.

    `people` live on the sites that still exist, `uncounted` of which have no known number.
    """

    by_state: dict[str, int]
    people: int
    uncounted: int
    updated_at: dt.datetime | None

    @property
    def count(self) -> int:
        """Every site."""
        return sum(self.by_state.values())

    @property
    def living(self) -> int:
        """The sites that still exist: open, or being resorbed."""
        return sum(self.by_state[key] for key in LIVING)


@dataclass(frozen=True, slots=True)
class Group:
    """The sites of one territory: counts by state, people of those that still exist, the middle of
    all and, alone, the site."""

    code: str
    by_state: dict[str, int]
    people: int
    lon: float
    lat: float
    site: int | None = None
    name: str = field(default="", compare=False)

    @property
    def count(self) -> int:
        """Every site."""
        return sum(self.by_state.values())

    @property
    def counts(self) -> tuple[int, ...]:
        """The counts in the order of the states."""
        return tuple(self.by_state[key] for key in KEYS)


def totals(query: Query) -> Totals:
    """The counts that head a page."""
    by_state = dict.fromkeys(KEYS, 0)
    people = uncounted = 0
    updated_at = None
    for status, kind, count, sum_people, without, updated in _rows(query, "totals"):
        by_state[state_key(status, kind)] += count
        people += sum_people
        uncounted += without
        updated_at = max(filter(None, (updated_at, updated)), default=None)
    return Totals(by_state, people, uncounted, updated_at)


def rows(query: Query) -> list[Row]:
    """One page of the list, in the order asked, then by reference."""
    name = query.sort.removeprefix("-")
    direction = "DESC" if query.sort.startswith("-") else "ASC"
    order = ORDERS[name].format(direction)
    found = _rows(query, "rows", {"order": order}, PAGE_ROWS, (query.page - 1) * PAGE_ROWS)
    return [Row(*values) for values in found]


def groups(query: Query, level: str) -> list[Group]:
    """The sites counted by territory (`region`, `departement` or `commune`), by code."""
    if level not in GROUPED:
        raise ValueError(level)
    return [
        Group(code, dict(zip(KEYS, counts, strict=True)), people, lon, lat, site)
        for code, *counts, people, lon, lat, site in _rows(query, "groups", {"level": level})
    ]


def arrivals(query: Query) -> list[int] | None:
    """The reinstallations whose site of arrival is under the filters; None where none is in force.

    A flow is told by the site where people settled, as its departement is: an arrow of a filtered
    map always ends on a site that the map shows.
    """
    if all(name == "datetime" for name, _ in query.params):
        return None
    try:
        flows = collections.get("reinstallations", query.scope)
    except NotFound:
        return None
    sites = compile_sources(Request(query.collection, query.scope, query.when, query.filters))
    moves = compile_sources(Request(flows, query.scope, query.when))
    if not sites or not moves:
        return []
    base, base_params = union(sites)
    flow, flow_params = union(moves, ("site",))
    sql = read_sql(__file__, "arrivals").format(base=base, flows=flow)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*flow_params, *base_params])
        return [key for (key,) in cursor.fetchall()]


def _rows(query: Query, name: str, words: dict[str, str] | None = None, *values: Any) -> list[Any]:
    sources = compile_sources(query.request)
    if not sources:
        return []
    base, params = union(sources, COLUMNS)
    sql = read_sql(__file__, name).format(base=base, **(words or {}))
    with connection.cursor() as cursor:
        cursor.execute(sql, [*params, *values])
        return cursor.fetchall()

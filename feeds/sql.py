"""The rows of one page, read in one SQL: GeoJSON texts that the database writes, or values.

Leaves which rows and whose rights to `geo.core.sources` and HTTP to the views.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings

from feeds.cursors import Last
from geo.core.collections import Property
from geo.core.crs import CRS84, Crs
from geo.core.ordering import KEY, SQL_TYPES, order_by
from geo.core.scope import DataClass
from geo.core.sources import ALIAS, Request, Source, compile_sources
from geo.core.timed import fetch

# 35,000 communes are counted in some 10 ms; GIS programs show 0 where no count is told.
COUNT_CAP = 100_000
Read = dict[DataClass, list[int]]


@dataclass(frozen=True, slots=True)
class Page:
    """Features as GeoJSON texts in their order; `following` is None on the last page.

    `read` tells for each class the ids of the sites of which the features say something.
    `returned` is how many there are, also where they are `rows`, or the `content` made of them.
    """

    features: list[str]
    following: Last | None
    read: Read = field(default_factory=dict)
    returned: int = 0
    content: bytes = b""
    rows: list[tuple[Any, ...]] = field(default_factory=list)


def page(request: Request, crs: Crs = CRS84) -> Page:
    """The features of one page (`request.limit` at most, after `request.after`)."""
    limit = request.limit or settings.MAX_ITEMS
    sources = compile_sources(replace(request, limit=limit + 1))
    if not sources:
        return Page([], None)
    keys = [f"{KEY}{i}" for i in range(len(request.sort))]
    inner = "".join(f", {key}" for key in keys)
    parts = [
        f"SELECT id, feature, subject, {index} AS source{inner} "
        f"FROM ({feature_sql(source, crs, keys)}) s{index}"
        for index, source in enumerate(sources)
    ]
    params = [value for source in sources for value in source.params]
    texts = "".join(f", {key}::text" for key in keys)
    sql = (
        f"SELECT id, subject, source, feature{texts} FROM ({' UNION ALL '.join(parts)}) f "
        f"ORDER BY {order_by(request.sort)} LIMIT %s"
    )
    rows = fetch(settings.FEED_TIMEOUT_MS, sql, [*params, limit + 1])
    shown = rows[:limit]
    following = _following(rows, limit, 4)
    return Page([row[3] for row in shown], following, _read(shown, sources), len(shown))


def feature_sql(source: Source, crs: Crs = CRS84, keys: Sequence[str] = ()) -> str:
    """A SELECT of `id`, `subject`, `feature`: a property that the reader may not see is absent."""
    columns = ", ".join(f'"{ALIAS}{p.name}" AS "{p.name}"' for p in source.properties)
    sorted_by = "".join(f", s.{key}" for key in keys)
    geometry = f"ST_AsGeoJSON({_in_crs('s.geom', crs)}, {crs.digits}, 0)"
    return (
        f'SELECT s.id, s.subject{sorted_by}, concat(\'{{"type":"Feature","id":\', s.id, '
        f"',\"geometry\":', coalesce({geometry}, 'null'), ',\"properties\":', "
        f"row_to_json(p), '}}') AS feature FROM ({source.sql}) s "
        f"CROSS JOIN LATERAL (SELECT {columns}) p"
    )


def values(request: Request, crs: Crs, columns: Sequence[Property], geometry: str) -> Page:
    """The rows of one page as values: the id, `geometry` (SQL over `geom`), then `columns`."""
    limit, sql, params, sources = _plain(request, crs, columns, geometry)
    if not sources:
        return Page([], None)
    rows = fetch(settings.FEED_TIMEOUT_MS, sql, params)
    shown = rows[:limit]
    first = 3 + len(request.sort)
    return Page(
        [],
        _following(rows, limit, 3, first),
        _read(shown, sources),
        len(shown),
        rows=[(row[0], *row[first:]) for row in shown],
    )


def _plain(
    request: Request, crs: Crs, columns: Sequence[Property], geometry: str
) -> tuple[int, str, list[Any], list[Source]]:
    """The limit, and one SELECT of `id`, `subject`, `source`, key texts, `geom`, columns."""
    limit = request.limit or settings.MAX_ITEMS
    sources = compile_sources(replace(request, limit=limit + 1))
    keys = [f"{KEY}{i}" for i in range(len(request.sort))]
    parts = []
    for index, source in enumerate(sources):
        given = {p.name for p in source.properties}
        wanted = [
            f"{_named(p) if p.name in given else 'NULL'}::{SQL_TYPES[p.type]} AS {_named(p)}"
            for p in columns
        ]
        chosen = ", ".join(["id", "subject", f"{index} AS source", *keys, "geom", *wanted])
        parts.append(f"SELECT {chosen} FROM ({source.sql}) s{index}")
    names = [_named(p) for p in columns]
    texts = [f"{key}::text AS {key}" for key in keys]
    shape = geometry.replace("geom", _in_crs("geom", crs))
    sql = (
        f"SELECT {', '.join(['id', 'subject', 'source', *texts, f'{shape} AS geom', *names])} "
        f"FROM (SELECT * FROM ({' UNION ALL '.join(f'({part})' for part in parts)}) u "
        f"ORDER BY {order_by(request.sort)} LIMIT %s) f ORDER BY {order_by(request.sort, 'f.id')}"
    )
    # The order inside the sub-select reads typed keys; their texts would order otherwise.
    sql = sql if not keys else sql.rpartition(" ORDER BY ")[0]
    params = [value for source in sources for value in source.params]
    return limit, sql, [*params, limit + 1], sources


def _named(prop: Property) -> str:
    """A property's column: under a name of its own, since ours may be `source` or `id`."""
    return f'"{ALIAS}{prop.name}"'


def _in_crs(column: str, crs: Crs) -> str:
    """The geometry in a served reference system, its axes in the order of its authority."""
    if not crs.geographic:
        return f"ST_Transform({column}, {crs.srid})"
    return f"ST_FlipCoordinates({column})" if crs.lat_first else column


def _following(
    rows: Sequence[tuple[Any, ...]], limit: int, first: int, end: int | None = None
) -> Last | None:
    """The last row of a page that another follows."""
    if len(rows) <= limit:
        return None
    last = rows[limit - 1]
    return Last(last[0], tuple(last[first:end]))


def _read(rows: Iterable[tuple[Any, ...]], sources: Sequence[Source]) -> Read:
    """Which sites the rows (id, subject, source, …) tell of, for each class."""
    read: Read = {}
    classes = [(DataClass.GENERAL, *source.classes) for source in sources]
    for row in rows:
        subject = row[1]
        if subject is None:
            continue
        ids = subject if isinstance(subject, list) else [subject]
        for each in classes[row[2]]:
            read.setdefault(each, []).extend(ids)
    return read


def count(request: Request, *, whole: bool = False) -> int | None:
    """How many features match; above `COUNT_CAP` None, unless it is kept or `whole` is asked.

    A count is given only when it is cheap. A whole one that takes too long raises `TooCostly`.
    """
    stored = None if request.placed or request.condition else request.collection.stored_count
    if stored and (known := stored(request.filters.items)) is not None:
        return known
    sources = compile_sources(replace(request, limit=None, after=None, sort=(), after_keys=()))
    if not sources:
        return 0
    cap = "" if whole else f" LIMIT {COUNT_CAP + 1}"
    parts: Sequence[str] = [f"(SELECT 1 FROM ({source.sql}) s{cap})" for source in sources]
    params: list[Any] = [value for source in sources for value in source.params]
    counted = f"SELECT count(*) FROM ({' UNION ALL '.join(parts)}) c"
    ((total,),) = fetch(settings.FEED_TIMEOUT_MS, counted, params)
    return int(total) if whole or total <= COUNT_CAP else None

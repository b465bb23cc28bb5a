"""Features as GeoJSON text, written by the database: one SQL for a page.

Leaves the rows and the rights to `geo.core.sources` and HTTP to the views.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings

from geo.core.scope import DataClass
from geo.core.sources import ALIAS, Request, Source, compile_sources
from geo.core.timed import fetch

DEGREE_DIGITS = 7
# 35,000 communes are counted in some 10 ms; GIS programs show 0 where no count is told.
COUNT_CAP = 100_000


@dataclass(frozen=True, slots=True)
class Page:
    """Features as GeoJSON texts in the order of ids; `next_after` is None on the last page.

    `read` tells for each class the ids of the sites of which the features say something.
    """

    features: list[str]
    next_after: int | None
    read: dict[DataClass, list[int]] = field(default_factory=dict)


def page(request: Request) -> Page:
    """The features of one page (`request.limit` at most, after `request.after`)."""
    limit = request.limit or settings.MAX_ITEMS
    sources = compile_sources(replace(request, limit=limit + 1))
    if not sources:
        return Page([], None)
    parts = [
        f"SELECT id, feature, subject, {index} AS source FROM ({feature_sql(source)}) s{index}"
        for index, source in enumerate(sources)
    ]
    params = [value for source in sources for value in source.params]
    every = " UNION ALL ".join(parts)
    sql = f"SELECT id, feature, subject, source FROM ({every}) f ORDER BY id LIMIT %s"
    rows = fetch(settings.FEED_TIMEOUT_MS, sql, [*params, limit + 1])
    following = rows[limit - 1][0] if len(rows) > limit else None
    read: dict[DataClass, list[int]] = {}
    for _, _, subject, index in rows[:limit]:
        if subject is None:
            continue
        for each in (DataClass.GENERAL, *sources[index].classes):
            read.setdefault(each, []).extend(subject if isinstance(subject, list) else [subject])
    return Page([row[1] for row in rows[:limit]], following, read)


def feature_sql(source: Source) -> str:
    """A SELECT of `id`, `subject`, `feature`: a property that the reader may not see is absent."""
    columns = ", ".join(f'"{ALIAS}{p.name}" AS "{p.name}"' for p in source.properties)
    return (
        'SELECT s.id, s.subject, concat(\'{"type":"Feature","id":\', s.id, \',"geometry":\', '
        f"coalesce(ST_AsGeoJSON(s.geom, {DEGREE_DIGITS}), 'null'), ',\"properties\":', "
        f"row_to_json(p), '}}') AS feature FROM ({source.sql}) s "
        f"CROSS JOIN LATERAL (SELECT {columns}) p"
    )


def count(request: Request, *, whole: bool = False) -> int | None:
    """How many features match; above `COUNT_CAP` None, unless it is kept or `whole` is asked.

    A count is given only when it is cheap. A whole one that takes too long raises `TooCostly`.
    """
    stored = request.collection.stored_count
    if stored and request.bbox is None and (known := stored(request.filters.items)) is not None:
        return known
    sources = compile_sources(replace(request, limit=None, after=None))
    if not sources:
        return 0
    cap = "" if whole else f" LIMIT {COUNT_CAP + 1}"
    parts: Sequence[str] = [f"(SELECT 1 FROM ({source.sql}) s{cap})" for source in sources]
    params: list[Any] = [value for source in sources for value in source.params]
    counted = f"SELECT count(*) FROM ({' UNION ALL '.join(parts)}) c"
    ((total,),) = fetch(settings.FEED_TIMEOUT_MS, counted, params)
    return int(total) if whole or total <= COUNT_CAP else None

"""From a collection, a scope, a date and filters to one SELECT: base of tiles, feeds, prints.

Every branch starts from the collection's `visible_to(scope)` querysets; branches are joined by
UNION ALL so that each keeps its own spatial index. Leaves encoding (MVT, GeoJSON) to the callers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from django.core.exceptions import EmptyResultSet
from django.db.models import BigIntegerField, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from geo.core.collections import LOW_ZOOM, SEARCH, Branch, Collection, Property
from geo.core.crs import WEB_MERCATOR, WGS84
from geo.core.ordering import Sort, key_columns, order_by, starts_after
from geo.core.params import BBox, Filters
from geo.core.scope import DataClass, Scope
from geo.core.when import When

# Columns are aliased so that a property may bear the name of a model's field.
ALIAS = "c_"
# The largest bigint: a larger key matches nothing.
MAX_KEY = 2**63 - 1


class Condition(Protocol):
    """A filter richer than values: it reads properties, by name, and the geometry."""

    @property
    def names(self) -> frozenset[str]:
        """The properties it reads."""

    @property
    def spatial(self) -> bool:
        """Whether it reads the geometry."""

    def sql(self, columns: Mapping[str, str]) -> tuple[str, tuple[Any, ...]]:
        """The condition over these columns by name, with its values.

        A name that has no column has no value for this reader.
        """


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a collection. `bounds_3857`, `bbox` and `outline` are alternatives.

    `outline` is a polygon in EPSG:4326 (WKB). `names` are the properties wanted (None: those that
    need not be named). The rights on other classes than `classes` are left aside: their properties
    are given to nobody. Rows come in the order of `sort`, then of their ids; `after` is the id of
    the last row had, and `after_keys` its sort keys as texts.
    """

    collection: Collection
    scope: Scope
    when: When
    filters: Filters = field(default_factory=Filters)
    bbox: BBox | None = None
    bounds_3857: tuple[float, ...] | None = None
    after: int | None = None
    limit: int | None = None
    ids: tuple[int, ...] = ()
    tile_zoom: int | None = None
    names: tuple[str, ...] | None = None
    classes: frozenset[DataClass] = frozenset()
    condition: Condition | None = None
    outline: bytes | None = None
    sort: tuple[Sort, ...] = ()
    after_keys: tuple[str | None, ...] = ()

    @property
    def read(self) -> frozenset[str]:
        """The names of the properties by which rows are chosen: to filter by one is to read it."""
        named = {name for name, _ in self.filters.items}
        return frozenset(named | (self.condition.names if self.condition else frozenset()))

    @property
    def placed(self) -> bool:
        """Whether rows are chosen by where they lie."""
        boxed = self.bbox is not None or self.outline is not None
        return boxed or (self.condition is not None and self.condition.spatial)


@dataclass(frozen=True, slots=True)
class Source:
    """One branch compiled: SQL giving `id`, `geom`, `subject`, `k_<n>` (the sort keys),
    `c_<property>`, with its values.

    `classes` are the restricted ones that its rows tell something of, by a property or a filter.
    """

    sql: str
    params: tuple[Any, ...]
    properties: tuple[Property, ...]
    exact: bool
    classes: frozenset[DataClass] = frozenset()


def compile_sources(request: Request) -> list[Source]:
    """The SELECT of each branch that can give rows; an empty list when nothing can match."""
    low = request.tile_zoom is not None and request.tile_zoom <= LOW_ZOOM
    boxed = "3857" if request.bounds_3857 is not None else "4326"
    # The request's scope is lazy and holds the request: the key keeps the bare value.
    wanted = {DataClass.GENERAL, *request.classes}
    reaches = tuple(each for each in request.scope.reaches if each[0] in wanted)
    scope = Scope(reaches, request.scope.verbs, request.scope.collections)
    # Zooms that give the same properties share a text.
    tiled = None
    if request.tile_zoom is not None:
        steps = {p.tile_from for p in request.collection.properties if p.tile}
        tiled = max((step for step in steps if step <= request.tile_zoom), default=0)
    used = (request.condition.names if request.condition else frozenset()) | {
        key.name for key in request.sort
    }
    base = _Base(scope, request.when, request.filters, tiled, low, boxed, request.names, used)
    return [
        Source(*_narrowed(request, compiled), compiled.properties, compiled.exact, compiled.classes)
        for compiled in _compiled(request.collection, base, request.when.state_on)
    ]


@dataclass(frozen=True, slots=True)
class _Base:
    """What the text of a SELECT depends on; boxes, keys and limits are added to it as values."""

    scope: Scope
    when: When
    filters: Filters
    tiled: int | None
    low: bool
    boxed: str
    names: tuple[str, ...] | None
    used: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """One branch compiled: SQL giving `id`, `geom`, `place` (the indexed geometry), `subject`
    (the site or sites it is about), `properties`, and the `used` ones that are not among them."""

    sql: str
    params: tuple[Any, ...]
    properties: tuple[Property, ...]
    used: tuple[Property, ...]
    exact: bool
    classes: frozenset[DataClass]


# Compiling costs more than reading a tile. The text depends on rights, date and filters only, and
# the whole of them is the key: equal readers share it, nobody else can.
@lru_cache(maxsize=512)
def _compiled(collection: Collection, base: _Base, day: dt.date) -> tuple[_Compiled, ...]:
    found = []
    for branch in collection.branches(base.scope, base.when):
        queryset = _filtered(collection, base.filters, branch)
        if queryset is None:
            continue
        given = collection.properties_for(branch)
        properties = _wanted(given, base)
        used = tuple(p for p in given if p.name in base.used)
        more = tuple(p for p in used if p not in properties)
        annotations = {ALIAS + p.name: _expression(p, branch) for p in (*properties, *more)}
        place = branch.geometry_3857 if base.boxed == "3857" else branch.geometry
        rows = queryset.annotate(
            c__geom=_geometry(base, branch),
            c__place=F(place),
            c__subject=_subject(collection),
            **annotations,
        ).values_list("pk", "c__geom", "c__place", "c__subject", *annotations)
        try:
            sql, params = rows.order_by().query.sql_with_params()
        except EmptyResultSet:
            continue
        told = {p.data_class for p in (*properties, *_filtering(collection, base.filters), *used)}
        classes = frozenset(told - {DataClass.GENERAL})
        found.append(_Compiled(sql, tuple(params), properties, more, branch.exact, classes))
    return tuple(found)


def _wanted(given: Sequence[Property], base: _Base) -> tuple[Property, ...]:
    if base.tiled is not None:
        return tuple(p for p in given if p.tile and p.tile_from <= base.tiled)
    if base.names is None:
        return tuple(p for p in given if not p.named)
    return tuple(p for p in given if p.name in base.names)


def _filtering(collection: Collection, filters: Filters) -> list[Property]:
    names = {name for name, _ in filters.items}
    return [p for p in collection.properties if p.name in names]


def _narrowed(request: Request, compiled: _Compiled) -> tuple[str, tuple[Any, ...]]:
    """The branch's rows in the box and after the key, in their order when paged.

    The planner sees through the sub-select: indexes are used as if it were written in one.
    """
    columns = [f'"{ALIAS}{p.name}"' for p in compiled.properties]
    more = [f'"{ALIAS}{p.name}"' for p in compiled.used]
    names = ", ".join(["id", "geom", "place", "subject", *columns, *more])
    known = {p.name: f'"{ALIAS}{p.name}"' for p in (*compiled.properties, *compiled.used)}
    conditions, params = _conditions(request, known)
    if request.after is not None:
        sql, values = starts_after(request.sort, known, request.after, request.after_keys)
        conditions.append(sql)
        params += values
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    paged = ""
    if request.limit is not None:
        # With a box the planner must not walk the primary key: page 1 would read most of the table.
        last = "id + 0" if request.placed else "id"
        paged = f" ORDER BY {order_by(request.sort, last)} LIMIT %s"
        params.append(request.limit)
    chosen = ", ".join(["id", "geom", "subject", *key_columns(request.sort, known), *columns])
    # Names come from the registry, never from a request.
    sql = f"SELECT {chosen} FROM ({compiled.sql}) AS b({names}){where}{paged}"
    return sql, (*compiled.params, *params)


def _conditions(request: Request, known: Mapping[str, str]) -> tuple[list[str], list[Any]]:
    """Where the rows lie, which ones they are, and what they must meet; `known` are the columns."""
    conditions: list[str] = []
    params: list[Any] = []
    if request.bounds_3857 is not None:
        conditions.append(f"place && ST_MakeEnvelope(%s, %s, %s, %s, {WEB_MERCATOR})")
        params += request.bounds_3857
    elif request.bbox is not None:
        boxes = request.bbox.boxes()
        # The index compares rounded boxes; the geometry itself must meet the one asked.
        box = f"ST_MakeEnvelope(%s, %s, %s, %s, {WGS84})"
        meets = f"(place && {box} AND ST_Intersects(place, {box}))"
        conditions.append(f"({' OR '.join([meets] * len(boxes))})")
        params += [value for bounds in boxes for value in (*bounds, *bounds)]
    elif request.outline is not None:
        shape = f"ST_GeomFromWKB(%s, {WGS84})"
        conditions.append(f"(place && {shape} AND ST_Intersects(place, {shape}))")
        params += [request.outline, request.outline]
    if request.ids:
        conditions.append("id = ANY(%s)")
        params.append([key for key in request.ids if key <= MAX_KEY])
    if request.condition is not None:
        sql, values = request.condition.sql({**known, "geometry": "place", "id": "id"})
        conditions.append(sql)
        params += values
    return conditions, params


def _filtered(collection: Collection, filters: Filters, branch: Branch) -> QuerySet[Any] | None:
    """The branch's rows under the filters; None when none can match."""
    queryset = branch.queryset
    given = {p.name: p for p in collection.properties_for(branch)}
    for name, values in filters.items:
        if name == SEARCH:
            queryset = _searched(queryset, branch, tuple(given.values()), values)
            continue
        prop = given.get(name)
        if prop is None:
            # Filtering on what this branch may not show would be reading it.
            return None
        alias = ALIAS + "f_" + name
        queryset = queryset.alias(**{alias: _expression(prop, branch)})
        queryset = queryset.filter(**{f"{alias}__in": values})
    return queryset


def _searched(
    queryset: QuerySet[Any], branch: Branch, given: Sequence[Property], words: Sequence[Any]
) -> QuerySet[Any]:
    """The rows where each word is in one of the searched properties that this branch gives."""
    searched = [p for p in given if p.searched]
    aliases = {f"{ALIAS}q_{p.name}": _expression(p, branch) for p in searched}
    queryset = queryset.alias(**aliases)
    for word in words:
        found = Q(pk__in=[])
        for alias in aliases:
            found |= Q(**{f"{alias}__unaccent__icontains": word})
        queryset = queryset.filter(found)
    return queryset


def union(sources: Sequence[Source], columns: Sequence[str] = ()) -> tuple[str, tuple[Any, ...]]:
    """UNION ALL of the branches on `id`, `geom` and the named properties (NULL where not given)."""
    parts: list[str] = []
    params: list[Any] = []
    for source in sources:
        given = {p.name for p in source.properties}
        wanted = [
            f'"{ALIAS}{name}" AS "{name}"' if name in given else f'NULL AS "{name}"'
            for name in columns
        ]
        parts.append(f"SELECT {', '.join(['id', 'geom', *wanted])} FROM ({source.sql}) s")
        params.extend(source.params)
    return " UNION ALL ".join(f"({part})" for part in parts), tuple(params)


def _geometry(base: _Base, branch: Branch) -> Any:
    if base.tiled is None:
        return F(branch.geometry)
    if branch.geometry_low and base.low:
        return Coalesce(F(branch.geometry_low), F(branch.geometry_3857))
    return F(branch.geometry_3857)


def _subject(collection: Collection) -> Any:
    if not collection.subject:
        return Value(None, output_field=BigIntegerField())
    return F(collection.subject) if isinstance(collection.subject, str) else collection.subject


def _expression(prop: Property, branch: Branch) -> Any:
    return branch.overrides.get(prop.name) or prop.resolved()

"""From a collection, a scope, a date and filters to one SELECT: base of tiles, feeds, prints.

Every branch starts from the collection's `visible_to(scope)` querysets; branches are joined by
UNION ALL so that each keeps its own spatial index. Leaves encoding (MVT, GeoJSON) to the callers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.gis.geos import Polygon
from django.core.exceptions import EmptyResultSet
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from geo.core.collections import LOW_ZOOM, Branch, Collection, Property
from geo.core.crs import WEB_MERCATOR, WGS84
from geo.core.params import BBox, Filters
from geo.core.scope import Scope
from geo.core.when import When

# Columns are aliased so that a property may bear the name of a model's field.
ALIAS = "c_"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a collection. `bounds_3857` and `bbox` are alternatives."""

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


@dataclass(frozen=True, slots=True)
class Source:
    """One branch compiled: SQL giving `id`, `geom` and `c_<property>` columns, with its values."""

    sql: str
    params: tuple[Any, ...]
    properties: tuple[Property, ...]
    exact: bool


def compile_sources(request: Request) -> list[Source]:
    """The SELECT of each branch that can give rows; an empty list when nothing can match."""
    sources = []
    for branch in request.collection.branches(request.scope, request.when):
        properties = _columns(request, branch)
        queryset = branch_queryset(request, branch)
        if queryset is None:
            continue
        annotations = {ALIAS + p.name: _expression(p, branch) for p in properties}
        rows = queryset.annotate(c__geom=_geometry(request, branch), **annotations).values_list(
            "pk", "c__geom", *annotations
        )
        try:
            sql, params = rows.query.sql_with_params()
        except EmptyResultSet:
            continue
        names = ", ".join(["id", "geom", *(f'"{ALIAS}{p.name}"' for p in properties)])
        sources.append(
            Source(f"SELECT * FROM ({sql}) AS b({names})", tuple(params), properties, branch.exact)
        )
    return sources


def branch_queryset(request: Request, branch: Branch) -> QuerySet[Any] | None:
    """The branch's rows under the filters, in key order when paged; None when none can match."""
    queryset = branch.queryset
    given = {p.name: p for p in request.collection.properties_for(branch)}
    for name, values in request.filters.items:
        prop = given.get(name)
        if prop is None:
            # Filtering on what this branch may not show would be reading it.
            return None
        alias = ALIAS + "f_" + name
        queryset = queryset.alias(**{alias: _expression(prop, branch)})
        queryset = queryset.filter(**{f"{alias}__in": values})
    if request.ids:
        queryset = queryset.filter(pk__in=request.ids)
    if request.bbox is not None:
        queryset = queryset.filter(_boxes(branch.geometry, request.bbox))
    if request.bounds_3857 is not None:
        envelope = _polygon(request.bounds_3857, WEB_MERCATOR)
        queryset = queryset.filter(**{f"{branch.geometry_3857}__bboverlaps": envelope})
    if request.after is not None:
        queryset = queryset.filter(pk__gt=request.after)
    if request.limit is not None:
        order = F("pk") + 0 if request.bbox is not None else F("pk")
        # With a box the planner must not walk the primary key (serving reference, §8.1).
        queryset = queryset.order_by(order)[: request.limit]
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


def _columns(request: Request, branch: Branch) -> tuple[Property, ...]:
    given = request.collection.properties_for(branch)
    return given if request.tile_zoom is None else tuple(p for p in given if p.tile)


def _geometry(request: Request, branch: Branch) -> Any:
    if request.tile_zoom is None:
        return F(branch.geometry)
    if branch.geometry_low and request.tile_zoom <= LOW_ZOOM:
        return Coalesce(F(branch.geometry_low), F(branch.geometry_3857))
    return F(branch.geometry_3857)


def _expression(prop: Property, branch: Branch) -> Any:
    return branch.overrides.get(prop.name) or prop.resolved()


def _boxes(path: str, bbox: BBox) -> Q:
    condition = Q()
    for bounds in bbox.boxes():
        box = _polygon(bounds, WGS84)
        # The index compares rounded boxes; the geometry itself must meet the one asked.
        condition |= Q(**{f"{path}__bboverlaps": box}) & Q(**{f"{path}__intersects": box})
    return condition


def _polygon(bounds: Sequence[float], srid: int) -> Polygon:
    polygon = Polygon.from_bbox((bounds[0], bounds[1], bounds[2], bounds[3]))
    polygon.srid = srid
    return polygon

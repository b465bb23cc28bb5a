"""Collection: the one noun of publication.

Each application declares in its `collections.py` what it publishes: where the rows come from under
a scope and a date, which properties may leave and to whom, how it is drawn. Tiles, feeds, prints,
legends and documentation read this registry and know no model. Leaves SQL to `geo.core.sources`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from django.db.models import Expression, F, QuerySet

from geo.core.errors import NotFound
from geo.core.scope import DataClass, Placed, Scope, Verb
from geo.core.when import When

LOW_ZOOM = 8
# The parameter that searches a text in several properties.
SEARCH = "q"
# The same words whether it exists or not: nothing is told, and who forgot a token is helped.
UNKNOWN = "Collection inconnue, ou réservée : joignez un jeton qui y donne droit."
# What is asked of each filter, as `geo.core.params.Filters.items`.
Asked = tuple[tuple[str, tuple[Any, ...]], ...]
TYPES = {"string", "integer", "number", "boolean", "date", "date-time"}


@dataclass(frozen=True, slots=True)
class Property:
    """One attribute of a feature.

    `expression` is an ORM path or expression valid on every branch that gives it; `exact_only`
    keeps it for branches that show the exact place; `tile` puts it in vector tiles, from the zoom
    `tile_from`; `queryable` makes it a filter parameter; `choices` are the accepted codes and
    their French labels; `searched` lets the parameter `q` look into it; `named` gives it only to
    who names it in `properties`. One that is not general exists only for who may read its
    `data_class`.
    """

    name: str
    label: str
    expression: str | Expression
    type: str = "string"
    choices: tuple[tuple[str, str], ...] = ()
    queryable: bool = True
    tile: bool = False
    tile_from: int = 0
    exact_only: bool = False
    searched: bool = False
    named: bool = False
    data_class: DataClass = DataClass.GENERAL

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError(f"unknown type {self.type} for property {self.name}")
        if self.data_class != DataClass.GENERAL and (self.tile or self.searched):
            raise ValueError(f"{self.name} is restricted: neither in tiles nor searched")

    def resolved(self) -> Expression | F:
        """The ORM expression of the value."""
        return F(self.expression) if isinstance(self.expression, str) else self.expression


@dataclass(frozen=True, slots=True)
class Branch:
    """One indexed way to the rows: a queryset under the scope and its geometry columns.

    `geometry` is the path of the EPSG:4326 column at this branch's precision, `geometry_3857` that
    of its stored Web Mercator twin, `geometry_low` that of a simplified one drawn up to
    `LOW_ZOOM`. `overrides` replaces expressions by property name. `classes` are the restricted
    ones that the reader may read on every row of the branch.
    """

    queryset: QuerySet[Any]
    geometry: str
    geometry_3857: str
    exact: bool = True
    geometry_low: str = ""
    overrides: dict[str, Expression | F] = field(default_factory=dict)
    classes: frozenset[DataClass] = frozenset()


@dataclass(frozen=True, slots=True)
class Symbol:
    """How one kind of feature is drawn, told by shape and colour.

    `value` is the value of the collection's `style_property` (None: every feature); `shape` is
    one of `geo.core.shapes`; colours are #rrggbb.
    """

    label: str
    shape: str
    fill: str
    stroke: str = "#ffffff"
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How many points of a group have these values (a property's name and its value)."""

    name: str
    label: str
    where: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Groups:
    """Points that tiles draw together up to the zoom `until`, on one grid for the whole world.

    A group tells `count`, its `counts` and the sums of its `sums` (properties of the tile).
    """

    until: int
    counts: tuple[Count, ...] = ()
    sums: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Writer:
    """How the features of a collection are written.

    `serializer` (Django REST framework) lists what may be: `geometry`, and properties under the
    names of the collection. The services take what it validated: `create(by, scope, geometry,
    values)` gives the new id; `update(by, scope, pk, version, geometry, values)`, where no geometry
    is an unchanged one; `delete(scope, pk, version)`. A row that is no more of `version` is a
    `Conflict`. `place` is where a feature lies for who reads it exactly, else `NotFound`;
    `creating` the verb that making one needs; `told` the feed's name for what a service names
    otherwise.
    """

    serializer: type[Any]
    create: Callable[..., int]
    update: Callable[..., None]
    delete: Callable[..., None]
    place: Callable[[Scope, int], Placed]
    creating: Verb
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The properties that may be written."""
        return tuple(name for name in self.serializer().fields if name != "geometry")


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """What is published under one id; see the module's docstring.

    `branches` depends on the scope and the date alone: what it gives is compiled once and kept.
    `credit` tells attribution and licence where they depend on what was loaded; `stored_count`
    the exact number of rows under filters where it is kept somewhere, else None. `subject` is the
    ORM path or expression of the site that a row is about (an array where it is about several), for
    the log of reads; empty when it is about none. At low zooms tiles draw `groups` of points, or
    the first of `levels` (collections whose ids are the layers') whose zooms hold the tile's.
    `version` is the path of the number that each writing of a row raises, where there is one.
    `writer` is how features are written, None where they are not.
    """

    id: str
    title: str
    description: str
    geometry_type: str
    branches: Callable[[Scope, When], Sequence[Branch]]
    properties: tuple[Property, ...]
    public: bool = False
    exact_readers_only: bool = False
    minzoom: int = 0
    maxzoom: int = 16
    temporal: bool = False
    symbols: tuple[Symbol, ...] = ()
    style_property: str | None = None
    attribution: str = ""
    licence: str = ""
    credit: Callable[[], tuple[str, str]] | None = None
    stored_count: Callable[[Asked], int | None] | None = None
    subject: str | Expression = ""
    groups: Groups | None = None
    levels: tuple[Collection, ...] = ()
    version: str = ""
    writer: Writer | None = None

    def credited(self) -> tuple[str, str]:
        """Attribution and licence of what is loaded now."""
        return self.credit() if self.credit else (self.attribution, self.licence)

    def visible_to(self, scope: Scope) -> bool:
        """Whether the collection exists for this reader."""
        if scope.collections and self.id not in scope.collections:
            return False
        if self.public:
            return True
        return scope.sees_exact if self.exact_readers_only else scope.sees_sites

    def properties_for(self, branch: Branch) -> tuple[Property, ...]:
        """The properties that a branch gives, in their declared order."""
        allowed = {DataClass.GENERAL, *branch.classes}
        return tuple(
            p
            for p in self.properties
            if p.data_class in allowed and (branch.exact or not p.exact_only)
        )

    def find(self, name: str) -> Property | None:
        """The property of that name, or None."""
        return next((p for p in self.properties if p.name == name), None)

    def drawn_at(self, zoom: int) -> Collection:
        """What tiles of that zoom show: the collection itself, or the level in its place."""
        for level in self.levels:
            if level.minzoom <= zoom <= level.maxzoom:
                return level
        return self

    @property
    def queryables(self) -> tuple[Property, ...]:
        """The properties that can be filter parameters."""
        return tuple(p for p in self.properties if p.queryable)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the filter parameters: queryables, and `q` where something is searched."""
        names = tuple(p.name for p in self.queryables)
        return (*names, SEARCH) if any(p.searched for p in self.properties) else names


_REGISTRY: dict[str, Collection] = {}


def register(collection: Collection) -> Collection:
    """Declare a collection. Raises `ValueError` when its id is taken."""
    if collection.id in _REGISTRY:
        raise ValueError(f"collection {collection.id} is already declared")
    _REGISTRY[collection.id] = collection
    return collection


def extend(collection_id: str, properties: Iterable[Property]) -> None:
    """Add properties that only an upper package knows to a declared collection."""
    current = _REGISTRY[collection_id]
    added = tuple(properties)
    taken = {p.name for p in current.properties} & {p.name for p in added}
    if taken:
        raise ValueError(f"{collection_id} already has {', '.join(sorted(taken))}")
    _REGISTRY[collection_id] = replace(current, properties=current.properties + added)


def get(collection_id: str, scope: Scope, classes: Iterable[DataClass] = ()) -> Collection:
    """The collection, if it exists for this reader. Raises `NotFound` otherwise: 404, never 403.

    It has the general properties, and those of `classes` where the reader has a right on them:
    whoever asks for a class answers for the log of its reads.
    """
    collection = _REGISTRY.get(collection_id)
    if collection is None or not collection.visible_to(scope):
        raise NotFound(UNKNOWN)
    return _with_classes(collection, frozenset(each for each in classes if scope.reach(each)))


def visible(scope: Scope, classes: Iterable[DataClass] = ()) -> Iterator[Collection]:
    """The collections that exist for this reader, in the order of their ids."""
    asked = tuple(classes)
    for collection_id in sorted(_REGISTRY):
        if _REGISTRY[collection_id].visible_to(scope):
            yield get(collection_id, scope, asked)


# The same object each time: what is compiled of a collection is kept under it.
@lru_cache(maxsize=256)
def _with_classes(collection: Collection, classes: frozenset[DataClass]) -> Collection:
    kept = tuple(p for p in collection.properties if p.data_class in {DataClass.GENERAL, *classes})
    return collection if kept == collection.properties else replace(collection, properties=kept)

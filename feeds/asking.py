"""What is asked of `items` and of one feature: every parameter read once, into typed values.

Leaves the rows to `feeds.sql`, rights to `feeds.restricted`, answers to `feeds.items`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import shapely
from django.conf import settings

from feeds import cursors, formats, restricted
from feeds.cql import places
from feeds.cql.condition import Filter, parse_filter
from feeds.cql.reading import LANGUAGES, TEXT
from geo.core import caching
from geo.core.collections import Collection, Property
from geo.core.crs import CRS84, SERVED_CRS, Crs
from geo.core.errors import InvalidInput
from geo.core.ordering import Sort
from geo.core.params import BBox, Filters, check_names, parse_bbox, parse_filters
from geo.core.reader import ReaderRequest
from geo.core.scope import DataClass, Scope
from geo.core.sources import Request
from geo.core.when import When, parse_when

ITEM_NAMES = ("datetime", "properties", "crs", "f")
ITEMS_NAMES = (
    *ITEM_NAMES,
    "bbox",
    "bbox-crs",
    "filter",
    "filter-lang",
    "filter-crs",
    "sortby",
    "limit",
    "cursor",
    "resultType",
)
MAX_SORT = 4
# Rows of a page that people read, unless they ask for more or less, and at most.
PAGE_ROWS, MAX_PAGE_ROWS = 100, 1000


@dataclass(frozen=True, slots=True)
class Asking:
    """One request for features: which rows, in which encoding and reference system.

    `counted` names the rows of the whole walk at one version of the data; `walk` tells the pages
    of one walk from those of any other; `given` are the properties that this reader can be given.
    """

    request: Request
    given: tuple[Property, ...]
    crs: Crs
    form: str
    hits: bool
    walk: str
    validator: str
    counted: tuple[str, str] = ("", "")


def ask_items(request: ReaderRequest, item: Collection) -> Asking:
    """The parameters of a page. Raises `InvalidInput` naming the one at fault."""
    query = request.GET
    check_names(query, {*ITEMS_NAMES, *item.parameters})
    form = formats.chosen(request, formats.ITEMS)
    given = given_to(request, item)
    crs = parse_crs(query.get("crs"), "crs")
    box_crs = parse_crs(query.get("bbox-crs"), "bbox-crs")
    bbox, outline = parse_box(query.get("bbox"), box_crs)
    filters = parse_filters(item, query)
    condition = _condition(request, given)
    sort = parse_sort(query.get("sortby"), given)
    limit, hits = parse_limit(query.get("limit")), parse_hits(query.get("resultType"))
    if form == "html":
        limit = min(limit, MAX_PAGE_ROWS) if query.get("limit") else PAGE_ROWS
    asked = replace(
        _asked(request, item, given, filters, condition),
        bbox=bbox,
        outline=outline,
        sort=sort,
        limit=limit,
    )
    what = (bbox, outline, condition.text if condition else "", sort, asked.names, crs.uri)
    walk = cursors.fingerprint(item.id, asked.scope.hash, str(asked.when), filters.hash, *what)
    last = cursors.read(query.get("cursor"), walk)
    if last is not None:
        asked = replace(asked, after=last.id, after_keys=last.keys)
    extra = f"{walk}{limit}{last}{hits}{form}{request.get_host()}"
    validator = _validator(asked, extra)
    version = validator.rpartition("-")[0]
    counted = (version, f"{walk} {asked.when.state_on}")
    return Asking(asked, given, crs, form, hits, walk, validator, counted)


def ask_feature(request: ReaderRequest, item: Collection, feature_id: int) -> Asking:
    """The parameters of one feature."""
    check_names(request.GET, ITEM_NAMES)
    form = formats.chosen(request, formats.FEATURE)
    crs = parse_crs(request.GET.get("crs"), "crs")
    given = given_to(request, item)
    asked = replace(_asked(request, item, given, Filters(), None), ids=(feature_id,), limit=1)
    extra = f"item {feature_id} {crs.uri} {asked.names} {form} {request.get_host()}"
    return Asking(asked, given, crs, form, False, "", _validator(asked, extra))


def given_to(request: ReaderRequest, item: Collection) -> tuple[Property, ...]:
    """The properties of at least one branch of this reader."""
    scope = request.scope
    # The request's scope is lazy and holds the request: the key keeps the bare value.
    bare = Scope(scope.reaches, scope.verbs, scope.collections)
    return _given(item, bare, parse_when(None))


# Making the branches costs as much as reading a small page; they depend on rights and day alone.
@lru_cache(maxsize=512)
def _given(item: Collection, scope: Scope, today: When) -> tuple[Property, ...]:
    branches = item.branches(scope, today)
    names = {p.name for branch in branches for p in item.properties_for(branch)}
    return tuple(p for p in item.properties if p.name in names)


def sortable(prop: Property) -> bool:
    """Whether rows can be put in the order of a property.

    A cursor tells where a walk stands in that order: none may tell the name or the secret of a
    place in an address.
    """
    return prop.queryable and not prop.exact_only and prop.data_class == DataClass.GENERAL


def parse_sort(text: str | None, given: tuple[Property, ...]) -> tuple[Sort, ...]:
    """Read `sortby`: names, each with `-` (largest first) or `+`. Raises `InvalidInput`."""
    if not text:
        return ()
    # A plus sign in an address is a space.
    parts = [part.strip() for part in text.split(",")]
    known = {p.name: p for p in given if sortable(p)}
    keys: dict[str, Sort] = {}
    for part in parts:
        name = part.removeprefix("-").removeprefix("+").strip()
        if name not in known:
            raise InvalidInput(
                f"Tri impossible par « {part[:60]} ». Acceptés : {', '.join(known)}, "
                "précédés de - pour l'ordre décroissant.",
                field="sortby",
            )
        keys.setdefault(name, Sort(name, known[name].type, part.startswith("-")))
    if len(keys) > MAX_SORT:
        raise InvalidInput(f"Au plus {MAX_SORT} propriétés de tri.", field="sortby")
    return tuple(keys.values())


def parse_crs(text: str | None, field: str) -> Crs:
    """The reference system of that address; CRS84 when none is asked. Raises `InvalidInput`."""
    if text is None or text == "":
        return CRS84
    for crs in SERVED_CRS:
        if text == crs.uri:
            return crs
    known = ", ".join(crs.uri for crs in SERVED_CRS)
    raise InvalidInput(
        f"Système de coordonnées inconnu : « {text[:100]} ». Acceptés : {known}.", field=field
    )


def parse_box(text: str | None, crs: Crs) -> tuple[BBox | None, bytes | None]:
    """A box given in a reference system, its axes in the order of its authority.

    A box in degrees; or, for a projection, the WKB of its outline in EPSG:4326.
    """
    if crs == CRS84 or not text:
        return _degrees(parse_bbox(text))
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 6:
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not all(math.isfinite(n) and abs(n) < 1e9 for n in numbers):
        raise InvalidInput(
            "Quatre nombres sont attendus, minimums puis maximums, dans l'ordre de bbox-crs.",
            field="bbox",
        )
    if crs.geographic:
        south, west, north, east = numbers
        return _degrees(parse_bbox(f"{west!r},{south!r},{east!r},{north!r}"))
    west, south, east, north = numbers
    if west > east or south > north:
        raise InvalidInput("Les minimums d'abord, puis les maximums.", field="bbox")
    try:
        return None, shapely.to_wkb(places.outline(west, south, east, north, crs))
    except InvalidInput as error:
        raise InvalidInput(error.message, field="bbox") from error


def _degrees(bbox: BBox | None) -> tuple[BBox | None, bytes | None]:
    """A box in degrees; the line or point that it is when it has no width."""
    if bbox is None or (bbox.west != bbox.east and bbox.south != bbox.north):
        return bbox, None
    if bbox.west > bbox.east:
        raise InvalidInput("Une emprise a une hauteur.", field="bbox")
    return None, shapely.to_wkb(places.flat(bbox.west, bbox.south, bbox.east, bbox.north))


def parse_limit(text: str | None) -> int:
    """How many features a page holds; more than the most is the most (OGC API - Features, 7.15)."""
    if not text:
        return settings.DEFAULT_ITEMS
    if not (text.isascii() and text.isdigit() and len(text) < 10) or int(text) < 1:
        raise InvalidInput(f"Un nombre de 1 à {settings.MAX_ITEMS} est attendu.", field="limit")
    return min(int(text), settings.MAX_ITEMS)


def parse_hits(text: str | None) -> bool:
    """Whether only the count is asked: GDAL counts so, without reading the features."""
    if text not in {None, "results", "hits"}:
        raise InvalidInput("Valeurs : results, hits.", field="resultType")
    return text == "hits"


def _condition(request: ReaderRequest, given: tuple[Property, ...]) -> Filter | None:
    query = request.GET
    language = query.get("filter-lang", TEXT)
    if language not in LANGUAGES:
        raise InvalidInput(f"Langages : {', '.join(LANGUAGES)}.", field="filter-lang")
    crs = parse_crs(query.get("filter-crs"), "filter-crs")
    queryables = [p for p in given if p.queryable]
    return parse_filter(query.get("filter"), queryables, language=language, crs=crs)


def _asked(
    request: ReaderRequest,
    item: Collection,
    given: tuple[Property, ...],
    filters: Filters,
    condition: Filter | None,
) -> Request:
    """What is asked, with the restricted classes that the answer will tell something of."""
    names = restricted.parse_names(request.GET.get("properties"), given)
    when = parse_when(request.GET.get("datetime"))
    asked = Request(item, request.scope, when, filters, names=names, condition=condition)
    return replace(asked, classes=restricted.asked_classes(given, asked))


def _validator(asked: Request, extra: str) -> str:
    return caching.etag([asked.collection], asked.scope, asked.when, asked.filters, extra)

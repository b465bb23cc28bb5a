"""OGC API - Features over HTTP: parameters, pages, links, caches.

Leaves rows and rights to the collections, GeoJSON to `feeds.sql`, metadata to `feeds.documents`.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import orjson
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from feeds import cursors, documents, restricted, sql
from geo.core import caching, collections
from geo.core.collections import Collection, Property
from geo.core.errors import InvalidInput, NotFound, TooCostly
from geo.core.params import Filters, check_names, parse_bbox, parse_filters
from geo.core.problems import answers_problems
from geo.core.reader import ReaderRequest
from geo.core.sources import Request
from geo.core.when import parse_when
from geo.sites.extent import FRANCE, boxes_of, boxes_of_scope

OWN_NAMES = ("bbox", "datetime", "limit", "cursor", "resultType", "properties", "f")
FORMATS = {"", "json", "geojson"}


@require_safe
@login_not_required
@answers_problems
def landing(request: ReaderRequest) -> HttpResponse:
    """`/ogc/`."""
    return _document(request, documents.landing(_root(request)))


@require_safe
@login_not_required
@answers_problems
def api(request: ReaderRequest) -> HttpResponse:
    """`/ogc/api`: OpenAPI 3.0 of the collections that the reader may see."""
    shown = [(item, _given(request, item)) for item in _visible(request)]
    body = documents.openapi(_root(request), shown)
    return _document(request, body, documents.OPENAPI)


@require_safe
@login_not_required
@answers_problems
def conformance(request: ReaderRequest) -> HttpResponse:
    """`/ogc/conformance`."""
    return _document(request, {"conformsTo": list(documents.CONFORMANCE)})


@require_safe
@login_not_required
@answers_problems
def collection_list(request: ReaderRequest) -> HttpResponse:
    """`/ogc/collections`."""
    root = _root(request)
    own = boxes_of_scope(request.scope)
    body = {
        "links": [documents.link(f"{root}collections", "self")],
        "collections": [
            documents.collection(root, item, FRANCE if item.public else own)
            for item in collections.visible(request.scope)
        ],
    }
    return _document(request, body)


@require_safe
@login_not_required
@answers_problems
def collection_detail(request: ReaderRequest, collection_id: str) -> HttpResponse:
    """`/ogc/collections/{collection}`."""
    item = collections.get(collection_id, request.scope)
    return _document(
        request, documents.collection(_root(request), item, boxes_of(request.scope, item))
    )


@require_safe
@login_not_required
@answers_problems
def schema(request: ReaderRequest, collection_id: str) -> HttpResponse:
    """`/ogc/collections/{collection}/schema`: what this reader receives without naming it."""
    item = _collection(request, collection_id)
    given = [p for p in _given(request, item) if not p.named]
    body = documents.schema(request.build_absolute_uri(), item, given)
    return _document(request, body, documents.SCHEMA)


@require_safe
@login_not_required
@answers_problems
def queryables(request: ReaderRequest, collection_id: str) -> HttpResponse:
    """`/ogc/collections/{collection}/queryables`: the properties this reader can filter by."""
    item = _collection(request, collection_id)
    asked = [p for p in _given(request, item) if p.queryable]
    body = documents.schema(request.build_absolute_uri(), item, asked)
    body["additionalProperties"] = False
    return _document(request, body, documents.SCHEMA)


@require_safe
@login_not_required
@answers_problems
def items(request: ReaderRequest, collection_id: str) -> HttpResponse:
    """`/ogc/collections/{collection}/items`: one page of features."""
    item = _collection(request, collection_id)
    restricted.check_export(request, item)
    check_names(request.GET, {*OWN_NAMES, *item.parameters})
    _check_format(request)
    filters = parse_filters(item, request.GET)
    bbox = parse_bbox(request.GET.get("bbox"))
    limit = _limit(request.GET.get("limit"))
    hits = _hits(request.GET.get("resultType"))
    asked = _asked(request, item, filters)
    same = cursors.fingerprint(
        item.id, request.scope.hash, str(asked.when), bbox, filters.hash, asked.names
    )
    after = cursors.read(request.GET.get("cursor"), same)
    validator = _validator(asked, f"{bbox}{limit}{after}{hits}")
    if (unchanged := _unchanged(request, asked, validator)) is not None:
        return unchanged
    asked = replace(asked, bbox=bbox, after=after, limit=limit)
    page = sql.Page([], None) if hits else sql.page(asked)
    matched = _matched(asked, page, hits)
    restricted.log_page(request, page, asked, matched)
    links = [documents.link(request.build_absolute_uri(), "self", documents.GEOJSON)]
    if page.next_after is not None:
        query = request.GET.copy()
        query["cursor"] = cursors.make(page.next_after, same)
        following = request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
        links.append(documents.link(following, "next", documents.GEOJSON))
    links.append(documents.link(f"{_root(request)}collections/{item.id}", "collection"))
    body = documents.feature_collection(page.features, links, matched, _now())
    return _answer(request, asked, body, validator)


@require_safe
@login_not_required
@answers_problems
def feature(request: ReaderRequest, collection_id: str, feature_id: int) -> HttpResponse:
    """`/ogc/collections/{collection}/items/{id}`; 404 outside the scope, as for an unknown id."""
    item = _collection(request, collection_id)
    restricted.check_export(request, item)
    check_names(request.GET, {"datetime", "properties", "f"})
    _check_format(request)
    asked = _asked(request, item, Filters())
    validator = _validator(asked, f"item {feature_id}")
    if (unchanged := _unchanged(request, asked, validator)) is not None:
        return unchanged
    page = sql.page(replace(asked, ids=(feature_id,), limit=1))
    if not page.features:
        raise NotFound("Objet inconnu.")
    restricted.log_page(request, page, asked, 1)
    body = orjson.loads(page.features[0])
    body["links"] = [
        documents.link(request.build_absolute_uri(), "self", documents.GEOJSON),
        documents.link(f"{_root(request)}collections/{item.id}", "collection"),
    ]
    return _answer(request, asked, orjson.dumps(body), validator)


def _collection(request: ReaderRequest, collection_id: str) -> Collection:
    return collections.get(collection_id, request.scope, restricted.classes_of(request))


def _visible(request: ReaderRequest) -> list[Collection]:
    return list(collections.visible(request.scope, restricted.classes_of(request)))


def _asked(request: ReaderRequest, item: Collection, filters: Filters) -> Request:
    """What is asked, with the restricted classes that the answer will tell something of."""
    given = _given(request, item)
    names = restricted.parse_names(request.GET.get("properties"), given)
    classes = restricted.asked_classes(given, names, filters)
    when = parse_when(request.GET.get("datetime"))
    return Request(item, request.scope, when, filters, names=names, classes=classes)


def _validator(asked: Request, extra: str) -> str:
    return caching.etag(
        [asked.collection],
        asked.scope,
        asked.when,
        asked.filters,
        f"{extra}{asked.names}",
    )


def _unchanged(request: ReaderRequest, asked: Request, validator: str) -> HttpResponse | None:
    """A 304, but for what is kept by no cache."""
    if restricted.kept_nowhere(asked):
        return None
    return caching.not_modified(request, validator)


def _answer(request: ReaderRequest, asked: Request, body: bytes, validator: str) -> HttpResponse:
    response = caching.encoded(request, body, documents.GEOJSON)
    response["Content-Crs"] = f"<{documents.CRS84}>"
    if restricted.kept_nowhere(asked):
        response["Cache-Control"] = "private, no-store"
        return response
    return caching.with_validator(response, validator, public=asked.collection.public)


def _document(
    request: ReaderRequest, body: dict[str, Any], media: str = "application/json"
) -> HttpResponse:
    check_names(request.GET, {"f"})
    _check_format(request)
    text = orjson.dumps(body)
    validator = f'W/"{hashlib.sha256(text).hexdigest()[:24]}"'
    unchanged = caching.not_modified(request, validator)
    if unchanged is not None:
        return unchanged
    response = caching.encoded(request, text, media)
    return caching.with_validator(response, validator, public=False)


def _root(request: ReaderRequest) -> str:
    return request.build_absolute_uri("/ogc/")


def _given(request: ReaderRequest, item: Collection) -> list[Property]:
    """The properties of at least one branch of this reader."""
    branches = item.branches(request.scope, parse_when(None))
    names = {p.name for branch in branches for p in item.properties_for(branch)}
    return [p for p in item.properties if p.name in names]


def _check_format(request: ReaderRequest) -> None:
    if request.GET.get("f", "") not in FORMATS:
        raise InvalidInput("Formats : json (GeoJSON).", field="f")


def _limit(text: str | None) -> int:
    if not text:
        return settings.DEFAULT_ITEMS
    if not (text.isascii() and text.isdigit() and len(text) < 10) or int(text) < 1:
        raise InvalidInput(f"Un nombre de 1 à {settings.MAX_ITEMS} est attendu.", field="limit")
    return min(int(text), settings.MAX_ITEMS)


def _hits(text: str | None) -> bool:
    """Whether only the count is asked: GDAL counts so, without reading the features."""
    if text not in {None, "results", "hits"}:
        raise InvalidInput("Valeurs : results, hits.", field="resultType")
    return text == "hits"


def _matched(asked: Request, page: sql.Page, hits: bool) -> int | None:
    """`numberMatched`, on the first page; who asks for the number alone gets it, or a 400."""
    if hits:
        try:
            return sql.count(replace(asked, after=None), whole=True)
        except TooCostly as error:
            raise InvalidInput(
                "Trop d'objets à compter : ajoutez une emprise (bbox) ou un filtre.",
                field="resultType",
            ) from error
    if asked.after is not None:
        return None
    return len(page.features) if page.next_after is None else sql.count(asked)


def _now() -> str:
    return timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ")

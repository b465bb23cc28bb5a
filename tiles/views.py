"""Tiles and their TileJSON over HTTP: parameters, caches, status codes.

Leaves bytes to `tiles.sql` and rights to the collections.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from geo.core import caching, collections, versions
from geo.core.collections import Collection
from geo.core.errors import InvalidInput
from geo.core.params import Filters, check_names, check_tile, parse_filters
from geo.core.problems import answers_problems
from geo.core.reader import ReaderRequest
from geo.core.scope import Scope
from geo.core.when import parse_when
from geo.sites.extent import FRANCE, Box, boxes_of_scope
from tiles import kept
from tiles.fitting import fitted
from tiles.sql import Address, Asked

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
OWN_NAMES = ("datetime", "rev")
MAX_LAYERS = 12


@require_safe
@login_not_required
@answers_problems
def tile(request: ReaderRequest, names: str, z: int, x: int, y: int) -> HttpResponse:
    """`/tiles/{collection}[,…]/{z}/{x}/{y}.mvt`: 204 when empty, 404 outside zooms and pyramid."""
    joined = _collections(request, names)
    layers = [(c, parse_filters(c, request.GET)) for c in joined if c.minzoom <= z]
    check_tile(joined, z, x, y)
    when = parse_when(request.GET.get("datetime"))
    merged = Filters(tuple(item for _, filters in layers for item in filters.items))
    public = all(collection.public for collection in joined)
    # What is public is the same for all: one copy serves everybody.
    scope = Scope.public() if public else request.scope
    rest = caching.digest(scope, when, merged, f"{names}/{z}/{x}/{y}")
    ids = [collection.id for collection in joined]
    if "If-None-Match" in request.headers:
        validator = caching.validator(versions.current(ids), rest)
        unchanged = caching.not_modified(request, validator)
        if unchanged is not None:
            return unchanged
    coding = caching.coding(request)
    found = kept.find(ids, caching.digest(scope, when, merged, f"{rest}/{coding}"))
    validator = caching.validator(found.version, rest)
    # A public copy is kept for a year only under the revision that it shows.
    lasting = public and request.GET.get("rev") == found.version
    answer = found.answer or _made(found, Asked(layers, scope, when, Address(z, x, y)), coding)
    if answer.body:
        response = caching.as_encoded(answer.body, answer.encoding, MEDIA_TYPE)
    else:
        response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    return caching.with_validator(response, validator, public=public, immutable=lasting)


def _made(found: kept.Found, asked: Asked, coding: str) -> kept.Answer:
    """The tile made now; kept for others when that took long enough to be worth it."""
    began = time.monotonic()
    body = fitted(asked)
    took_ms = (time.monotonic() - began) * 1000
    encoding = coding if len(body) >= caching.COMPRESSED_FROM else ""
    answer = kept.Answer(caching.compressed(body, encoding), encoding)
    if took_ms >= settings.TILE_KEPT_FROM_MS:
        kept.keep(found, answer)
    return answer


@require_safe
@login_not_required
@answers_problems
def tilejson(request: ReaderRequest, names: str) -> HttpResponse:
    """`/tiles/{collection}.json`: TileJSON 3.0 with the layers and fields the reader may see."""
    joined = _collections(request, names)
    # A refused value is told here, not by every tile.
    parse_when(request.GET.get("datetime"))
    for collection in joined:
        parse_filters(collection, request.GET)
    query = request.GET.copy()
    query.pop("rev", None)
    query["rev"] = versions.current([collection.id for collection in joined])
    address = request.build_absolute_uri(f"/tiles/{names}/") + "{z}/{x}/{y}.mvt"
    told = [collection.credited()[0] for collection in joined]
    body: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": " · ".join(collection.title for collection in joined),
        "tiles": [f"{address}?{query.urlencode()}"],
        "minzoom": min(collection.minzoom for collection in joined),
        "maxzoom": max(collection.maxzoom for collection in joined),
        "bounds": _bounds(request, joined),
        "attribution": " · ".join(dict.fromkeys(words for words in told if words)),
        "vector_layers": [layer for collection in joined for layer in _vector_layers(collection)],
    }
    response = JsonResponse(body, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "private, no-cache"
    return response


def _bounds(request: ReaderRequest, joined: Sequence[Collection]) -> Box:
    """Outside of it no tile is asked for: where a public layer is joined, all of France."""
    if any(collection.public for collection in joined):
        return FRANCE[0]
    return boxes_of_scope(request.scope)[0]


def _vector_layers(collection: Collection) -> Iterator[dict[str, Any]]:
    """The layers of one collection: its levels, then its rows, groups among them."""
    for level in collection.levels:
        yield _vector_layer(level, level.minzoom)
    rows_from = max((level.maxzoom + 1 for level in collection.levels), default=collection.minzoom)
    yield _vector_layer(collection, rows_from)


def _vector_layer(drawn: Collection, minzoom: int) -> dict[str, Any]:
    fields = {p.name: p.label for p in drawn.properties if p.tile}
    if drawn.groups:
        fields |= {"count": "Nombre d'objets groupés"}
        fields |= {count.name: count.label for count in drawn.groups.counts}
    return {
        "id": drawn.id,
        "description": drawn.description,
        "minzoom": minzoom,
        "maxzoom": drawn.maxzoom,
        "fields": fields,
    }


def _collections(request: ReaderRequest, names: str) -> list[Collection]:
    """The joined collections, each once; unknown parameters are refused."""
    ids = list(dict.fromkeys(names.split(",")))
    if len(ids) > MAX_LAYERS:
        raise InvalidInput(f"Au plus {MAX_LAYERS} collections par tuile.", field="collection")
    joined = [collections.get(collection_id, request.scope) for collection_id in ids]
    queryables = {name for collection in joined for name in collection.parameters}
    check_names(request.GET, {*queryables, *OWN_NAMES})
    return joined

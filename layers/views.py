"""The layers over HTTP: the catalogue as JSON and the tiles, for any reader.

Background maps are public data, and the public map needs them; what must not leave is which place
a reader looks at, so nothing of the reader's request goes upstream. Leaves tiles to `tiles`.
"""

from __future__ import annotations

import hashlib
import math
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from geo.core.params import check_names
from geo.core.problems import answers_problems, problem
from layers.models import Layer
from layers.selectors import layer_attribution, layer_get, layers_offered
from layers.tiles import LayerAway, Tile, breaker_of, tile_get

MAX_AGE_S = 86_400
STALE_MAX_AGE_S = 60


@require_safe
@login_not_required
@answers_problems
def catalogue(request: HttpRequest) -> HttpResponse:
    """`/layers/`: what can be drawn under our data, and whether it can be had now."""
    check_names(request.GET, ())
    response = JsonResponse({"layers": [_described(layer) for layer in layers_offered()]})
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
@login_not_required
@answers_problems
def tile(request: HttpRequest, slug: str, z: int, x: int, y: int) -> HttpResponse:
    """`/layers/{layer}/{z}/{x}/{y}`: 204 where the layer has nothing, 503 when it is away."""
    check_names(request.GET, ())
    layer = layer_get(slug)
    try:
        found = tile_get(layer, z, x, y)
    except LayerAway as away:
        response = problem(request, HTTPStatus.SERVICE_UNAVAILABLE, away.message)
        response["Retry-After"] = str(away.retry_after_s)
        # Django would write each refused tile in the log: a line a tile, that tells which place is
        # looked at. The breaker writes once that the service is away.
        response._has_been_logged = True  # type: ignore[attr-defined]
        return response
    answer = _answer(found)
    validator = answer.headers.get("ETag")
    held = get_conditional_response(request, etag=validator, response=answer) if validator else None
    return held if isinstance(held, HttpResponse) else answer


def _answer(found: Tile) -> HttpResponse:
    if found.body is None:
        response = HttpResponse(status=HTTPStatus.NO_CONTENT)
    else:
        response = HttpResponse(found.body, content_type=found.media_type)
        response["ETag"] = f'"{hashlib.blake2b(found.body, digest_size=12).hexdigest()}"'
    max_age = STALE_MAX_AGE_S if found.origin == "stale" else MAX_AGE_S
    response["Cache-Control"] = f"public, max-age={max_age}"
    # Another site may not use our address as its own source of tiles.
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    # RFC 9211: a negative time to live tells a copy given because the service is away.
    state = "fwd=miss" if found.origin == "miss" else "hit"
    response["Cache-Status"] = f"layers; {state}; ttl={found.ttl_s}"
    return response


def _described(layer: Layer) -> dict[str, Any]:
    pause = breaker_of(layer).pause_s()
    return {
        "slug": layer.slug,
        "title": layer.title,
        "theme": layer.theme,
        "overlay": layer.overlay,
        "tiles": f"/layers/{layer.slug}/{{z}}/{{x}}/{{y}}",
        "media_type": layer.media_type,
        "tile_size": 256,
        "minzoom": layer.minzoom,
        "maxzoom": layer.maxzoom,
        "bounds": list(layer.bounds),
        "attribution": layer_attribution(layer),
        "edition": layer.edition or None,
        "available": layer.available and not pause,
        "retry_after_s": math.ceil(pause) if pause else None,
    }

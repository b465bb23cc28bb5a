"""`/geocodage/`: the search of a place, for the map and the forms, signed-in people only.

What is searched tells which place is watched: nothing is stored, here or in any cache. Leaves the
search itself to `geo.territories.geocoding`.
"""

from __future__ import annotations

from http import HTTPStatus

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from geo.core.errors import InvalidInput
from geo.core.params import check_names
from geo.core.problems import answers_problems, problem
from geo.territories.coordinates import Position
from geo.territories.geocoding import geocode
from web.own_ground import own_first, own_middle
from web.requests import scope_of

MINUTE_S = 60
# For one account and one process: a person who types asks some three times a second.
SEARCHES_A_MINUTE = 180


@require_safe
@answers_problems
def geocoding(request: HttpRequest) -> HttpResponse:
    """`?q=` (3 to 200 characters), with `lon` and `lat` (degrees) to favour what is near,
    the reader's own territory without them.

    JSON `{results: […], degraded: bool, note: str}`; each result tells by `outside` that the reader
    may not create a site there, and those come last; 400 for a search that cannot be made.
    """
    check_names(request.GET, ("q", "lon", "lat"))
    if not _admitted(request):
        detail = "Trop de recherches en une minute : attendez un instant."
        refused = problem(request, HTTPStatus.TOO_MANY_REQUESTS, detail)
        refused["Retry-After"] = str(MINUTE_S)
        return refused
    scope = scope_of(request)
    near = _near(request) or own_middle(scope)
    found = geocode(request.GET.get("q", ""), near=near)
    response = JsonResponse(
        {
            "results": [
                result.as_dict() | {"outside": outside}
                for result, outside in own_first(scope, found.results)
            ],
            "degraded": found.degraded,
            "note": found.note,
        }
    )
    response["Cache-Control"] = "no-store"
    return response


def _admitted(request: HttpRequest) -> bool:
    key = f"geocoding:{request.user.pk}"
    cache.add(key, 0, MINUTE_S)
    try:
        return cache.incr(key) <= SEARCHES_A_MINUTE
    except ValueError:
        # The minute ended between the two calls.
        return True


def _near(request: HttpRequest) -> Position | None:
    texts = [request.GET.get(name) for name in ("lon", "lat")]
    if texts == [None, None]:
        return None
    try:
        lon, lat = (float(text or "") for text in texts)
    except ValueError as error:
        raise InvalidInput("lon et lat sont deux nombres, en degrés.", field="lon") from error
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise InvalidInput("lon va de -180 à 180, lat de -90 à 90.", field="lon")
    return Position(lon, lat)

"""What the map's script asks beside tiles: sites counted by territory, names to find one's way.

Leaves counting to the selectors and drawing to the browser.
"""

from __future__ import annotations

from typing import Any

import orjson
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from geo.core import caching, collections
from geo.core.errors import InvalidInput, NotFound
from geo.core.params import Filters
from geo.core.problems import answers_problems
from geo.core.reader import ReaderRequest
from geo.core.when import When
from geo.territories.models import Commune, Departement
from web.carte.places import names_of, nation
from web.carte.query import query_read
from web.carte.selectors import Group
from web.carte.selectors import groups as read_groups

MEDIA_TYPE = "application/geo+json"
LEVELS = ("departement", "commune")
NATION = "france"
# Degrees: about 11 m, finer than what is drawn at the zooms where sites are grouped.
DIGITS = 4


@require_safe
@answers_problems
def groups(request: ReaderRequest) -> HttpResponse:
    """`/carte/regroupements.json?par=departement|commune` and the parameters of the feed."""
    given = request.GET.dict()
    level = given.pop("par", "")
    if level not in LEVELS:
        raise InvalidInput(f"Valeurs acceptées : {', '.join(LEVELS)}.", field="par")
    query = query_read(request.scope, nation(), given)
    validator = caching.etag(
        [query.collection], query.scope, query.when, query.filters, f"groups {level}"
    )
    unchanged = caching.not_modified(request, validator)
    if unchanged is not None:
        return unchanged
    found = read_groups(query, level)
    names = names_of(level, [group.code for group in found])
    body = _collection([_feature(group, names.get(group.code, group.code)) for group in found])
    response = caching.encoded(request, body, MEDIA_TYPE)
    return caching.with_validator(response, validator, public=False)


@require_safe
@login_not_required
@answers_problems
def landmarks(request: ReaderRequest, code: str) -> HttpResponse:
    """`/carte/reperes/{departement}.json`: the communes; `france`: the prefectures. Open data."""
    source = collections.get("communes", request.scope)
    validator = caching.etag([source], request.scope, When.now(), Filters(), f"landmarks {code}")
    unchanged = caching.not_modified(request, validator)
    if unchanged is not None:
        return unchanged
    communes = Commune.objects.filter(point__isnull=False)
    if code == NATION:
        prefectures = Departement.objects.exclude(prefecture="").values("prefecture")
        communes = communes.filter(code__in=prefectures)
    else:
        communes = communes.filter(departement_id=code)
    rows = communes.values_list("pk", "name", "population", "point")
    features = [
        {
            "type": "Feature",
            "id": pk,
            "geometry": _point(point.x, point.y),
            "properties": {"name": name, "population": population or 0},
        }
        for pk, name, population, point in rows
        if point is not None
    ]
    if not features:
        raise NotFound("Territoire inconnu.")
    response = caching.encoded(request, _collection(features), MEDIA_TYPE)
    return caching.with_validator(response, validator, public=True)


def _feature(group: Group, name: str) -> dict[str, Any]:
    properties: dict[str, Any] = {"code": group.code, "name": name, "people": group.people}
    return {
        "type": "Feature",
        "geometry": _point(group.lon, group.lat),
        "properties": properties | group.by_state | {"site": group.site},
    }


def _point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [round(lon, DIGITS), round(lat, DIGITS)]}


def _collection(features: list[dict[str, Any]]) -> bytes:
    return orjson.dumps({"type": "FeatureCollection", "features": features})

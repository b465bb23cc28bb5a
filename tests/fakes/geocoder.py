"""The geocoder's part of the fake Géoplateforme: its checks, its two envelopes, its errors.

Leaves serving to `tests.fakes.geoplateforme`; every place is invented.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.fakes.server import Asked, Reply

if TYPE_CHECKING:
    from tests.fakes.geoplateforme import Geoplateforme

SEARCH = {"q", "index", "limit", "lon", "lat", "autocomplete", "citycode", "postcode", "type"}
REVERSE = {"lon", "lat", "index", "limit", "searchgeom"}


def address(
    label: str, lon: float, lat: float, *, score: float | None = 0.9, **properties: Any
) -> dict[str, Any]:
    """An address feature in the present envelope's shape."""
    values = {
        "label": label,
        "score": score,
        "id": "93066_0001_00008",
        "banId": "8e6b0000-0000-4000-8000-000000000001",
        "name": label.split(" 9", maxsplit=1)[0],
        "postcode": "93200",
        "citycode": "93066",
        "x": 652000.0,
        "y": 6872000.0,
        "city": "Saint-Denis",
        "context": "93, Seine-Saint-Denis, Île-de-France",
        "type": "housenumber",
        "depcode": "93",
        "_type": "address",
    } | properties
    if score is None:
        del values["score"]
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": values,
    }


def poi(name: str, lon: float, lat: float, **properties: Any) -> dict[str, Any]:
    """A point of interest: arrays where addresses have texts."""
    values = {
        "toponym": name,
        "name": [name],
        "postcode": ["75001"],
        "citycode": ["75056", "75101"],
        "city": ["Paris"],
        "category": ["mairie"],
        "extrafields": {"names": [name], "cleabs": "PAIHABIT0000000000000001"},
        # An escaped text here, an object on parcels.
        "truegeometry": json.dumps({"type": "Point", "coordinates": [lon, lat]}),
        "score": 0.7,
        "_type": "poi",
    } | properties
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": values,
    }


def parcel(idu: str, lon: float, lat: float, *, district: str = "000") -> dict[str, Any]:
    """A parcel feature: an exact identifier comes without a score."""
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {
            "id": idu,
            "departmentcode": idu[:2],
            "municipalitycode": idu[2:5],
            "oldmunicipalitycode": "000",
            "districtcode": district,
            "section": idu[8:10],
            "sheet": "01",
            "number": idu[10:],
            "city": "Commune inventée",
            "truegeometry": {"type": "Polygon", "coordinates": []},
            "_type": "parcel",
        },
    }


def answer_geocoding(fake: Geoplateforme, asked: Asked) -> Reply:
    """A `/search` or `/reverse` answer, or the service's own refusal."""
    query, searching = asked.query, asked.path.endswith("/search")
    unknown = set(query) - (SEARCH if searching else REVERSE)
    if unknown:
        fake.refuse(f"geocoder with {unknown}")
    refused = _refused(query, searching)
    if refused:
        return _json({"code": 400, "message": "Failed parsing query", "detail": [refused]}, 400)
    indexes, limit = query.get("index", "address").split(","), int(query.get("limit", "10"))
    if searching:
        found = _found(fake, query["q"], indexes)
    else:
        found = [_at_distance(place) for place in fake.places if _type(place) in indexes]
    features = [_enveloped(place, fake.former_envelope) for place in found[:limit]]
    body: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if fake.former_envelope:
        body |= {"version": "draft", "attribution": "BAN", "licence": "ETALAB-2.0", "limit": limit}
    elif searching:
        body["query"] = query["q"]
    return _json(body, 200)


def _refused(query: Mapping[str, str], searching: bool) -> str:
    limit, text = query.get("limit", "10"), query.get("q", "")
    if not limit.isdigit() or not 1 <= int(limit) <= 20:
        return "limit: must be an integer between 1 and 20"
    if searching and "q" not in query:
        return "q: required param"
    if searching and not (3 <= len(text) <= 200 and text[:1].isalnum()):
        return "q: must contain between 3 and 200 chars and start with a number or a letter"
    if ("lon" in query) != ("lat" in query):
        return "lon/lat must be present together if defined"
    if not searching and "lon" not in query:
        return "At least lon/lat or searchgeom must be defined"
    return ""


def _found(fake: Geoplateforme, text: str, indexes: list[str]) -> list[dict[str, Any]]:
    words = text.lower().split()
    found = []
    if "parcel" in indexes and text in fake.parcels:
        found.append(fake.parcels[text])
    for place in fake.places:
        properties = place["properties"]
        named = str(properties.get("label") or properties.get("toponym")).lower()
        if _type(place) in indexes and all(word in named for word in words):
            found.append(place)
    return sorted(found, key=lambda place: -(place["properties"].get("score") or 0))


def _type(place: Mapping[str, Any]) -> str:
    return str(place["properties"]["_type"])


def _at_distance(place: Mapping[str, Any]) -> dict[str, Any]:
    return {**place, "properties": {**place["properties"], "distance": 11}}


def _enveloped(place: Mapping[str, Any], former: bool) -> dict[str, Any]:
    kept = {k: v for k, v in place["properties"].items() if not (former and k == "_type")}
    return {**place, "properties": kept}


def _json(value: Any, code: int) -> Reply:
    return Reply(code, "application/json", json.dumps(value).encode())

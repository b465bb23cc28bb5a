"""The geocoder's answers, checked and turned into typed results.

Reads both envelopes in circulation: the present one marks each feature with `_type`, the former
host's did not. Leaves asking to `geo.territories.geocoding`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from geo.core.errors import InvalidInput, SourceUnavailable
from geo.core.http import Answer

# The codes of the whole communes whose arrondissements have codes of their own.
WHOLE_COMMUNES = {"75056", "69123", "13055"}
PRECISIONS = {"housenumber", "street", "locality", "municipality"}
KINDS = {"address", "poi", "parcel"}


class UnexpectedAnswer(SourceUnavailable):
    """The geocoder answered, but not as its contract says."""


@dataclass(frozen=True, slots=True)
class Found:
    """One place found, at a WGS84 position in degrees (EPSG:4326).

    `kind` is address, poi, parcel, coordinates or commune. `precision` is the one of a site's
    address: housenumber, street, locality, municipality or manual; points of interest and parcels
    are a locality. `citycode` is the INSEE code, of the municipal arrondissement where there is
    one, empty when unknown; `score` goes from 0 to 1, None where the service gives none; `id` is
    the source's key, for a parcel its 14-character identifier; `distance_m` comes with reverse.
    """

    kind: str
    label: str
    lon: float
    lat: float
    precision: str
    citycode: str = ""
    city: str = ""
    score: float | None = None
    id: str = ""
    distance_m: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """The result as plain values, for JSON."""
        return asdict(self)


def read_answer(answer: Answer, kind: str) -> tuple[Found, ...]:
    """The results of an answer; `kind` is that of the features that do not tell theirs.

    Nothing found is an empty tuple. Raises `InvalidInput` when the geocoder refused the question,
    `UnexpectedAnswer` for any other status, type or shape.
    """
    if answer.status == HTTPStatus.BAD_REQUEST:
        raise InvalidInput("Le service d'adresses ne comprend pas cette recherche.", field="q")
    if answer.status != HTTPStatus.OK:
        raise UnexpectedAnswer(f"Le service d'adresses a répondu {answer.status}.")
    try:
        document = json.loads(answer.body)
        features = document["features"]
        if document["type"] != "FeatureCollection" or not isinstance(features, list):
            raise ValueError("type")
    except (ValueError, KeyError, TypeError) as error:
        raise UnexpectedAnswer("Le service d'adresses n'a pas la forme attendue.") from error
    found = tuple(_each(features, kind))
    if features and not found:
        raise UnexpectedAnswer("Le service d'adresses donne des résultats sans position.")
    return found


def _each(features: list[Any], kind: str) -> Iterator[Found]:
    for feature in features:
        try:
            yield _found(feature, kind)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            continue


def _found(feature: Mapping[str, Any], kind: str) -> Found:
    lon, lat = (float(value) for value in feature["geometry"]["coordinates"][:2])
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        raise ValueError("position")
    properties = feature["properties"]
    told = properties.get("_type", kind)
    told = told if told in KINDS else kind
    score, distance = properties.get("score"), properties.get("distance")
    read = {"parcel": _parcel, "poi": _poi}.get(told, _address)
    return Found(
        kind=told,
        lon=lon,
        lat=lat,
        score=None if score is None else round(float(score), 4),
        distance_m=None if distance is None else float(distance),
        **read(properties),
    )


def _address(properties: Mapping[str, Any]) -> dict[str, Any]:
    precision = properties.get("type")
    return {
        "label": _required(properties, "label"),
        "precision": precision if precision in PRECISIONS else "locality",
        "citycode": str(properties.get("citycode") or ""),
        "city": str(properties.get("city") or ""),
        "id": str(properties.get("banId") or properties.get("id") or ""),
    }


def _poi(properties: Mapping[str, Any]) -> dict[str, Any]:
    name = next(
        str(_first(properties[key]))
        for key in ("toponym", "toponyme", "name")
        if _first(properties.get(key))
    )
    city = str(_first(properties.get("city")) or "")
    codes = [str(code) for code in _all(properties.get("citycode"))]
    extra = properties.get("extrafields")
    return {
        "label": f"{name}, {city}" if city and city not in name else name,
        "precision": "locality",
        "citycode": next((c for c in codes if c not in WHOLE_COMMUNES), codes[0] if codes else ""),
        "city": city,
        "id": str(extra.get("cleabs") or "") if isinstance(extra, Mapping) else "",
    }


def _parcel(properties: Mapping[str, Any]) -> dict[str, Any]:
    code = _required(properties, "departmentcode") + _required(properties, "municipalitycode")
    if code in WHOLE_COMMUNES and properties.get("districtcode", "000") != "000":
        # The arrondissement's form is the one of the cadastre's files and of our parcels.
        code = code[:2] + _required(properties, "districtcode")
    old = str(properties.get("oldmunicipalitycode") or "000")
    section, number = _required(properties, "section"), _required(properties, "number")
    section, number = section.rjust(2, "0"), number.rjust(4, "0")
    city = str(properties.get("city") or "")
    label = f"Parcelle {code} {old} {section} {number}"
    return {
        "label": f"{label}, {city}" if city else label,
        "precision": "locality",
        "citycode": code,
        "city": city,
        "id": f"{code}{old}{section}{number}",
    }


def _required(properties: Mapping[str, Any], name: str) -> str:
    value = properties[name]
    if not isinstance(value, str) or not value:
        raise ValueError(name)
    return value


def _all(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _first(value: Any) -> Any:
    values = _all(value)
    return values[0] if values else None

"""What is sent to be written: a GeoJSON feature, or a part of one, bounded and in any served CRS.

Leaves its members to `feeds.writes` and the serializers, the shape to `geo.core.geometry`.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection as Container
from http import HTTPStatus
from typing import Any

import numpy as np
import orjson

from feeds.asking import parse_crs
from feeds.formats import GEOJSON, JSON
from geo.core.crs import Crs
from geo.core.errors import DomainError, InvalidInput, UnusableGeometry
from geo.core.geometry import MAX_BYTES
from geo.core.reader import ReaderRequest

MERGE_PATCH = "application/merge-patch+json"
WHOLE = (GEOJSON, JSON)
PART = (MERGE_PATCH, *WHOLE)
# A geometry at its most, and its properties.
MAX_BODY = MAX_BYTES + 64_000
CODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
# What a feature may have beside what is written: read from us, it is sent back.
KNOWN = {"type", "id", "geometry", "properties", "links", "bbox"}
DEPTHS = {"Point": 0, "Polygon": 2, "MultiPolygon": 3}


class UnknownMedia(DomainError):
    """A body in a format or compression that is not read."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class TooLarge(DomainError):
    """A body above the bound."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def content_crs(request: ReaderRequest) -> Crs:
    """The reference system of the body's coordinates: `Content-Crs`, else CRS84."""
    text = request.headers.get("Content-Crs", "").strip()
    return parse_crs(text.removeprefix("<").removesuffix(">"), "Content-Crs")


def read_feature(request: ReaderRequest, accepted: Container[str]) -> dict[str, Any]:
    """The JSON object of the body. Raises `UnknownMedia`, `TooLarge`, `InvalidInput`."""
    media = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media not in accepted:
        raise UnknownMedia(f"Types de contenu acceptés : {', '.join(accepted)}.")
    try:
        body = orjson.loads(_content(request))
    except orjson.JSONDecodeError as error:
        raise InvalidInput("Le corps n'est pas du JSON.", field="body") from error
    if not isinstance(body, dict):
        raise InvalidInput("Le corps est un objet GeoJSON de type Feature.", field="body")
    if body.get("type", None if "type" in body else "Feature") != "Feature":
        raise InvalidInput("Un objet GeoJSON de type Feature est attendu.", field="type")
    if "crs" in body:
        raise InvalidInput("Le système se dit par l'en-tête Content-Crs.", field="crs")
    if unknown := sorted(set(body) - KNOWN):
        raise InvalidInput(f"Membre inconnu : « {unknown[0][:60]} ».", field=unknown[0][:60])
    if not isinstance(body.get("properties", {}), dict):
        raise InvalidInput("« properties » est un objet.", field="properties")
    return body


def _content(request: ReaderRequest) -> bytes:
    """The body, decompressed: what it is once read is bounded, not what it weighed on the way."""
    raw: bytes = request.read(MAX_BODY + 1)
    coding = request.headers.get("Content-Encoding", "identity").strip().lower() or "identity"
    if len(raw) <= MAX_BODY and coding != "identity":
        if coding not in CODINGS:
            raise UnknownMedia("Compressions acceptées : gzip, deflate.")
        reader = zlib.decompressobj(CODINGS[coding])
        try:
            raw = reader.decompress(raw, MAX_BODY + 1)
        except zlib.error as error:
            raise InvalidInput("Le corps n'est pas compressé ainsi.", field="body") from error
        if not reader.eof and len(raw) <= MAX_BODY:
            raise InvalidInput("Le corps compressé est incomplet.", field="body")
    if len(raw) > MAX_BODY:
        raise TooLarge(f"Corps trop grand : {MAX_BODY // 1000} ko au plus, décompressé.")
    return raw


def in_lonlat(geometry: Any, crs: Crs) -> Any:
    """A GeoJSON geometry with its positions in longitude and latitude.

    What is not one is given back as it is, for the serializer to refuse by name.
    """
    if crs.geographic and not crs.lat_first:
        return geometry
    if not isinstance(geometry, dict) or geometry.get("type") not in DEPTHS:
        return geometry
    found: list[list[float]] = []
    flat = _flattened(geometry.get("coordinates"), DEPTHS[geometry["type"]], found)
    if flat is None or not found:
        return geometry
    x, y = np.array(found, dtype=float).T
    lon, lat = (y, x) if crs.lat_first else crs.to_lonlat(x, y)
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        raise UnusableGeometry(
            f"Une position est hors du domaine de {crs.title}.", field="geometry"
        )
    moved = iter(zip(lon.tolist(), lat.tolist(), strict=True))
    return {"type": geometry["type"], "coordinates": _rebuilt(flat, moved)}


def same_shape(sent: Any, served: Any, crs: Crs) -> bool:
    """Whether a geometry is the one served, to the digits that are served in that system."""
    if not isinstance(sent, dict) or not isinstance(served, dict):
        return False
    coordinates = sent.get("coordinates")
    if (sent.get("type"), served.get("type")) == ("Polygon", "MultiPolygon"):
        coordinates = [coordinates]
    elif sent.get("type") != served.get("type"):
        return False
    return bool(
        _rounded(coordinates, crs.digits) == _rounded(served.get("coordinates"), crs.digits)
    )


def _flattened(value: Any, depth: int, found: list[list[float]]) -> Any:
    """The nesting of positions, each replaced by its place in `found`; None when it is not one."""
    if not isinstance(value, list):
        return None
    if depth:
        parts = [_flattened(each, depth - 1, found) for each in value]
        return None if any(part is None for part in parts) else parts
    numbers = value[:2]
    plain = all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers)
    if len(value) not in {2, 3} or not plain or not all(abs(n) < 1e9 for n in numbers):
        return None
    found.append([float(n) for n in numbers])
    return len(found) - 1


def _rebuilt(flat: Any, moved: Any) -> Any:
    return list(next(moved)) if isinstance(flat, int) else [_rebuilt(each, moved) for each in flat]


def _rounded(value: Any, digits: int) -> Any:
    if isinstance(value, list):
        return [_rounded(each, digits) for each in value]
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return round(float(value), digits) if plain else value

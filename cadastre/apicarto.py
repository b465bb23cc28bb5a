"""API Carto, module cadastre: the parcels that meet a geometry, within the service's limits.

Its faults are told apart: the service is away (`SourceUnavailable`, to be asked again), it refuses
the question (`AskRefused`), or its answer cannot be the one to the question (`UnusableAnswer`).
Never follows the service's `links`. Leaves when to ask again to `services`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import shapely
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon

from cadastre.gate import Gate
from cadastre.idu import from_parts, normalised
from cadastre.shapes import Shapes, multipolygons
from geo.core.crs import WGS84
from geo.core.errors import DomainError, SourceUnavailable
from geo.core.http import Answer, fetch

NAME = "Le service API Carto (IGN)"
GATE = Gate("apicarto", NAME)
PATH = "/cadastre/parcelle"
# Above 1000 the service clamps without a word, and some of its layers stop at 500.
PAGE = 500
# A footprint of hundreds of hectares; more is an unfiltered answer.
MOST = 3_000
TRIES = 2
DEADLINE_S = 20.0
# Degrees, about two metres: the service may compare in another projection.
TOLERANCE = 2e-5


class AskRefused(DomainError):
    """The service understood the question and refuses it: asking again soon is of no use."""


class UnusableAnswer(SourceUnavailable):
    """The service answered, but not with the parcels of the question."""


@dataclass(frozen=True, slots=True)
class AskedParcels:
    """Parcels as the service gave them: arrays of one length, EPSG:4326 MultiPolygons, m²."""

    idus: list[str]
    contenances: list[int | None]
    shapes: Shapes


def parcels_at(ground: GEOSGeometry) -> AskedParcels:
    """The parcels that meet a WGS84 point, Polygon or MultiPolygon; none is an empty answer.

    A MultiPolygon is asked part by part. Raises `SourcePaused`, `SourceUnavailable`,
    `UnusableAnswer` or `AskRefused`; no message holds the place that was asked.
    """
    parts = list(ground) if isinstance(ground, MultiPolygon) else [ground]
    found: dict[str, dict[str, Any]] = {}
    for part in parts:
        for feature in _ask(orjson.loads(part.geojson)):
            found.setdefault(_idu(feature), feature)
    built = multipolygons([feature.get("geometry") for feature in found.values()])
    if built.reasons:
        raise UnusableAnswer(f"{NAME} a donné un contour inutilisable.")
    _check_place(built.shapes, ground)
    return AskedParcels(
        idus=list(found),
        contenances=[_contenance(feature) for feature in found.values()],
        shapes=built.shapes,
    )


def _ask(geometry: dict[str, Any]) -> list[dict[str, Any]]:
    """Every page of the answer about one geometry."""
    features: list[dict[str, Any]] = []
    while True:
        body = {"geom": geometry, "source_ign": "PCI", "_limit": PAGE, "_start": len(features)}
        page, matched = _page(body)
        features += page
        if matched > MOST:
            raise UnusableAnswer(f"{NAME} a donné trop de parcelles ({matched}).")
        if len(features) >= matched or not page:
            break
    if len({_idu(feature) for feature in features}) < matched:
        # Pages that overlap or stop short: the total changed meanwhile, or the answer is cut.
        raise UnusableAnswer(f"{NAME} a donné une réponse incomplète.")
    return features


def _page(body: dict[str, Any]) -> tuple[list[dict[str, Any]], int]:
    """One call through the gate: the features of a page and the number that matches in all."""
    GATE.enter()
    try:
        answer = fetch("apicarto", PATH, json=body, tries=TRIES, deadline_s=DEADLINE_S)
        content = _content(answer)
    except (AskRefused, UnusableAnswer):
        GATE.succeeded()
        raise
    except SourceUnavailable as error:
        GATE.failed()
        # The sheet shows this: the service by its name rather than by ours.
        message = error.message.replace("Le service « apicarto »", NAME)
        raise SourceUnavailable(message) from error
    GATE.succeeded()
    features, matched = content.get("features"), content.get("numberMatched")
    if matched is None:
        matched = content.get("totalFeatures")
    if not isinstance(features, list) or not isinstance(matched, int):
        raise UnusableAnswer(f"{NAME} a donné une réponse sans parcelles ni total.")
    if len(features) != content.get("numberReturned", len(features)):
        raise UnusableAnswer(f"{NAME} a donné une réponse tronquée.")
    return features, matched


def _content(answer: Answer) -> dict[str, Any]:
    if answer.status in {400, 404, 413, 414, 422}:
        raise AskRefused(f"{NAME} refuse la demande ({answer.status}{_fields(answer)}).")
    if answer.status != 200:
        raise SourceUnavailable(f"{NAME} est en panne (réponse {answer.status}).")
    try:
        content = orjson.loads(answer.body)
    except orjson.JSONDecodeError as error:
        kind = answer.content_type or "sans type"
        raise SourceUnavailable(f"{NAME} a répondu autre chose que du JSON ({kind}).") from error
    if not isinstance(content, dict) or content.get("type") != "FeatureCollection":
        raise SourceUnavailable(f"{NAME} a répondu autre chose que des parcelles.")
    return content


def _fields(answer: Answer) -> str:
    """The names of the fields that the service refuses; its words may quote the place."""
    try:
        message = orjson.loads(answer.body).get("message")
    except (orjson.JSONDecodeError, AttributeError):
        return ""
    names = sorted(str(name)[:20] for name in message) if isinstance(message, dict) else []
    return f" : {', '.join(names)}" if names else ""


def _idu(feature: Any) -> str:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise UnusableAnswer(f"{NAME} a donné une parcelle sans identifiant.")
    try:
        return normalised(str(properties["idu"]))
    except (KeyError, ValueError):
        # Older forms give no identifier, or one without the arrondissement.
        pass
    try:
        return from_parts(
            str(properties["code_insee"]),
            str(properties.get("com_abs") or "000"),
            str(properties["section"]),
            str(properties["numero"]),
            str(properties.get("code_arr") or ""),
        )
    except (KeyError, ValueError) as error:
        raise UnusableAnswer(f"{NAME} a donné une parcelle sans identifiant.") from error


def _contenance(feature: dict[str, Any]) -> int | None:
    value = feature["properties"].get("contenance")
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    return value if isinstance(value, int) and 0 <= value < 2**31 else None


def _check_place(shapes: Shapes, ground: GEOSGeometry) -> None:
    """An unknown parameter is dropped without a word: the answer must be about the question."""
    if not len(shapes):
        return
    near = shapely.buffer(shapely.from_wkb(bytes(ground.wkb)), TOLERANCE)
    if not np.all(shapely.intersects(shapely.set_srid(near, WGS84), shapes)):
        raise UnusableAnswer(f"{NAME} a donné des parcelles d'ailleurs.")

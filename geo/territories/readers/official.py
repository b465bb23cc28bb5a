"""The official services: contours from the Géoplateforme's WFS, codes and places from API Géo.

Leaves connecting and retrying to `geo.core.http`, and property names to `features`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from xml.etree.ElementTree import ParseError

import orjson
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from django.utils import timezone
from shapely import Point

from geo.core.errors import InvalidInput, SourceUnavailable
from geo.core.http import Answer, fetch
from geo.territories.origins import OFFICIAL
from geo.territories.readers.features import Unrecognised, level_of, pieces_of
from geo.territories.readers.pieces import Gathering, Piece

# The layers drawn for maps: same borders, a coast that fits, ten times fewer vertices.
PREFIX = "ADMINEXPRESS-COG-CARTO.LATEST:"
LAYERS = {
    "region": ("region",),
    "departement": ("departement",),
    "epci": ("epci",),
    "commune": ("commune", "arrondissement_municipal"),
}
PAGE = 1000
MAX_BYTES = 200_000_000
DEADLINE_S = 180.0
COMMUNE_FIELDS = "nom,code,codeDepartement,codeRegion,codeEpci,codeParent,population,centre"
Progress = Callable[[str, int, int], None]


def read_services(
    *, millesime: str = "", progress: Progress = lambda label, done, total: None
) -> Gathering:
    """Contours of the four levels, with the facts that API Géo adds.

    `millesime` is the current year unless stated. API Géo may be away: a note tells it. Raises
    `SourceUnavailable` when the contours cannot be had whole.
    """
    year = millesime or current_millesime()
    gathering = Gathering()
    for level, layers in LAYERS.items():
        for layer in layers:
            _read_layer(gathering, level, layer, year, progress)
    try:
        _read_facts(gathering, progress)
    except SourceUnavailable as error:
        gathering.notes.append(f"Codes et populations non complétés : {error.message}")
    return gathering


def current_millesime(today: date | None = None) -> str:
    """The year of the « latest » edition: the code officiel géographique changes once a year."""
    return str((today or timezone.localdate()).year)


def _read_layer(
    gathering: Gathering, level: str, layer: str, year: str, progress: Progress
) -> None:
    features = list(_features(PREFIX + layer, progress))
    try:
        found, codes = level_of(features)
        if found != level:
            raise Unrecognised(f"niveau {found} au lieu de {level}")
        pieces, repaired = pieces_of(level, codes, features, millesime=year, source=OFFICIAL)
    except InvalidInput as reason:
        raise SourceUnavailable(f"WFS, couche {layer} : {reason.message}.") from reason
    gathering.contours.setdefault(level, {}).update(pieces)
    gathering.used.append(f"{layer} ({len(pieces)})")
    if repaired:
        gathering.repaired.setdefault(level, []).extend(repaired)


def _features(layer: str, progress: Progress) -> Iterator[dict[str, Any]]:
    """Every feature of a layer, page after page; the counts must agree to the last one."""
    total, start = None, 0
    while total is None or start < total:
        page = _page(layer, start)
        matched, features = page.get("numberMatched"), page.get("features")
        if not isinstance(matched, int) or not isinstance(features, list):
            raise SourceUnavailable(f"WFS, couche {layer} : réponse sans décompte.")
        if total is not None and matched != total:
            raise SourceUnavailable(f"WFS, couche {layer} : le total change entre deux pages.")
        if page.get("numberReturned", len(features)) != len(features) or (
            not features and start < matched
        ):
            raise SourceUnavailable(f"WFS, couche {layer} : page tronquée.")
        total, start = matched, start + len(features)
        yield from features
        progress(layer.partition(":")[2], start, total)
    if start != total:
        raise SourceUnavailable(f"WFS, couche {layer} : {start} objets reçus, {total} annoncés.")


def _page(layer: str, start: int) -> dict[str, Any]:
    answer = fetch(
        "geopf",
        "/wfs/ows",
        params={
            "SERVICE": "WFS",
            "VERSION": "2.0.0",
            "REQUEST": "GetFeature",
            "TYPENAMES": layer,
            "OUTPUTFORMAT": "application/json",
            "EXCEPTIONS": "application/json",
            "SRSNAME": "EPSG:4326",
            "SORTBY": "cleabs",
            "COUNT": PAGE,
            "STARTINDEX": start,
        },
        deadline_s=DEADLINE_S,
        max_bytes=MAX_BYTES,
    )
    page = _json(answer)
    if answer.status != 200 or not isinstance(page, dict):
        raise SourceUnavailable(f"WFS, couche {layer} : {_reason(answer)}")
    return page


def _read_facts(gathering: Gathering, progress: Progress) -> None:
    regions = _rows("/regions", {"fields": "nom,code"})
    departements = _rows("/departements", {"fields": "nom,code,codeRegion"})
    epcis = _rows("/epcis", {"fields": "nom,code,codesDepartements,population"})
    for level, rows in (("region", regions), ("departement", departements), ("epci", epcis)):
        for row in rows:
            _add(gathering, Piece(
                level,
                str(row["code"]),
                str(row["nom"]),
                region=row.get("codeRegion"),
                population=row.get("population"),
                departements=tuple(row.get("codesDepartements") or ()),
            ))  # fmt: skip
    codes = sorted(str(row["code"]) for row in departements)
    for done, code in enumerate(codes, start=1):
        for piece in _communes(code):
            _add(gathering, piece)
        progress("API Géo", done, len(codes))


def _add(gathering: Gathering, piece: Piece) -> None:
    gathering.facts[piece.level, piece.code] = piece


def _communes(departement: str) -> Iterator[Piece]:
    rows = _rows(
        "/communes",
        {
            "codeDepartement": departement,
            "type": "commune-actuelle,arrondissement-municipal",
            "fields": COMMUNE_FIELDS,
        },
    )
    for row in rows:
        # An input that the service does not take is ignored by it, and the whole country comes.
        if row.get("codeDepartement") != departement:
            raise SourceUnavailable("API Géo : des communes d'un autre département que demandé.")
        yield Piece(
            "commune",
            str(row["code"]),
            str(row["nom"]),
            region=row.get("codeRegion"),
            departement=departement,
            epci=row.get("codeEpci"),
            main_commune=row.get("codeParent"),
            population=row.get("population"),
            point=_centre(row.get("centre")),
        )


def _centre(value: Any) -> Point | None:
    try:
        lon, lat = value["coordinates"]
        return Point(float(lon), float(lat))
    except (TypeError, KeyError, ValueError):
        return None


def _rows(path: str, params: dict[str, str]) -> list[dict[str, Any]]:
    answer = fetch("geoapi", path, params=params, deadline_s=60)
    rows = _json(answer)
    if answer.status != 200 or not isinstance(rows, list):
        raise SourceUnavailable(f"API Géo, {path} : {_reason(answer)}")
    if not rows or not all(isinstance(r, dict) and r.get("code") and r.get("nom") for r in rows):
        raise SourceUnavailable(f"API Géo, {path} : réponse vide ou sans code.")
    return rows


def _json(answer: Answer) -> Any:
    """The JSON of an answer that says it is JSON and is; None otherwise."""
    if "json" not in answer.content_type:
        return None
    try:
        return orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None


def _reason(answer: Answer) -> str:
    """What the service says of its refusal: JSON, XML or plain text, whatever was asked."""
    data = _json(answer)
    if isinstance(data, dict) and isinstance(data.get("exceptions"), list) and data["exceptions"]:
        text = str(data["exceptions"][0].get("text", ""))
    elif "xml" in answer.content_type:
        text = _exception_text(answer.body)
    elif answer.content_type == "text/plain":
        text = answer.body.decode(errors="replace")
    else:
        text = ""
    return f"réponse {answer.status} {' '.join(text.split())[:200]}".rstrip() + "."


def _exception_text(body: bytes) -> str:
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError):
        return ""
    return " ".join(
        node.text or "" for node in root.iter() if str(node.tag).endswith("ExceptionText")
    )

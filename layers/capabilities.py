"""Reads a WMTS 1.0.0 capabilities document into typed layers.

Only what can be drawn in the Web Mercator pyramid as PNG or JPEG is kept; the rest is named with
its reason. Leaves fetching the document and storing the layers to others.
"""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from geo.core.errors import InvalidInput

WMTS = "{http://www.opengis.net/wmts/1.0}"
OWS = "{http://www.opengis.net/ows/1.1}"
MAX_BYTES = 60_000_000
MEDIA_TYPES = ("image/png", "image/jpeg")
# EPSG:3857 from zoom 0 to 21, and the subsets of it that the service declares: PM_6_16.
PYRAMID = re.compile(r"PM(?:_(\d{1,2})_(\d{1,2}))?")
PYRAMID_MAXZOOM = 21
EDITION = re.compile(r"édition\s*:?\s*(\d{4}(?:-\d{2}(?:-\d{2})?)?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WmtsLayer:
    """A layer as declared; `bounds` are west, south, east, north in degrees (EPSG:4326)."""

    identifier: str
    title: str
    abstract: str
    edition: str
    styles: tuple[str, ...]
    default_style: str
    media_type: str
    matrix_set: str
    minzoom: int
    maxzoom: int
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The usable layers, and the others with the reason why not."""

    layers: tuple[WmtsLayer, ...]
    refused: tuple[str, ...]

    @property
    def read(self) -> int:
        """How many layers the document declares."""
        return len(self.layers) + len(self.refused)


def parse(document: bytes) -> Capabilities:
    """Read a capabilities document, plain or gzip; DTD and entities are refused.

    Raises `InvalidInput` when it is not a WMTS capabilities document with at least one layer.
    """
    try:
        root: Any = fromstring(_plain(document), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise InvalidInput(
            f"Le document des capacités n'est pas un XML acceptable ({type(error).__name__})."
        ) from error
    if root.tag != f"{WMTS}Capabilities":
        raise InvalidInput("Le document n'est pas celui des capacités d'un service WMTS 1.0.0.")
    layers: dict[str, WmtsLayer] = {}
    refused: list[str] = []
    for element in root.iterfind(f"{WMTS}Contents/{WMTS}Layer"):
        identifier = _text(element, f"{OWS}Identifier")
        try:
            if identifier in layers:
                raise ValueError("identifiant en double")
            layers[identifier] = _layer(element, identifier)
        except ValueError as error:
            refused.append(f"{identifier or '(sans identifiant)'} : {error}")
    if not layers:
        raise InvalidInput("Le document des capacités ne donne aucune couche utilisable.")
    return Capabilities(tuple(layers.values()), tuple(refused))


def _plain(document: bytes) -> bytes:
    if document[:2] == b"\x1f\x8b":
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(document)) as packed:
                document = packed.read(MAX_BYTES + 1)
        except (OSError, EOFError) as error:
            raise ValueError("gzip") from error
    if len(document) > MAX_BYTES:
        raise ValueError("taille")
    return document


def _layer(element: Element, identifier: str) -> WmtsLayer:
    if not identifier:
        raise ValueError("aucun identifiant")
    media_type = next((f for f in _texts(element, f"{WMTS}Format") if f in MEDIA_TYPES), "")
    if not media_type:
        raise ValueError(f"format {_text(element, f'{WMTS}Format') or 'absent'}")
    matrix_set, minzoom, maxzoom = _pyramid(element)
    styles = tuple(_texts(element, f"{WMTS}Style/{OWS}Identifier"))
    default = next(
        (
            _text(style, f"{OWS}Identifier")
            for style in element.iterfind(f"{WMTS}Style")
            if style.get("isDefault") == "true"
        ),
        styles[0] if styles else "",
    )
    title = _text(element, f"{OWS}Title")
    found = EDITION.search(title)
    return WmtsLayer(
        identifier=identifier,
        title=title,
        abstract=_text(element, f"{OWS}Abstract"),
        edition=found.group(1) if found else "",
        styles=styles,
        default_style=default,
        media_type=media_type,
        matrix_set=matrix_set,
        minzoom=minzoom,
        maxzoom=maxzoom,
        bounds=_bounds(element),
    )


def _pyramid(element: Element) -> tuple[str, int, int]:
    """The first Web Mercator set linked, with the zooms of its limits, else of its name."""
    names = []
    for link in element.iterfind(f"{WMTS}TileMatrixSetLink"):
        name = _text(link, f"{WMTS}TileMatrixSet")
        matched = PYRAMID.fullmatch(name)
        if matched is None:
            names.append(name)
            continue
        limits = _texts(link, f"{WMTS}TileMatrixSetLimits/{WMTS}TileMatrixLimits/{WMTS}TileMatrix")
        zooms = [int(level) for level in limits if level.isdecimal() and len(level) < 3]
        if not zooms:
            zooms = [int(matched.group(1) or 0), int(matched.group(2) or PYRAMID_MAXZOOM)]
        return name, min(zooms), max(zooms)
    raise ValueError(f"jeu de tuiles {', '.join(names) or 'absent'}")


def _bounds(element: Element) -> tuple[float, float, float, float]:
    """The declared box clipped to the globe; the whole pyramid when none is declared."""
    box = element.find(f"{OWS}WGS84BoundingBox")
    if box is None:
        return (-180.0, -85.0, 180.0, 85.0)
    west, south = (float(part) for part in _text(box, f"{OWS}LowerCorner").split())
    east, north = (float(part) for part in _text(box, f"{OWS}UpperCorner").split())
    west, east = max(west, -180.0), min(east, 180.0)
    south, north = max(south, -90.0), min(north, 90.0)
    if not (west <= east and south <= north):
        raise ValueError("emprise")
    return (west, south, east, north)


def _text(element: Element, path: str) -> str:
    return " ".join((element.findtext(path) or "").split())


def _texts(element: Element, path: str) -> Iterator[str]:
    for found in element.iterfind(path):
        if found.text and found.text.strip():
            yield found.text.strip()

"""A stand-in for the Géoplateforme: WMTS tiles, their capabilities, and the geocoder.

Shapes and faults are those that the service documents or was seen to have; every place in it is
invented. Leaves the server to `tests.fakes.server`.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from PIL import Image

from tests.fakes.geocoder import answer_geocoding
from tests.fakes.server import Asked, FakeServer, Reply

WMTS_PARAMETERS = (
    "SERVICE",
    "REQUEST",
    "VERSION",
    "LAYER",
    "STYLE",
    "FORMAT",
    "TILEMATRIXSET",
    "TILEMATRIX",
    "TILEROW",
    "TILECOL",
)
# Identifier: title, format, styles (the first is the default), tile matrix set, box.
LAYERS: dict[str, tuple[str, str, tuple[str, ...], str, str, str]] = {
    "GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2": (
        "Plan IGN v2", "image/png", ("normal",), "PM_0_19", "-175 -85", "175 85",
    ),
    "ORTHOIMAGERY.ORTHOPHOTOS": (
        "Photographies aériennes", "image/jpeg", ("normal",), "PM_0_19", "-180 -89", "180 89",
    ),
    "CADASTRALPARCELS.PARCELLAIRE_EXPRESS": (
        "Parcellaire cadastral édition : 2026-07-01", "image/png", ("normal", "PCI vecteur"),
        "PM_0_19", "-63.3725 -21.4756", "55.9259 51.3121",
    ),
    "ELEVATION.INVENTED": (
        "Relief", "image/x-bil;bits=32", ("normal",), "WGS84G_0_11", "-5 41", "10 51",
    ),
}  # fmt: skip
XML = "application/xml"


def picture(media_type: str, colour: tuple[int, int, int] = (200, 220, 240)) -> bytes:
    """A true tile of one colour, 256 pixels a side."""
    buffer = io.BytesIO()
    kind = "PNG" if media_type == "image/png" else "JPEG"
    Image.new("RGB", (256, 256), colour).save(buffer, kind)
    return buffer.getvalue()


PICTURES = {media_type: picture(media_type) for media_type in ("image/png", "image/jpeg")}


def capabilities(layers: dict[str, tuple[str, str, tuple[str, ...], str, str, str]]) -> bytes:
    """A WMTS 1.0.0 capabilities document that declares these layers."""
    parts = []
    for name, (title, media_type, styles, matrix_set, lower, upper) in layers.items():
        zooms = [int(zoom) for zoom in re.findall(r"\d+$|(?<=_)\d+(?=_)", matrix_set)]
        limits = "".join(
            f"<TileMatrixLimits><TileMatrix>{z}</TileMatrix><MinTileRow>0</MinTileRow>"
            f"<MaxTileRow>{2**z - 1}</MaxTileRow><MinTileCol>0</MinTileCol>"
            f"<MaxTileCol>{2**z - 1}</MaxTileCol></TileMatrixLimits>"
            for z in range(zooms[0], zooms[-1] + 1)
        )
        declared = "".join(
            f"<Style{' isDefault=' + chr(34) + 'true' + chr(34) if style == styles[0] else ''}>"
            f"<ows:Identifier>{style}</ows:Identifier></Style>"
            for style in styles
        )
        parts.append(
            f"<Layer><ows:Title>{title}</ows:Title><ows:Abstract>{title}</ows:Abstract>"
            f"<ows:WGS84BoundingBox><ows:LowerCorner>{lower}</ows:LowerCorner>"
            f"<ows:UpperCorner>{upper}</ows:UpperCorner></ows:WGS84BoundingBox>"
            f"<ows:Identifier>{name}</ows:Identifier>{declared}<Format>{media_type}</Format>"
            f"<TileMatrixSetLink><TileMatrixSet>{matrix_set}</TileMatrixSet>"
            f"<TileMatrixSetLimits>{limits}</TileMatrixSetLimits></TileMatrixSetLink></Layer>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Capabilities version="1.0.0" '
        'xmlns="http://www.opengis.net/wmts/1.0" xmlns:ows="http://www.opengis.net/ows/1.1">'
        f"<Contents>{''.join(parts)}</Contents></Capabilities>"
    ).encode()


def exception_xml(code: str, text: str, status: int) -> Reply:
    """An OWS exception report, the way WMTS tells errors whatever the format asked."""
    body = (
        '<?xml version="1.0"?><ExceptionReport xmlns="http://www.opengis.net/ows/1.1">'
        f'<Exception exceptionCode="{code}"><ExceptionText>{text}</ExceptionText></Exception>'
        "</ExceptionReport>"
    )
    return Reply(status, XML, body.encode())


class Geoplateforme(FakeServer):
    """The fake; `layers` is what it declares, `empty` tells the tiles outside its limits."""

    def __init__(self) -> None:
        self.layers = dict(LAYERS)
        self.pictures = dict(PICTURES)
        self.empty: Callable[[int, int, int], bool] = lambda z, x, y: False
        self.places: list[dict[str, Any]] = []
        self.parcels: dict[str, dict[str, Any]] = {}
        # The former host's envelope has no `_type` on its features.
        self.former_envelope = False
        self._retry_after = 5
        super().__init__()

    def answer(self, asked: Asked) -> Reply:
        """Dispatch; anything outside the contract is refused and noted."""
        if asked.path == "/wmts":
            return self._wmts(asked)
        if asked.path in {"/geocodage/search", "/geocodage/reverse"}:
            return answer_geocoding(self, asked)
        self.refuse(f"path {asked.path}")
        return Reply(501, "text/plain", b"outside the contract")

    def too_many(self) -> Reply:
        """A fault: 429, with a pause that shrinks from 5 s as the pressure stops."""
        pause = self._retry_after
        self._retry_after = max(1, pause - 1)
        return Reply(429, "text/plain", b"Too Many Requests", {"retry-after": str(pause)})

    def _wmts(self, asked: Asked) -> Reply:
        query = asked.query
        doubled = [name for name, values in asked.values.items() if len(set(values)) > 1]
        if doubled:
            return exception_xml("InvalidParameterValue", f"{doubled[0]} twice", 400)
        if query.get("REQUEST") == "GetCapabilities":
            return Reply(200, XML, capabilities(self.layers))
        missing = [name for name in WMTS_PARAMETERS if not query.get(name)]
        if missing:
            self.refuse(f"GetTile without {missing}")
            return exception_xml("MissingParameterValue", f"{missing[0]} query missing", 400)
        unknown = set(query) - set(WMTS_PARAMETERS)
        if unknown:
            self.refuse(f"GetTile with {unknown}")
        return self._tile(query)

    def _tile(self, query: Any) -> Reply:
        declared = self.layers.get(query["LAYER"])
        if declared is None:
            return exception_xml("InvalidParameterValue", "Layer unknown", 400)
        _, media_type, styles, matrix_set, _, _ = declared
        if query["STYLE"] not in styles or query["FORMAT"] != media_type:
            return exception_xml("InvalidParameterValue", "Style or format unknown", 400)
        # `PM` serves the same tiles as the subset that the capabilities link.
        if query["TILEMATRIXSET"] not in {"PM", matrix_set}:
            return exception_xml("InvalidParameterValue", "TileMatrixSet unknown", 400)
        z, x, y = (int(query[name]) for name in ("TILEMATRIX", "TILECOL", "TILEROW"))
        if self.empty(z, x, y):
            return exception_xml("TileOutOfRange", "No data found", 404)
        # Seen on the real service, on answers in good order: to be ignored.
        strange = {"set-cookie": "upstream=1; Path=/", "www-authenticate": "Key"}
        return Reply(200, media_type, self.pictures[media_type], strange)


def broken_answers(media_type: str) -> dict[str, Callable[[], Reply]]:
    """Answers with status 200 that are no tile, by name."""
    whole = PICTURES[media_type]
    other = "image/jpeg" if media_type == "image/png" else "image/png"
    return {
        "xml": lambda: exception_xml("InvalidParameterValue", "Layer unknown", 200),
        "html": lambda: Reply(200, "text/html", b"<html>maintenance</html>"),
        "xml called a picture": lambda: Reply(200, media_type, b"<?xml version='1.0'?><e/>"),
        "other format": lambda: Reply(200, other, PICTURES[other]),
        "half a picture": lambda: Reply(200, media_type, whole[: len(whole) // 2]),
        "nothing": lambda: Reply(200, media_type, b""),
        "too large": lambda: Reply(200, media_type, whole + b"\0" * 2_100_000),
    }


def status(code: int, body: bytes = b"upstream failure") -> Callable[[], Reply]:
    """A fault: an answer with this status, in plain text."""
    return lambda: Reply(code, "text/plain", body)


def cut_short() -> Reply:
    """A fault: the body stops before its announced end."""
    return Reply(200, "image/png", PICTURES["image/png"][:100], cut=True)


def as_json(value: Any, code: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(code, "application/json", json.dumps(value).encode())


@contextmanager
def geoplateforme(settings: Any) -> Iterator[Geoplateforme]:
    """A running fake that the `geopf` and `geocode` sources point to.

    Fails at the end when it was called outside the service's contract.
    """
    fake = Geoplateforme()
    settings.SOURCES = settings.SOURCES | {"geopf": fake.url, "geocode": f"{fake.url}/geocodage"}
    # The tests' own transaction is not one that an outside call could hold open.
    settings.TESTING = True
    try:
        yield fake
    finally:
        fake.close()
    assert fake.refusals == []

"""One tile asked from the Géoplateforme's WMTS, and its answer checked before anyone sees it.

Leaves caches, pauses and locks to `tiles`.
"""

from __future__ import annotations

import logging
import struct
from http import HTTPStatus

from geo.core.errors import SourceUnavailable
from geo.core.http import Answer, fetch
from layers.models import Layer

logger = logging.getLogger(__name__)

SOURCE = "geopf"
# The whole pyramid: the subset that a layer links (PM_0_19) names the same tiles, but changes with
# editions, and a catalogue not synchronised since would ask in vain.
PYRAMID = "PM"
MAX_TILE_BYTES = 2_000_000
MAX_TILE_PIXELS = 1024
# Pauses included: a reader's request never sleeps out the 5 s that the service asks for on 429.
DEADLINE_S = 4.5
TRIES = 2
PNG_START, PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND"
JPEG_START, JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
# What may follow the end mark of a picture: its checksum and some padding.
TAIL = 64


def tile_fetch(layer: Layer, z: int, x: int, y: int) -> bytes | None:
    """The picture of an XYZ tile (EPSG:3857), None where the layer has nothing.

    WMTS 1.0.0 key-value GetTile; its ten parameters are all mandatory. Raises `SourceUnavailable`
    when the service fails, refuses, or answers anything but a picture of the declared format.
    """
    answer = fetch(
        SOURCE,
        "/wmts",
        params={
            "SERVICE": "WMTS",
            "REQUEST": "GetTile",
            "VERSION": "1.0.0",
            "LAYER": layer.upstream_id,
            "STYLE": layer.style,
            "FORMAT": layer.media_type,
            "TILEMATRIXSET": PYRAMID,
            "TILEMATRIX": z,
            "TILEROW": y,
            "TILECOL": x,
        },
        tries=TRIES,
        deadline_s=DEADLINE_S,
        max_bytes=MAX_TILE_BYTES,
    )
    if answer.status == HTTPStatus.NOT_FOUND:
        return None
    fault = _fault(layer, answer)
    if fault:
        logger.warning("layer %s: %s", layer.slug, fault)
        raise SourceUnavailable(f"La couche « {layer.title} » n'est pas donnée par le service.")
    return answer.body


def is_picture(body: bytes, media_type: str) -> bool:
    """True for a whole PNG (of at most 1024 pixels a side) or JPEG, as `media_type` says."""
    if media_type == "image/png":
        if not body.startswith(PNG_START) or PNG_END not in body[-TAIL:] or len(body) < 24:
            return False
        width, height = struct.unpack(">II", body[16:24])
        return 0 < width <= MAX_TILE_PIXELS and 0 < height <= MAX_TILE_PIXELS
    return body.startswith(JPEG_START) and JPEG_END in body[-TAIL:]


def _fault(layer: Layer, answer: Answer) -> str:
    if answer.status != HTTPStatus.OK:
        return f"answer {answer.status}"
    if answer.content_type != layer.media_type:
        return f"type {answer.content_type[:60]!r} instead of {layer.media_type}"
    if not is_picture(answer.body, layer.media_type):
        return "not a whole picture"
    return ""

"""The features of a GeoJSON FeatureCollection of any size, one after the other.

The file is never held whole: memory is bounded by the largest feature. Leaves what a feature means
to `etalab`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any

import orjson

from geo.core.errors import InvalidInput
from geo.core.files import UNREADABLE

CHUNK = 1 << 20
MAX_FEATURE_BYTES = 32 << 20

# A whole string (so that braces inside one are not seen), the start of an unfinished one, a brace.
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|"|[{}]', re.DOTALL)
_FEATURE_DEPTH = 2


def read_features(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    """Each object of type Feature of the one FeatureCollection in `stream`, in order.

    Raises `InvalidInput` when the stream is cut, is not JSON, or holds no FeatureCollection.
    """
    for text in _objects(stream):
        try:
            member = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise InvalidInput(f"JSON illisible ({error}).") from error
        if isinstance(member, dict) and member.get("type") == "Feature":
            yield member


def _objects(stream: IO[bytes]) -> Iterator[bytes]:  # noqa: C901 a scanner is one loop
    """The text of each object that stands directly in an array or member of the root object."""
    buffer, scanned, depth, start, seen = b"", 0, 0, 0, False
    for chunk in _chunks(stream):
        buffer += chunk
        for token in _TOKEN.finditer(buffer, scanned):
            mark = token.group()
            scanned = token.end()
            if mark == b"{":
                depth += 1
                seen = True
                if depth == _FEATURE_DEPTH:
                    start = token.start()
            elif mark == b"}":
                depth -= 1
                if depth == _FEATURE_DEPTH - 1:
                    yield buffer[start:scanned]
                    start = scanned
                elif depth < 0:
                    raise InvalidInput("JSON illisible : une accolade de trop.")
            elif mark == b'"':
                scanned = token.start()
                break
        else:
            scanned = len(buffer)
        keep = start if depth >= _FEATURE_DEPTH else scanned
        buffer, scanned, start = buffer[keep:], scanned - keep, start - keep
        if len(buffer) > MAX_FEATURE_BYTES:
            raise InvalidInput("Un objet du fichier dépasse la taille permise.")
    if depth:
        raise InvalidInput("Fichier tronqué : il s'arrête au milieu d'un objet.")
    if not seen:
        raise InvalidInput("Ce fichier n'est pas une FeatureCollection GeoJSON.")


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    try:
        while chunk := stream.read(CHUNK):
            yield chunk
    except UNREADABLE as error:
        raise InvalidInput(f"Fichier tronqué ou illisible ({error}).") from error

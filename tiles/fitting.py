"""A tile that a browser can draw: what is too heavy is left out, and said.

Leaves the bytes to `sql`.
"""

from __future__ import annotations

from django.conf import settings

from geo.core.caching import compressed
from tiles.sql import Asked, tile_bytes

FIRST_CAP = 20_000
# Features are unequal: the share that should fit is taken with a margin.
MARGIN = 0.9


def fitted(asked: Asked) -> bytes:
    """The tile of these collections, of at most `TILE_MAX_BYTES` once compressed.

    A heavier one is made again with the largest features of each layer only, and the layer `_meta`.
    """
    body = tile_bytes(asked)
    cap = FIRST_CAP
    while (share := _share(body)) < 1 and cap > 1:
        cap = max(1, int(cap * share * MARGIN))
        body = tile_bytes(asked, cap)
    return body


def _share(body: bytes) -> float:
    """How much of the tile would fit; 1 and more when all of it does."""
    if len(body) <= settings.TILE_MAX_BYTES:
        return 1
    return settings.TILE_MAX_BYTES / len(compressed(body, "zstd"))

"""A tile of a layer: from the disk, else from the service, asked once for many readers.

A copy too old is renewed; when the service is away it is still given, and when there is none the
answer is a quick refusal. Leaves HTTP to the views and the request upstream to `upstream`.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from geo.core.crs import MERCATOR_EDGE_M, WEB_MERCATOR, WGS84, tile_bounds_3857, transformer
from geo.core.errors import NotFound, SourceSilent, SourceUnavailable
from layers.breaker import Breaker
from layers.cache import DiskCache, Entry
from layers.locks import Busy, locked, read_note, write_note
from layers.models import Layer
from layers.upstream import is_picture, tile_fetch

logger = logging.getLogger(__name__)

FRESH_S = 7 * 86_400
EMPTY_FRESH_S = 86_400
# What stands on disk for « the layer has nothing here »: an empty file may also be a lost write.
EMPTY = b"empty"
# A tile that just failed is not asked again by those who were waiting for it.
FAILED_S = 5.0
# A layer that the capabilities no longer name comes back with a synchronisation, not by itself.
RETIRED_RETRY_S = 3600.0
LOCK_WAIT_S = 6.0
# Of the threads of one process, how many may wait for the service at once, and how long the
# others wait for a place: the pages must stay quick when the service is slow.
PLACES = 3
PLACE_WAIT_S = 1.0
LAST_ROW_DEGREES = 85.0

_places = threading.BoundedSemaphore(PLACES)


class LayerAway(SourceUnavailable):
    """The layer cannot be given now; `retry_after_s` says when to ask again."""

    def __init__(self, layer: Layer, retry_after_s: float) -> None:
        super().__init__(f"Le fond « {layer.title} » est indisponible pour le moment.")
        self.retry_after_s = max(1, math.ceil(retry_after_s))


class TileFailed(LayerAway):
    """The service was asked for this tile just now, and failed."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile's picture (`body`, None where the layer has nothing) and where it came from.

    `origin` is hit, miss or stale; `ttl_s` the seconds during which it is good, negative once past.
    """

    body: bytes | None
    media_type: str
    origin: str
    ttl_s: int


def tile_get(layer: Layer, z: int, x: int, y: int) -> Tile:
    """The tile at an XYZ address (EPSG:3857, 256 pixels).

    Raises `NotFound` outside the layer's zooms, pyramid or bounds, `LayerAway` when the service is
    away and no copy is held. Must not be called inside a database transaction.
    """
    check_address(layer, z, x, y)
    cache, key = _cache(), _key(layer, z, x, y)
    held = _held(cache, key, layer)
    if held and _fresh(held):
        return _tile(held, layer, "hit")
    try:
        if not layer.available:
            raise LayerAway(layer, RETIRED_RETRY_S)
        return _renewed(cache, key, layer, (z, x, y), held)
    except SourceUnavailable:
        if held:
            return _tile(held, layer, "stale")
        raise


def check_address(layer: Layer, z: int, x: int, y: int) -> None:
    """Raise `NotFound` outside the layer's zooms, the pyramid, or the layer's bounds."""
    if not (layer.minzoom <= z <= layer.maxzoom and 0 <= x < 2**z and 0 <= y < 2**z):
        raise NotFound("Tuile hors limites.")
    west, south, east, north = tile_bounds_3857(z, x, y)
    left, bottom, right, top = _bounds_3857(layer.bounds)
    if west > right or east < left or south > top or north < bottom:
        raise NotFound("Tuile hors de l'emprise de la couche.")


def breaker_of(layer: Layer) -> Breaker:
    """The pause shared by all processes for this layer."""
    return Breaker(_folder() / "state" / f"{layer.slug}.json")


def _renewed(
    cache: DiskCache, key: str, layer: Layer, address: tuple[int, int, int], held: Entry | None
) -> Tile:
    """Ask the service, once for all who want this tile now."""
    if pause := breaker_of(layer).pause_s():
        raise LayerAway(layer, pause)
    try:
        # A reader who has an old copy does not wait behind the one who renews it.
        with _turn(key, layer, wait_s=0.0 if held else LOCK_WAIT_S) as turn:
            again = _held(cache, key, layer)
            if again and _fresh(again):
                return _tile(again, layer, "hit")
            if turn is not None and _just_failed(turn, key):
                raise LayerAway(layer, FAILED_S)
            try:
                body = _asked(layer, address)
            except TileFailed:
                with contextlib.suppress(OSError):
                    if turn is not None:
                        write_note(turn, f"{key} {time.time()}")
                raise
            entry = Entry(EMPTY if body is None else body, time.time())
            cache.put(key, entry.body)
            return _tile(entry, layer, "miss")
    except Busy:
        raise LayerAway(layer, 1) from None


@contextmanager
def _turn(key: str, layer: Layer, *, wait_s: float) -> Iterator[int | None]:
    """The right to ask for this tile; without a disk to lock on, everyone has it (None)."""
    path = _folder() / "locks" / key[:3]
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError:
        logger.warning("layer %s: no disk cache", layer.slug)
        yield None
        return
    with locked(path, wait_s=wait_s) as descriptor:
        yield descriptor


def _asked(layer: Layer, address: tuple[int, int, int]) -> bytes | None:
    breaker = breaker_of(layer)
    if not _places.acquire(timeout=PLACE_WAIT_S):
        raise LayerAway(layer, 1)
    try:
        if pause := breaker.admit():
            raise LayerAway(layer, pause)
        started = time.time()
        try:
            body = tile_fetch(layer, *address)
        except SourceUnavailable as fault:
            breaker.failed(started, silent=isinstance(fault, SourceSilent))
            raise TileFailed(layer, breaker.pause_s()) from None
        breaker.succeeded()
        return body
    finally:
        _places.release()


def _held(cache: DiskCache, key: str, layer: Layer) -> Entry | None:
    entry = cache.get(key)
    if entry is None or entry.body == EMPTY or is_picture(entry.body, layer.media_type):
        return entry
    # A write that a power cut lost: the name is there, the bytes are not.
    cache.drop(key)
    return None


def _fresh(entry: Entry) -> bool:
    return _ttl_s(entry) > 0


def _ttl_s(entry: Entry) -> float:
    limit = EMPTY_FRESH_S if entry.body == EMPTY else FRESH_S
    # A date in the future (the clock was put back) is no promise of freshness.
    return limit - abs(time.time() - entry.stored_at)


def _just_failed(descriptor: int, key: str) -> bool:
    failed_key, _, moment = read_note(descriptor).partition(" ")
    try:
        return failed_key == key and 0 <= time.time() - float(moment) < FAILED_S
    except ValueError:
        return False


def _tile(entry: Entry, layer: Layer, origin: str) -> Tile:
    body = None if entry.body == EMPTY else entry.body
    return Tile(body, layer.media_type, origin, round(_ttl_s(entry)))


def _key(layer: Layer, z: int, x: int, y: int) -> str:
    # The edition is part of the key: after a synchronisation a new edition is asked anew.
    parts = (
        layer.upstream_id,
        layer.style,
        layer.media_type,
        layer.edition,
        z,
        x,
        y,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


@lru_cache(maxsize=64)
def _bounds_3857(bounds: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    west, south, east, north = bounds
    to_metres = transformer(WGS84, WEB_MERCATOR).transform
    # The pyramid ends at 85.05°: a layer that goes as far covers its first and last rows.
    left, bottom = to_metres(west, max(south, -LAST_ROW_DEGREES))
    right, top = to_metres(east, min(north, LAST_ROW_DEGREES))
    return (
        left,
        bottom if south > -LAST_ROW_DEGREES else -MERCATOR_EDGE_M,
        right,
        top if north < LAST_ROW_DEGREES else MERCATOR_EDGE_M,
    )


def _folder() -> Path:
    return Path(settings.CACHE_DIR) / "layers"


def _cache() -> DiskCache:
    return DiskCache(_folder(), settings.LAYER_CACHE_BYTES)

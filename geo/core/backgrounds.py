"""The registry of backgrounds that can be drawn under our data, for prints and QGIS projects.

Filled from above by whoever serves such backgrounds. Leaves the tiles themselves to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings

from geo.core.errors import NotFound

ReadTile = Callable[[int, int, int], bytes | None]


@dataclass(frozen=True, slots=True)
class Background:
    """One background: XYZ tiles of 256 pixels in EPSG:3857, at a path of our own address.

    `tiles` is a path with `{z}`, `{x}` and `{y}`; `bounds` is west, south, east, north in degrees
    (EPSG:4326); `overlay` tells a transparent layer from a full one. `read(z, x, y)` gives the
    bytes of a tile, None where the layer has nothing, and raises `SourceUnavailable` when the
    service is away and no copy is held; it must be called outside a database transaction.
    """

    name: str
    title: str
    attribution: str
    tiles: str
    media_type: str
    minzoom: int
    maxzoom: int
    bounds: tuple[float, float, float, float]
    overlay: bool
    read: ReadTile

    @property
    def address(self) -> str:
        """The absolute template of the tiles, for programs outside the browser."""
        return f"{settings.BASE_URL}{self.tiles}"


Provider = Callable[[], Iterable[Background]]
_PROVIDERS: list[Provider] = []


def register(provider: Provider) -> Provider:
    """Declare where backgrounds come from; it is asked at each use, so that editions follow."""
    if provider not in _PROVIDERS:
        _PROVIDERS.append(provider)
    return provider


def available() -> tuple[Background, ...]:
    """Every background, in the order of the providers; empty when nothing is registered."""
    return tuple(background for provider in _PROVIDERS for background in provider())


def get(name: str) -> Background:
    """The background of that name. Raises `NotFound`."""
    for background in available():
        if background.name == name:
            return background
    raise NotFound("Fond de carte inconnu.")

"""Reading the catalogue: the offered layers, from the table or from what we know without it.

Leaves tiles to `tiles` and the writing of the table to `services`.
"""

from __future__ import annotations

import time

from geo.core.errors import NotFound
from layers.curated import BY_SLUG, CURATED, Curated
from layers.models import Layer

# A tile must not cost a query; a synchronisation is seen by every process within this time.
MEMO_S = 30.0

_memo: tuple[float, dict[str, Layer]] | None = None


def layers_offered() -> tuple[Layer, ...]:
    """The offered layers in their order; those never synchronised come from the defaults."""
    return tuple(_offered().values())


def layer_get(slug: str) -> Layer:
    """The offered layer of that name. Raises `NotFound` for any other."""
    if slug not in BY_SLUG:
        raise NotFound("Couche inconnue.")
    return _offered()[slug]


def layer_attribution(layer: Layer) -> str:
    """The mention to show, with the edition where the layer's mention has a place for it."""
    edition = f", édition {layer.edition}" if layer.edition else ""
    return layer.attribution.replace("{edition}", edition)


def layer_default(curated: Curated, position: int) -> Layer:
    """An unsaved `Layer` with what we know of an offered layer before any synchronisation."""
    west, south, east, north = curated.bounds
    return Layer(
        slug=curated.slug,
        position=position,
        upstream_id=curated.names[0],
        title=curated.title,
        theme=curated.theme,
        overlay=curated.overlay,
        attribution=curated.attribution,
        style=curated.style,
        media_type=curated.media_type,
        matrix_set=curated.matrix_set,
        minzoom=curated.minzoom,
        maxzoom=curated.maxzoom,
        west=west,
        south=south,
        east=east,
        north=north,
    )


def forget() -> None:
    """Drop the memory of this process; the next reading asks the table."""
    global _memo  # noqa: PLW0603
    _memo = None


def _offered() -> dict[str, Layer]:
    global _memo  # noqa: PLW0603
    now = time.monotonic()
    if _memo is None or now - _memo[0] > MEMO_S:
        stored = {layer.slug: layer for layer in Layer.objects.curated()}
        _memo = (
            now,
            {
                curated.slug: stored.get(curated.slug) or layer_default(curated, position)
                for position, curated in enumerate(CURATED)
            },
        )
    return _memo[1]

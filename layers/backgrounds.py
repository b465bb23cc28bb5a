"""The offered layers as backgrounds of prints and QGIS projects.

Leaves drawing to those who print, and the registry to `geo.core.backgrounds`.
"""

from __future__ import annotations

from geo.core.backgrounds import Background
from layers.models import Layer
from layers.selectors import layer_attribution, layers_offered
from layers.tiles import tile_get


def backgrounds() -> tuple[Background, ...]:
    """One background for each offered layer that the service still names."""
    return tuple(_background(layer) for layer in layers_offered() if layer.available)


def _background(layer: Layer) -> Background:
    def read(z: int, x: int, y: int) -> bytes | None:
        return tile_get(layer, z, x, y).body

    return Background(
        name=layer.slug or "",
        title=layer.title,
        attribution=layer_attribution(layer),
        tiles=f"/layers/{layer.slug}/{{z}}/{{x}}/{{y}}",
        media_type=layer.media_type,
        minzoom=layer.minzoom,
        maxzoom=layer.maxzoom,
        bounds=layer.bounds,
        overlay=layer.overlay,
        read=read,
    )

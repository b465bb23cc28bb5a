"""The shapes of the registry's symbols on paper, the same outlines as on screen.

Leaves sizes and places to `atlas.placement`.
"""

from __future__ import annotations

from atlas.drawing import svg
from geo.core.collections import Symbol
from geo.core.shapes import BOX, SHAPES

# The radius of the disc on its box: the other shapes cover about its area.
DISC = 8


def symbol(kind: Symbol, x: float, y: float, radius: float, *, hollow: bool = False) -> str:
    """A symbol of that radius, in millimetres, centred on a point.

    `hollow` draws the outline alone: the size then says nothing.
    """
    scale = radius / DISC
    edge = max(0.14, radius * 0.14)
    ink = {"fill": kind.fill, "stroke": kind.stroke, "stroke_width": edge / scale}
    if hollow:
        ink = {"fill": "#ffffff", "stroke": kind.fill, "stroke_width": max(0.3, edge * 1.6) / scale}
    left, top = x - BOX / 2 * scale, y - BOX / 2 * scale
    move = f"translate({svg.num(left)} {svg.num(top)}) scale({scale:.4f})"
    return svg.path(SHAPES[kind.shape], transform=move, stroke_linejoin="round", **ink)

"""The shapes of the registry's symbols, told apart without colour.

Leaves sizes and places to `atlas.placement`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from atlas.drawing import svg
from geo.core.collections import Symbol

# Each shape covers about the area of the disc of the same radius.
SQUARE, DIAMOND, TRIANGLE, CROSS = 0.87, 1.22, 1.2, 0.88


def symbol(kind: Symbol, x: float, y: float, radius: float, *, hollow: bool = False) -> str:
    """A symbol of that radius, in millimetres, centred on a point.

    `hollow` draws the outline alone: the size then says nothing.
    """
    edge = max(0.14, radius * 0.14)
    if kind.shape == "cross":
        return _cross(kind, x, y, radius)
    if hollow:
        style = svg.attrs(fill="#ffffff", stroke=kind.fill, stroke_width=max(0.3, edge * 1.6))
    else:
        style = svg.attrs(fill=kind.fill, stroke=kind.stroke, stroke_width=edge)
    draw = SHAPES.get(kind.shape, _circle)
    return f"<{draw(x, y, radius)}{style}/>"


def _circle(x: float, y: float, radius: float) -> str:
    return f"circle{svg.attrs(cx=x, cy=y, r=radius)}"


def _square(x: float, y: float, radius: float) -> str:
    half = radius * SQUARE
    return f"rect{svg.attrs(x=x - half, y=y - half, width=2 * half, height=2 * half)}"


def _polygon(*points: tuple[float, float]) -> str:
    data = "L".join(f"{svg.num(x)} {svg.num(y)}" for x, y in points)
    return f'path d="M{data}Z" stroke-linejoin="round"'


def _diamond(x: float, y: float, radius: float) -> str:
    half = radius * DIAMOND
    return _polygon((x, y - half), (x + half, y), (x, y + half), (x - half, y))


def _triangle(x: float, y: float, radius: float) -> str:
    side = radius * TRIANGLE
    return _polygon((x, y - side), (x + side, y + side * 0.75), (x - side, y + side * 0.75))


def _triangle_down(x: float, y: float, radius: float) -> str:
    side = radius * TRIANGLE
    return _polygon((x, y + side), (x + side, y - side * 0.75), (x - side, y - side * 0.75))


def _cross(kind: Symbol, x: float, y: float, radius: float) -> str:
    arm = radius * CROSS
    data = (
        f"M{svg.num(x - arm)} {svg.num(y - arm)}L{svg.num(x + arm)} {svg.num(y + arm)}"
        f"M{svg.num(x - arm)} {svg.num(y + arm)}L{svg.num(x + arm)} {svg.num(y - arm)}"
    )
    common: dict[str, Any] = {"fill": "none", "stroke_linecap": "round"}
    return svg.path(data, stroke=kind.stroke, stroke_width=radius * 0.9, **common) + svg.path(
        data, stroke=kind.fill, stroke_width=radius * 0.5, **common
    )


SHAPES: dict[str, Callable[[float, float, float], str]] = {
    "circle": _circle,
    "square": _square,
    "diamond": _diamond,
    "triangle": _triangle,
    "triangle-down": _triangle_down,
}

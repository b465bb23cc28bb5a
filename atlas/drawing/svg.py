"""The few SVG marks that a sheet is made of, in millimetres with two decimals.

Kept to what both WeasyPrint and browsers draw as vectors (UI reference, §7.2): no mask, filter,
textPath or paint-order; a halo is the same text drawn twice. Leaves meaning to the callers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import shapely

from atlas.fonts import STACK

INK = "#1e1e1e"
PALE_INK = "#5b5b5b"


def num(value: float) -> str:
    """A length with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def attrs(**values: Any) -> str:
    """Attributes; `_` stands for `-`, a trailing `_` is dropped, None is left out."""
    parts = []
    for name, value in values.items():
        if value is not None:
            text = num(value) if isinstance(value, float | int) else str(value)
            parts.append(f" {name.rstrip('_').replace('_', '-')}={quoteattr(text)}")
    return "".join(parts)


def group(children: Iterable[str], **values: Any) -> str:
    """A group of elements."""
    return f"<g{attrs(**values)}>{''.join(children)}</g>"


def path(d: str, **values: Any) -> str:
    """A path; nothing for an empty one."""
    return f'<path d="{d}"{attrs(**values)}/>' if d else ""


def shape_data(geometry: Any) -> str:
    """The path data of any shapely geometry of lines and areas."""
    parts = []
    for part in shapely.get_parts(shapely.get_parts(geometry)):
        rings = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
        closing = "Z" if part.geom_type == "Polygon" else ""
        for ring in rings:
            points = shapely.get_coordinates(ring).round(2).tolist()
            if len(points) > 1:
                parts.append("M" + "L".join(f"{x:g} {y:g}" for x, y in points) + closing)
    return "".join(parts)


def line(x1: float, y1: float, x2: float, y2: float, **values: Any) -> str:
    """A straight line."""
    return f"<line{attrs(x1=x1, y1=y1, x2=x2, y2=y2, **values)}/>"


def rect(x: float, y: float, width: float, height: float, **values: Any) -> str:
    """A box."""
    return f"<rect{attrs(x=x, y=y, width=width, height=height, **values)}/>"


def circle(x: float, y: float, radius: float, **values: Any) -> str:
    """A disc."""
    return f"<circle{attrs(cx=x, cy=y, r=radius, **values)}/>"


def text(
    x: float,
    y: float,
    content: str,
    size: float,
    *,
    fill: str = INK,
    weight: int = 400,
    anchor: str = "start",
    halo: float = 0,
    italic: bool = False,
    **values: Any,
) -> str:
    """A line of text whose baseline is at `y`; `halo` is the width of a white edge around it."""
    common = attrs(
        x=x,
        y=y,
        font_size=size,
        font_weight=weight,
        font_family=STACK,
        font_style="italic" if italic else None,
        text_anchor=anchor if anchor != "start" else None,
        **values,
    )
    body = f">{escape(content)}</text>"
    under = ""
    if halo:
        edge = attrs(fill="#ffffff", stroke="#ffffff", stroke_width=halo, stroke_linejoin="round")
        under = f"<text{common}{edge}{body}"
    return f"{under}<text{common}{attrs(fill=fill)}{body}"


def clip(name: str, x: float, y: float, width: float, height: float) -> str:
    """A rectangular clipping path to put in the definitions."""
    return f'<clipPath id="{name}">{rect(x, y, width, height)}</clipPath>'


def document(
    width: float, height: float, children: Iterable[str], title: str, description: str = ""
) -> str:
    """A whole SVG whose unit is the millimetre."""
    told = f"<desc>{escape(description)}</desc>" if description else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{num(width)}mm" height="{num(height)}mm" '
        f'viewBox="0 0 {num(width)} {num(height)}" role="img" xml:lang="fr">'
        f"<title>{escape(title)}</title>{told}{''.join(children)}</svg>"
    )

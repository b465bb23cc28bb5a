"""The symbols of the map in QGIS's words: same shapes, same colours, same legend.

Leaves which symbols a collection has to its declaration.
"""

from __future__ import annotations

import base64
from html import escape
from xml.etree.ElementTree import Element

from feeds.qgis.xml import add, options
from geo.core.collections import Collection, Symbol
from geo.core.shapes import BOX, SHAPES

MARKER_MM = "5"
LINE_MM = "0.6"
OUTLINE_MM = "0.2"
KINDS = {"Point": "marker", "LineString": "line", "MultiPolygon": "fill"}


def add_renderer(parent: Element, collection: Collection) -> None:
    """One symbol, or one for each value of the collection's `style_property`."""
    by_value = [symbol for symbol in collection.symbols if symbol.value is not None]
    if collection.style_property and by_value:
        renderer = add(
            parent,
            "renderer-v2",
            type="categorizedSymbol",
            attr=collection.style_property,
            symbollevels="0",
        )
        categories = add(renderer, "categories")
        for number, symbol in enumerate(by_value):
            add(
                categories,
                "category",
                symbol=str(number),
                value=str(symbol.value),
                label=symbol.label,
                render="true",
            )
        drawn = by_value
    else:
        renderer = add(parent, "renderer-v2", type="singleSymbol", symbollevels="0")
        drawn = list(collection.symbols[:1])
    holder = add(renderer, "symbols")
    for number, symbol in enumerate(drawn):
        add_symbol(holder, str(number), symbol, KINDS[collection.geometry_type])


def add_symbol(parent: Element, name: str, symbol: Symbol, kind: str) -> None:
    """A symbol of one layer: `kind` is marker, line or fill."""
    holder = add(
        parent, "symbol", name=name, type=kind, alpha="1", clip_to_extent="1", force_rhr="0"
    )
    made = {"marker": _marker, "line": _line, "fill": _fill}[kind]
    classes = {"marker": "SvgMarker", "line": "SimpleLine", "fill": "SimpleFill"}
    layer = add(holder, "layer", class_=classes[kind], enabled="1", locked="0")
    values = made(symbol)
    options(layer, values)
    for key, value in values.items():
        add(layer, "prop", k=key, v=value)


def _marker(symbol: Symbol) -> dict[str, str]:
    path = escape(SHAPES[symbol.shape], quote=True)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {BOX} {BOX}">'
        f'<path d="{path}" fill="{symbol.fill}" stroke="{symbol.stroke}" stroke-width="1.5"/></svg>'
    )
    return {
        "name": "base64:" + base64.b64encode(svg.encode()).decode(),
        "size": MARKER_MM,
        "size_unit": "MM",
        "color": colour(symbol.fill),
        "outline_color": colour(symbol.stroke),
    }


def _line(symbol: Symbol) -> dict[str, str]:
    return {
        "line_color": colour(symbol.stroke),
        "line_width": LINE_MM,
        "line_width_unit": "MM",
        "line_style": "solid",
    }


def _fill(symbol: Symbol) -> dict[str, str]:
    return {
        "color": colour(symbol.fill),
        "style": "solid",
        "outline_color": colour(symbol.stroke),
        "outline_style": "solid",
        "outline_width": OUTLINE_MM,
        "outline_width_unit": "MM",
    }


def colour(text: str) -> str:
    """`#rrggbb` or `#rrggbbaa` as `red,green,blue,alpha`."""
    digits = text.removeprefix("#").ljust(8, "f")
    return ",".join(str(int(digits[at : at + 2], 16)) for at in (0, 2, 4, 6))

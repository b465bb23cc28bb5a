"""Folium maps that need no network: Leaflet is in the page, our own contours are the background.

What is drawn is told by shape and by colour. Leaves the tables to `client`.
"""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import folium
import geopandas
from branca.element import Element
from folium.template import Template

ASSETS = Path(__file__).parent / "assets"
LEAFLET = "leaflet-1.9.4"

# Shape in a box of 16 pixels, and colour, by what is drawn.
SYMBOLS = {
    "open": ('<circle cx="8" cy="8" r="6"/>', "#c9191e"),
    "resorption": ('<path d="M8 1 15 8 8 15 1 8Z"/>', "#8d533e"),
    "closed": (
        '<path d="M3 1 8 6 13 1 15 3 10 8 15 13 13 15 8 10 3 15 1 13 6 8 1 3Z"/>',
        "#666666",
    ),
    "evacuations": ('<path d="M1 2h14L8 15Z"/>', "#3a3a3a"),
    "resorptions": ('<path d="M2 2h12v12H2Z"/>', "#18753c"),
    "facilities": ('<path d="M8 1 15 14H1Z"/>', "#0063cb"),
}


class Inline(Element):
    """Text put in the page's header as it is: never read as a template."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class OfflineMap(folium.Map):
    """A map without tiles and without any outside address."""

    default_js: list[tuple[str, str]] = []
    default_css: list[tuple[str, str]] = []

    def __init__(self, background: geopandas.GeoDataFrame, **options: Any) -> None:
        """`background`: territories, any projection; the map opens on their extent."""
        super().__init__(tiles=None, control_scale=True, **options)
        figure: Any = self.get_root()
        header = figure.header
        header.add_child(Inline(f"<style>{_style()}</style>"), name="leaflet_css")
        header.add_child(Inline(f"<script>{_script()}</script>"), name="leaflet")
        ground = background.to_crs(4326)
        folium.GeoJson(
            ground[["geometry"]].to_json(),
            name=escape(str(background.attrs.get("title", "Territoires"))),
            style_function=lambda _: {"color": "#3a3a3a", "weight": 1, "fillColor": "#f6f6f6"},
        ).add_to(self)
        west, south, east, north = ground.total_bounds
        self.fit_bounds([[south, west], [north, east]])
        self.symbols: dict[str, str] = {}

    def points(
        self, frame: geopandas.GeoDataFrame, symbol: str, label: str, text: str = "reference"
    ) -> None:
        """Draw points as one of `SYMBOLS`; `text` is the column read on hover."""
        shape, colour = SYMBOLS[symbol]
        drawing = _svg(shape, colour)
        group = folium.FeatureGroup(name=f"{escape(label)} ({len(frame)})")
        for point, words in zip(frame.to_crs(4326).geometry, frame[text].astype(str), strict=True):
            icon = folium.DivIcon(html=drawing, icon_size=(16, 16), icon_anchor=(8, 8))
            said = f"{label} : {words}".replace("<", "‹").replace(">", "›")
            folium.Marker([point.y, point.x], icon=icon, title=said, alt=said).add_to(group)
        group.add_to(self)
        self.symbols[label] = drawing

    def areas(self, frame: geopandas.GeoDataFrame, label: str, colour: str) -> None:
        """Draw polygons or lines in one colour."""
        folium.GeoJson(
            frame[["geometry"]].to_crs(4326).to_json(),
            name=f"{escape(label)} ({len(frame)})",
            style_function=lambda _: {"color": colour, "weight": 2, "fillOpacity": 0.2},
        ).add_to(self)
        self.symbols[label] = _svg('<path d="M2 2h12v12H2Z" fill-opacity=".2"/>', colour)

    def finish(self, sources: str) -> OfflineMap:
        """Add the layer switcher, the legend and the sources; returns the map for display."""
        folium.LayerControl(collapsed=False).add_to(self)
        rows = "".join(f"<li>{svg} {escape(name)}</li>" for name, svg in self.symbols.items())
        legend = (
            '<section aria-label="Légende" style="position:fixed;bottom:24px;left:12px;z-index:999;'
            'background:#fff;padding:8px 12px;border:1px solid #666;font:14px sans-serif">'
            f'<ul style="list-style:none;margin:0;padding:0">{rows}</ul>'
            f"<small>{escape(sources)}</small></section>"
        )
        figure: Any = self.get_root()
        figure.html.add_child(Inline(legend), name="legend")
        return self


def _svg(shape: str, colour: str) -> str:
    return (
        '<svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true" '
        f'fill="{colour}" stroke="#ffffff">{shape}</svg>'
    )


@cache
def _script() -> str:
    return (ASSETS / f"{LEAFLET}.js").read_text(encoding="utf-8")


@cache
def _style() -> str:
    """Leaflet's sheet without its pictures, of which these maps use none."""
    text = (ASSETS / f"{LEAFLET}.css").read_text(encoding="utf-8")
    for name in ("layers.png", "layers-2x.png", "marker-icon.png"):
        text = text.replace(f"url(images/{name})", "none")
    return text

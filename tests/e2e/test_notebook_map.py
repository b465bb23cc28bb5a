"""The notebooks' maps in a browser that has no network."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas
from playwright.sync_api import Browser
from shapely.geometry import Point, box

from atlas_client.maps import SYMBOLS, OfflineMap


def chart() -> OfflineMap:
    ground = geopandas.GeoDataFrame(geometry=[box(2.3, 48.9, 2.5, 49.0)], crs=4326)
    drawn = OfflineMap(ground, width=600, height=400)
    names = [
        'Site « </script><img src=x onerror="document.title=1"> `${document.title=1}`',
        "Autre",
    ]
    points = geopandas.GeoDataFrame(
        {"reference": names}, geometry=[Point(2.35, 48.93), Point(2.45, 48.97)], crs=4326
    )
    for symbol in SYMBOLS:
        drawn.points(points, symbol, f"Essai {symbol}")
    drawn.areas(ground, "Emprise", "#c9191e")
    return drawn.finish("Sources : inventées")


def test_a_map_names_no_outside_address() -> None:
    html = chart().get_root().render()
    assert not re.findall(
        r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", html.replace("a href=", "")
    )
    assert not re.findall(r"url\((?!#)[^)]*\)", html)


def test_a_map_shows_itself_without_network(browser: Browser, tmp_path: Path) -> None:
    page_file = tmp_path / "carte.html"
    chart().save(str(page_file))
    page = browser.new_page()
    asked, wrong = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(page_file.as_uri())
    page.wait_for_selector(".leaflet-marker-icon svg")
    assert page.locator(".leaflet-marker-icon").count() == 2 * len(SYMBOLS)
    assert page.locator("path.leaflet-interactive").count() == 2
    assert "Essai resorptions" in page.get_by_label("Légende").inner_text()
    assert page.title() != "1"
    page.close()
    assert wrong == []
    assert [url for url in asked if not url.startswith("file:")] == []

"""The pages in a real browser, in both themes: accessible, in their width, alone on the network."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from geo.core.scope import Scope
from geo.sites.models import Site
from geo.sites.services import site_update
from tests.support.factories import close_site, make_site

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
Visit = Callable[..., Page]
# The map's canvas has no text that a tool could measure; its words stand on opaque grounds.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def full_site() -> Site:
    """A site that shows every part of the sheet."""
    site: Site = make_site(
        name="Le Pré inventé",
        observed_on=dt.date(2024, 4, 1),
        population={"people": 40, "households": 12, "minors": 9, "origins": ["eu"]},
        living={"water_access_type": "fontaine_publique", "pests_presence": True},
    )
    make_site(2.352, 48.93, name="À côté (inventé)")
    site_update(
        by=None,
        scope=Scope.nation(),
        site_id=site.pk,
        observed_on=dt.date(2025, 4, 1),
        population={"people": 33},
    )
    close_site(site, on=dt.date(2025, 5, 1), solutions=[{"type": "none", "people": 33}])
    return site


def faults(page: Page) -> list[str]:
    """What axe-core finds wrong on a page, in short."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    return [
        f"{each['id']}: {node['target']} {json.dumps(node.get('any', [])[:1])[:200]}"
        for each in found["violations"]
        for node in each["nodes"][:3]
    ]


def test_the_pages_are_accessible_in_both_themes(
    visit: Visit, fake: Any, theme: str, admin_93: Any
) -> None:
    site = full_site()
    wrong: dict[str, list[str]] = {}
    public = visit("/")
    for path in ("/", "/aide/", "/connexion/"):
        public.goto(path)
        wrong[path] = faults(public)
    page = visit("/compte/", user=admin_93)
    paths = (
        "/compte/",
        "/compte/jetons/",
        "/impressions/",
        "/exports/?collection=communes",
        f"/sites/{site.pk}/",
        f"/sites/{site.pk}/modifier/",
        f"/sites/{site.pk}/fermer/",
    )
    for path in paths:
        page.goto(path)
        wrong[path] = faults(page)
    assert {path: found for path, found in wrong.items() if found} == {}


def test_the_dark_pages_keep_their_contrast(
    visit: Visit, fake: Any, theme: str, admin_93: Any
) -> None:
    site = full_site()
    sheet = visit(f"/sites/{site.pk}/", user=admin_93, color_scheme="dark")
    assert sheet.evaluate("document.documentElement.dataset.theme") == "dark"
    assert faults(sheet) == []
    # The reader's own choice wins, and the server remembers it.
    sheet.get_by_role("button", name="Clair").click()
    assert sheet.evaluate("document.documentElement.dataset.theme") == "light"


def test_nothing_is_wider_than_a_narrow_screen(
    visit: Visit, fake: Any, theme: str, admin_93: Any
) -> None:
    site = full_site()
    page = visit("/", user=admin_93, viewport={"width": 320, "height": 640})
    wide = []
    for path in (
        "/aide/",
        "/compte/",
        "/compte/jetons/",
        "/impressions/",
        "/exports/?collection=communes",
        f"/sites/{site.pk}/",
        f"/sites/{site.pk}/modifier/",
        f"/sites/{site.pk}/fermer/",
    ):
        page.goto(path)
        width = page.evaluate("document.documentElement.scrollWidth")
        wide += [(path, width)] if width > 320 else []
    assert wide == []


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(
    visit: Visit, theme: str, admin_93: Any
) -> None:
    page = visit("/aide/", user=admin_93, viewport={"width": 390, "height": 800})
    toggle = page.get_by_role("button", name="Menu")
    link = page.get_by_role("navigation", name="Menu principal").get_by_role("link", name="Sites")
    assert not link.is_visible()
    toggle.focus()
    page.keyboard.press("Enter")
    assert link.is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert not link.is_visible()
    expect(toggle).to_be_focused()

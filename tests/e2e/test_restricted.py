"""The restricted blocks in a real browser: accessible, in their width, written without script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from geo.sites.models import SiteOwner
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.test_shell import faults
from tests.support.factories import make_site
from tests.support.restricted import fill

Visit = Callable[..., Page]
PAGES = ("", "proprietaires/", "judiciaire/", "sante/", "couts/")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_pages_are_accessible_and_in_their_width(
    visit: Visit, fake: Any, theme: str, admin_93: Any, viewport: dict[str, int]
) -> None:
    site = make_site()
    fill(site)
    page = visit(f"/sites/{site.pk}/", user=admin_93, viewport=viewport)
    for path in PAGES:
        page.goto(f"/sites/{site.pk}/{path}")
        assert faults(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path


def test_an_owner_is_written_without_script_and_errors_are_told(
    visit: Visit, fake: Any, watch: Any, admin_93: Any
) -> None:
    site = make_site()
    fill(site)
    watch.expected.append("422")
    page = visit(f"/sites/{site.pk}/proprietaires/", user=admin_93, java_script_enabled=False)
    added = page.get_by_role("group", name="Propriétaire à ajouter")
    added.get_by_label("Nom du propriétaire").fill("Nom inventé")
    added.get_by_label("Parcelle").fill("12")
    page.get_by_role("button", name="Enregistrer").last.click()
    expect(page.get_by_text("n'est pas un identifiant de parcelle").first).to_be_visible()
    added.get_by_label("Parcelle").fill("93066000AB0012")
    page.get_by_role("button", name="Enregistrer").last.click()
    expect(page.get_by_role("row", name="Nom inventé")).to_be_visible()
    assert SiteOwner.objects.filter(parcel="93066000AB0012", name="Nom inventé").exists()

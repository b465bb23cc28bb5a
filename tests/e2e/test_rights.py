"""Rights in a real browser: given by two people, read at once, taken back at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from geo.accounts.enums import Level, OptionKind, Role
from geo.accounts.models import Grant, User
from tests.e2e.conftest import DESKTOP, PHONE
from tests.e2e.test_shell import faults
from tests.geo.accounts.grants import make_grant
from tests.support.factories import make_site, make_user
from tests.support.restricted import fill

Visit = Callable[..., Page]
GRANTS = "/compte/administration/droits/"


@pytest.fixture
def partner(territories: Any) -> User:
    return make_user(Role.PARTNER, Level.DEPARTEMENT, "93", "partenaire@example.test")


def rights_page(user: User) -> str:
    return f"/compte/administration/personnes/{user.pk}/droits/"


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_pages_are_accessible_and_in_their_width(
    visit: Visit, fake: Any, theme: str, partner: User, viewport: dict[str, int]
) -> None:
    national = make_user(Role.NATIONAL_ADMIN, email="nation@example.test")
    site = make_site()
    fill(site)
    waiting = make_grant(user=partner, option=OptionKind.ACCESS_JUDICIAL)
    make_grant(user=partner, option=OptionKind.ACCESS_OWNER)
    page = visit("/compte/permissions/", user=national, viewport=viewport)
    paths = (
        "/compte/permissions/",
        "/compte/jetons/",
        rights_page(partner),
        GRANTS,
        f"{GRANTS}{waiting.pk}/retirer/",
        f"/sites/{site.pk}/lecteurs/judicial/",
        "/compte/voir-en-tant-que/",
    )
    for path in paths:
        page.goto(path)
        assert faults(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
    page.get_by_label("Rôle").select_option(Role.OBSERVER)
    page.get_by_role("combobox", name="Territoire").select_option("departement:93")
    page.get_by_role("button", name="Voir ainsi").click()
    for path in (f"/sites/{site.pk}/", "/compte/voir-en-tant-que/"):
        page.goto(path)
        assert faults(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_judicial_access_is_given_by_two_people_and_taken_back(
    visit: Visit, fake: Any, admin_93: User, partner: User, viewport: dict[str, int]
) -> None:
    national = make_user(Role.NATIONAL_ADMIN, email="nation@example.test")
    site = make_site()
    fill(site)
    sheet = f"/sites/{site.pk}/"

    reading = visit(sheet, user=partner, viewport=viewport)
    judicial = reading.get_by_role("heading", name="Procédures", exact=True)
    expect(judicial).to_have_count(0)

    # From the list of the accounts of one's territory, as an officer would.
    local = visit("/compte/administration/", user=admin_93, viewport=viewport)
    local.get_by_role("link", name=partner.full_name).first.click()
    local.get_by_role("link", name="Ses droits en détail").click()
    given = local.get_by_role("region", name="Ajouter une option à son rôle")
    given.get_by_label("Option").select_option(OptionKind.ACCESS_JUDICIAL)
    given.get_by_role("combobox", name="Territoire").select_option("departement:93")
    given.get_by_label("Motif").fill("Suivi des procédures, inventé")
    end = timezone.localdate() + dt.timedelta(days=60)
    given.get_by_label("Dernier jour").fill(end.isoformat())
    given.get_by_role("button", name="Ajouter l’option").click()
    expect(local.get_by_text("Attend l’accord de l’administration nationale")).to_be_visible()
    reading.reload()
    expect(judicial).to_have_count(0)

    nation = visit(GRANTS, user=national, viewport=viewport)
    expect(nation.get_by_text("Suivi des procédures, inventé")).to_be_visible()
    nation.get_by_role("button", name="Approuver").click()
    expect(nation.get_by_text("L’accès est approuvé")).to_be_visible()
    reading.reload()
    expect(judicial.first).to_be_visible()

    local.reload()
    local.get_by_role("link", name="Retirer").first.click()
    local.get_by_label("Motif du retrait").fill("Fin du suivi, inventé")
    local.get_by_role("button", name="Retirer ce droit").click()
    expect(local.get_by_text("Le droit est retiré")).to_be_visible()
    reading.reload()
    expect(judicial).to_have_count(0)
    assert Grant.objects.get().revoked_reason == "Fin du suivi, inventé"

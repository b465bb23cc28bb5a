"""From the public request to the first sign-in, in a real browser, wide and narrow, both themes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from geo.accounts.enums import Level, Role
from geo.accounts.factors import totp_code
from geo.accounts.models import AccessRequest, User
from tests.e2e.conftest import PHONE, Visit, Watch
from tests.e2e.test_shell import faults
from tests.support.factories import make_user
from tests.support.jobs import run_jobs
from tests.support.signing import next_code
from web.accounts.life import forms

STRONG = "cheval agrafe batterie nuage"
ADMIN = "/compte/administration/"


def ask(page: Page) -> None:
    page.get_by_label("Nom et prénom").fill("Camille Inventée")
    page.get_by_label("Adresse électronique").fill("camille@example.test")
    page.get_by_label("Organisme", exact=False).first.fill("Ville inventée")
    page.get_by_label("Type d’organisme").select_option("collectivite")
    page.get_by_label("Rôle demandé").select_option("partner")
    page.get_by_label("Territoire").select_option("departement:93")
    page.get_by_label("Commune ou intercommunalité").fill("Saint-Denis")
    page.get_by_label("Pourquoi avez-vous besoin").fill("Un motif inventé")
    page.get_by_role("button", name="Envoyer la demande").click()


def link_in_the_mail(address: str) -> str:
    run_jobs()
    body = next(sent.body for sent in mail.outbox if sent.to == [address])
    found = re.search(r"/activation/\S+", body)
    assert found is not None
    return found[0]


@pytest.mark.usefixtures("charter_asked")
@pytest.mark.parametrize("size", [None, PHONE], ids=["wide", "phone"])
def test_from_the_request_to_the_first_sign_in(
    visit: Visit,
    watch: Watch,
    admin_93: User,
    monkeypatch: pytest.MonkeyPatch,
    size: Any,
) -> None:
    monkeypatch.setattr(forms, "QUICKEST_S", -1)
    options = {} if size is None else {"viewport": size}
    public = visit("/connexion/", **options)
    public.get_by_role("link", name="Demander un accès").click()
    look(public)
    ask(public)
    expect(public.get_by_role("heading", name="Votre demande est envoyée")).to_be_visible()
    # The officer, whose charter comes first.
    officer = visit(ADMIN, user=admin_93, **options)
    expect(officer.get_by_role("heading", name="Charte d’engagement")).to_be_visible()
    officer.get_by_text("J’ai lu cette charte").click()
    officer.get_by_role("button", name="Accepter et continuer").click()
    officer.get_by_role("link", name="Traiter la demande de Camille Inventée").click()
    expect(officer.get_by_label("Communes ou intercommunalités")).to_have_value("93066")
    look(officer)
    officer.get_by_role("button", name="Accepter la demande").click()
    expect(officer.get_by_text("Le lien d’activation part par courriel.")).to_be_visible()
    expect(officer.get_by_role("heading", name="Camille Inventée")).to_be_visible()
    # The newcomer.
    link = link_in_the_mail("camille@example.test")
    public.goto(link)
    look(public)
    public.get_by_label("Mot de passe", exact=False).first.fill(STRONG)
    public.get_by_label("Le même mot de passe").fill(STRONG)
    public.get_by_role("button", name="Ouvrir mon compte").click()
    expect(public.get_by_role("heading", name="Se connecter")).to_be_visible()
    user = User.objects.get(email="camille@example.test")
    assert [(held.level, held.code) for held in user.memberships.all()] == [("commune", "93066")]
    sign_in(public, user)
    secret = enrol(public, watch)
    expect(public.get_by_role("heading", name="Charte d’engagement")).to_be_visible()
    look(public)
    public.get_by_text("J’ai lu cette charte").click()
    public.get_by_role("button", name="Accepter et continuer").click()
    public.wait_for_url("**/carte/**")
    public.goto("/compte/")
    expect(public.get_by_text("Partenaire (ARS")).to_be_visible()
    look(public)
    # Out, and in again as every other day: a password, then a code.
    leave(public, narrow=size is not None)
    sign_in(public, user)
    public.get_by_label("Code de votre application").fill(next_code(user))
    look(public)
    public.get_by_role("button", name="Continuer").click()
    public.wait_for_url("**/carte/**")
    assert secret not in public.content()
    public.goto("/compte/")
    expect(public.get_by_text("Partenaire (ARS")).to_be_visible()


def enrol(page: Page, watch: Watch) -> str:
    """The second factor: without it no page opens, a wrong code is refused, the codes are shown."""
    page.wait_for_url("**/compte/second-facteur/**")
    look(page)
    page.goto("/carte/")
    page.wait_for_url("**/compte/second-facteur/**")
    watch.expected.append("422")
    page.get_by_label("Code donné par l’application").fill("000000")
    page.get_by_role("button", name="Enrôler l’application").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    secret = page.locator("[data-secret]").inner_text().replace(" ", "")
    page.get_by_label("Code donné par l’application").fill(totp_code(secret))
    page.get_by_role("button", name="Enrôler l’application").click()
    expect(page.get_by_role("heading", name="Vos codes de secours")).to_be_visible()
    look(page)
    page.get_by_role("link", name="C’est noté, continuer").click()
    return secret


def leave(page: Page, *, narrow: bool) -> None:
    if narrow:
        page.get_by_role("button", name="Menu").click()
    buttons = page.get_by_role("button", name="Se déconnecter")
    (buttons.last if narrow else buttons.first).click()
    page.goto("/connexion/")


def look(page: Page) -> None:
    """The page as it stands: accessible, and no wider than the screen."""
    assert faults(page) == [], page.url
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), page.url


def sign_in(page: Page, user: User) -> None:
    page.get_by_label("Adresse électronique").fill(user.email)
    page.get_by_label("Mot de passe", exact=False).fill(STRONG)
    page.get_by_role("button", name="Se connecter", exact=True).click()


def test_the_pages_are_accessible_and_in_their_width(
    visit: Visit, watch: Watch, theme: str, admin_93: User, charter_asked: None
) -> None:
    watch.expected += ["410", "422"]
    someone = make_user(Role.OBSERVER, Level.COMMUNE, "93066", email="x@example.test")
    asked = AccessRequest.objects.create(
        email="d@example.test",
        full_name="Demande inventée",
        organisation="Organisme au nom assez long pour déborder d’un petit écran",
        organisation_type="other",
        role="observer",
        level="departement",
        code="93",
        reason="Un motif inventé",
    )
    wrong: dict[str, Any] = {}

    def visited(page: Page, path: str) -> None:
        page.goto(path, wait_until="load")
        wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        wrong[path] = faults(page) + (["wider than the screen"] if wide else [])

    narrow = {"viewport": {"width": 320, "height": 640}}
    public = visit("/acces/", **narrow)
    for path in ("/acces/", "/acces/envoyee/", "/organismes/", "/conservation/", "/activation/x/"):
        visited(public, path)
    public.goto("/acces/")
    public.get_by_role("button", name="Envoyer la demande").click()
    expect(public.get_by_role("alert")).to_be_visible()
    wrong["errors"] = faults(public)
    page = visit("/compte/charte/", user=admin_93, **narrow)
    visited(page, "/compte/charte/")
    page.get_by_text("J’ai lu cette charte").click()
    page.get_by_role("button", name="Accepter et continuer").click()
    page.wait_for_url(lambda address: "/charte/" not in address)
    for path in (
        ADMIN,
        f"{ADMIN}inviter/",
        f"{ADMIN}demandes/{asked.pk}/",
        f"{ADMIN}personnes/{someone.pk}/",
        f"{ADMIN}personnes/{someone.pk}/anonymiser/",
    ):
        visited(page, path)
    assert {path: found for path, found in wrong.items() if found} == {}

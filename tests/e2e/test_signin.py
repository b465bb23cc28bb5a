"""Signing in in a real browser: passkeys, codes, ProConnect under the real security policy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from playwright.sync_api import Page, expect

from geo.accounts.factors import totp_code
from geo.accounts.identity_models import ExternalIdentity
from geo.accounts.passwords import reset_address
from tests.e2e.conftest import PHONE, Visit, Watch
from tests.e2e.test_shell import faults
from tests.fakes.proconnect.process import AGENT, Running, point_at, running
from tests.support import signing
from tests.support.factories import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
ENROL, STEP_TWO = "**/compte/second-facteur/**", "**/connexion/second-facteur/"


@pytest.fixture
def fake(live_server: Any, settings: Any, tmp_path: Path) -> Iterator[Running]:
    """ProConnect's fake, which knows this server."""
    settings.BASE_URL = live_server.url
    with running(tmp_path, base=live_server.url) as process:
        point_at(settings, process.issuer)
        yield process
        assert process.report()["refusals"] == []


def authenticator(page: Page) -> Any:
    """A virtual key that answers at once; returns the session that commands it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return session


def first_step(page: Page, user: Any, path: str = "/connexion/") -> None:
    page.goto(path)
    page.get_by_label("Adresse électronique").fill(user.email)
    page.get_by_label("Mot de passe", exact=False).fill(PASSWORD)
    page.get_by_role("button", name="Se connecter", exact=True).click()


def test_a_passkey_is_made_then_opens_the_account(visit: Visit, admin_93: Any) -> None:
    page = visit("/connexion/")
    authenticator(page)
    first_step(page, admin_93, "/connexion/?next=/compte/")
    page.wait_for_url(ENROL)
    page.get_by_label("Nom de cette clé").fill("Téléphone inventé")
    page.get_by_role("button", name="Créer une clé d’accès").click()
    expect(page.get_by_role("heading", name="Vos codes de secours")).to_be_visible()
    assert page.locator("[data-codes] li").count() == 10
    page.get_by_role("link", name="C’est noté, continuer").click()
    expect(page.get_by_role("heading", name="Mon compte")).to_be_visible()
    page.goto("/compte/securite/")
    expect(page.get_by_text("Téléphone inventé")).to_be_visible()
    page.get_by_role("button", name="Se déconnecter").first.click()
    first_step(page, admin_93, "/connexion/?next=/compte/")
    page.wait_for_url(STEP_TWO)
    with page.expect_request(lambda sent: sent.method == "POST") as sent:
        page.get_by_role("button", name="Utiliser une clé d’accès").click()
    expect(page.get_by_role("heading", name="Mon compte")).to_be_visible()
    factor = Authenticator.objects.get(type="webauthn")
    assert factor.last_used_at is not None
    # The same answer, kept by somebody who also knows the password, opens nothing.
    client = Client()
    client.post("/connexion/", {"email": admin_93.email, "password": PASSWORD})
    client.get("/connexion/second-facteur/")
    credential = re.search(r"credential=([^&]+)", sent.value.post_data or "")
    assert credential
    answer = json.loads(unquote_plus(credential[1]))
    assert answer["response"]["signature"]
    replayed = client.post("/connexion/second-facteur/", {"credential": json.dumps(answer)})
    assert replayed.status_code == 422
    assert client.get("/compte/").status_code == 302


def test_a_key_that_does_not_answer_says_so(visit: Visit, admin_93: Any) -> None:
    page = visit("/connexion/")
    session = authenticator(page)
    first_step(page, admin_93)
    page.wait_for_url(ENROL)
    page.get_by_role("button", name="Créer une clé d’accès").click()
    expect(page.get_by_role("heading", name="Vos codes de secours")).to_be_visible()
    # The same key again: the browser itself refuses.
    page.goto("/compte/second-facteur/")
    page.get_by_role("button", name="Créer une clé d’accès").click()
    expect(page.locator("[data-passkey-status]")).to_contain_text("déjà enrôlée")
    session.detach()


def test_a_code_by_keyboard_alone(visit: Visit, admin_93: Any) -> None:
    page = visit("/connexion/")
    first_step(page, admin_93, "/connexion/?next=/compte/")
    page.wait_for_url(ENROL)
    secret = page.locator("[data-secret]").inner_text().replace(" ", "")
    page.get_by_label("Code donné par l’application").focus()
    page.keyboard.type(totp_code(secret))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Vos codes de secours")).to_be_visible()
    code = page.locator("[data-codes] li").first.inner_text()
    page.goto("/compte/")
    page.get_by_role("button", name="Se déconnecter").first.click()
    first_step(page, admin_93, "/connexion/?next=/compte/")
    page.wait_for_url(STEP_TWO)
    page.get_by_label("Code de votre application").focus()
    page.keyboard.type(f"{code[:4]} {code[4:]}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Mon compte")).to_be_visible()


def test_proconnect_and_back_and_out(
    visit: Visit, watch: Watch, fake: Running, admin_93: Any
) -> None:
    """The policy lets the form go to the provider; the provider's page sends back."""
    watch.expected.append("400 (Bad Request)")
    ExternalIdentity.objects.create(user=admin_93, issuer=fake.issuer, sub=AGENT["sub"])
    page = visit("/connexion/?next=/compte/")
    page.get_by_role("button", name="S’identifier avec ProConnect").click()
    page.get_by_role("button", name="Clémence Inventée").click()
    expect(page.get_by_role("heading", name="Mon compte")).to_be_visible()
    page.get_by_role("button", name="Se déconnecter").first.click()
    expect(page.get_by_text("d’ici et de ProConnect")).to_be_visible()
    page.goto("/connexion/")
    page.get_by_role("button", name="S’identifier avec ProConnect").click()
    page.get_by_role("button", name="Refuser").click()
    expect(page.locator("[data-reason]")).to_have_text("access_denied")


def test_the_pages_are_accessible_and_narrow(
    visit: Visit, watch: Watch, fake: Running, theme: str, admin_93: Any
) -> None:
    watch.expected += ["410 (Gone)", "400 (Bad Request)", "422 (Unprocessable Entity)"]
    wrong: dict[str, list[str]] = {}
    narrow = {"width": 320, "height": 640}

    def look(name: str, page: Page) -> None:
        wrong[name] = faults(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > page.viewport_size["width"]:  # type: ignore[index]
            wrong[name].append(f"{width} px")

    page = visit("/connexion/", viewport=narrow)
    look("connexion", page)
    page.goto("/connexion/mot-de-passe/")
    look("oublié", page)
    page.goto(reset_address(admin_93).removeprefix(page.url.split("/connexion")[0]))
    look("nouveau", page)
    page.goto("/connexion/mot-de-passe/x/y/")
    look("lien mort", page)
    page.goto("/connexion/proconnect/retour/")
    look("refus", page)
    first_step(page, admin_93)
    page.wait_for_url(ENROL)
    look("enrôler", page)
    page.get_by_label("Code donné par l’application").fill("000000")
    page.get_by_role("button", name="Enrôler l’application").click()
    expect(page.get_by_text("Une réponse est à corriger")).to_be_visible()
    look("enrôler, code faux", page)
    secret = page.locator("[data-secret]").inner_text().replace(" ", "")
    page.get_by_label("Code donné par l’application").fill(totp_code(secret))
    page.get_by_role("button", name="Enrôler l’application").click()
    expect(page.get_by_role("heading", name="Vos codes de secours")).to_be_visible()
    look("codes", page)
    page.goto("/compte/securite/")
    look("sécurité", page)
    page.goto("/compte/securite/mot-de-passe/")
    look("mot de passe", page)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("button", name="Se déconnecter").last.click()
    first_step(page, admin_93)
    page.wait_for_url(STEP_TWO)
    look("second facteur", page)
    late = visit("/aide/", user=admin_93, viewport=PHONE)
    client = Client()
    cookie = late.context.cookies()
    client.cookies["sessionid"] = next(c["value"] for c in cookie if c["name"] == "sessionid")
    signing.mark_proved(client, admin_93, seconds_ago=700)
    late.goto("/compte/jetons/")
    expect(late.get_by_role("heading", name="Confirmez que c’est vous")).to_be_visible()
    look("confirmer", late)
    assert {name: found for name, found in wrong.items() if found} == {}

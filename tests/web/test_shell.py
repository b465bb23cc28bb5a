"""The skeleton of every page: both themes, the security policy, errors in French."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.views.defaults import server_error

PUBLIC = ("/", "/aide/", "/accessibilite/", "/connexion/")
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", PUBLIC)
def test_a_public_page_is_whole_in_both_themes(client: Client, theme: str, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    html = response.content.decode()
    assert f'data-brand="{theme}"' in html
    assert ("fr-logo" in html) == (theme == "dsfr")
    assert html.count("<h1") == 1
    assert html.count("<main ") == html.count("<header ") == html.count("<footer ") == 1
    for anchor in re.findall(r'href="#([a-z]+)"', html):
        assert f'id="{anchor}"' in html
    assert "Démonstration." in html


@pytest.mark.parametrize("path", PUBLIC)
def test_nothing_is_inline_and_the_policy_says_so(client: Client, theme: str, path: str) -> None:
    response = client.get(path)
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "blob:" not in policy
    html = response.content.decode()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))
    assert not re.search(r'(src|<link[^>]*href)="(https?:)?//', html)


def test_the_choice_of_light_or_dark_is_remembered(client: Client) -> None:
    assert 'data-scheme="system"' in client.get("/aide/").content.decode()
    answer = client.post("/affichage/", {"scheme": "dark", "next": "/aide/"})
    assert (answer.status_code, answer["Location"]) == (302, "/aide/")
    html = client.get("/aide/").content.decode()
    assert 'data-theme="dark"' in html
    assert 'data-fr-theme="dark"' in html


@pytest.mark.parametrize("wanted", ["https://mauvais.test/", "//mauvais.test", "javascript:x"])
def test_the_choice_never_leads_elsewhere(client: Client, wanted: str) -> None:
    answer = client.post("/affichage/", {"scheme": "light", "next": wanted})
    assert answer["Location"] == "/"


def test_an_unknown_choice_is_ignored(client: Client) -> None:
    assert not client.post("/affichage/", {"scheme": "violet"}).cookies
    client.cookies["affichage"] = "violet"
    assert 'data-scheme="system"' in client.get("/aide/").content.decode()


def test_an_unknown_address_is_a_french_page(client: Client, admin_93: Any, theme: str) -> None:
    client.force_login(admin_93)
    response = client.get("/rien-ici/")
    assert response.status_code == 404
    assert "Page introuvable" in response.content.decode()


def test_a_fault_is_told_in_the_theme_without_the_database(
    rf: Any, theme: str, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        response = server_error(rf.get("/"))
    assert response.status_code == 500
    html = response.content.decode()
    assert "Erreur 500" in html
    assert f"theme-{theme}.css" in html
    assert ("fr-btn" in html) == (theme == "dsfr")


def test_a_form_without_its_token_is_refused_in_french() -> None:
    response = Client(enforce_csrf_checks=True).post("/connexion/", {"email": "a", "password": "b"})
    assert response.status_code == 403
    assert "rechargez" in response.content.decode()


def test_a_page_is_not_framed_nor_sniffed(client: Client) -> None:
    response = client.get("/")
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"

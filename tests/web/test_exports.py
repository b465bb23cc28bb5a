"""The page of exports: what is offered, given at once or prepared, followed, fetched, refused."""

from __future__ import annotations

import io
import re
import zipfile
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from feeds.exporting import store, tasks, watching
from feeds.exporting.models import Export, State
from geo.accounts.enums import Level, Role
from geo.accounts.models import ReadLog, User
from geo.sites.models import Site
from tests.support.exports import FORMULA
from tests.support.factories import make_user
from tests.support.restricted import CANARIES, everywhere, fill
from tests.support.signing import mark_proved

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("export_store")]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody cancels anything meanwhile: the job is not watched."""
    monkeypatch.setattr(watching, "BEAT_S", 60)


def page(client: Client, status: int = 200, /, **query: str) -> str:
    response = client.get("/exports/", query)
    assert response.status_code == status
    if status != 404:
        assert "no-store" in response["Cache-Control"]
    return unescape(re.sub(r"\s+", " ", response.content.decode()))


def post(client: Client, address: str, **values: Any) -> Any:
    return client.post(f"/exports/?{address}", {"format": "gpkg"} | values)


@pytest.mark.usefixtures("theme")
def test_rows_filters_and_terms_are_told_before(exporter: Client, export_sites: list[Site]) -> None:
    bare = page(exporter)
    assert '<option value="sites">Sites</option>' in bare
    assert "Communes (données ouvertes)" in bare
    assert "Aucun export pour l’instant" in bare
    shown = page(exporter, collection="sites", status="open", datetime="2026-01-01", v="map")
    assert "1 ligne</strong>" in shown
    assert "État : Ouvert" in shown
    assert "Situation au 2026-01-01" in shown
    assert "CONFIDENTIEL" in shown
    assert 'type="hidden" name="status" value="open"' in shown
    opened = page(exporter, collection="communes")
    assert "4 lignes</strong>" in opened
    assert "CONFIDENTIEL" not in opened
    # The page works by itself, and is followed by its script.
    assert 'data-exports="/exports/suivi/"' in opened


def test_what_cannot_be_read_is_said(exporter: Client) -> None:
    told = page(exporter, 400, collection="sites", couleur="rouge", status="open")
    assert "Paramètre en cause : <code>couleur</code>" in told
    # The way out keeps the rest.
    assert 'href="/exports/?collection=sites&status=open"' in told
    assert "pas une date" in page(exporter, 400, collection="sites", datetime="hier")
    page(exporter, 404, collection="licornes")


def test_who_may_not_export_is_told_kindly(client: Client, export_sites: list[Site]) -> None:
    client.force_login(make_user(Role.OBSERVER, Level.DEPARTEMENT, "93"))
    shown = page(client)
    assert "n’exporte pas les données des sites" in shown
    assert '<option value="sites">' not in shown
    page(client, 404, collection="sites")
    assert post(client, "collection=sites").status_code == 404
    response = post(client, "collection=communes")
    assert b"".join(response).startswith(b"SQLite")
    assert "/exports/?" not in client.get("/carte/departements/93/").content.decode()


def test_the_list_leads_here_with_its_filters(exporter: Client, export_sites: list[Site]) -> None:
    listed = unescape(exporter.get("/carte/departements/93/?status=open&v=list").content.decode())
    (address,) = re.findall(r'href="(/exports/\?[^"]+)"', listed)
    assert "collection=sites" in address
    shown = exporter.get(address).content.decode()
    assert "1 ligne</strong>" in re.sub(r"\s+", " ", shown)
    assert "Département" in shown


def test_few_rows_are_given_at_once(exporter: Client, export_sites: list[Site]) -> None:
    response = post(exporter, "collection=sites&status=open", format="csv")
    assert response["Content-Type"] == "application/zip"
    assert response["Cache-Control"].startswith("private, no-store")
    with zipfile.ZipFile(io.BytesIO(b"".join(response))) as box:
        assert FORMULA in box.read("sites.csv").decode().replace('""', '"')
    kept = Export.objects.get()
    assert (kept.direct, kept.state, kept.rows, kept.query) == (True, "done", 1, "status=open")
    assert ReadLog.objects.filter(route="exports", purpose="export").exists()
    assert "Donné" in page(exporter)


def test_the_form_says_what_is_wrong(exporter: Client, export_sites: list[Site]) -> None:
    for values, told in (({"format": ""}, "Choisissez un format"), ({"classes": "x"}, "Sélection")):
        response = post(exporter, "collection=sites", **values)
        assert response.status_code == 422
        assert told in unescape(response.content.decode())
    assert Export.objects.count() == 0


def test_protected_information_takes_a_choice_and_a_fresh_proof(
    exporter: Client, export_sites: list[Site], admin_93: User
) -> None:
    fill(export_sites[0], scope=everywhere())
    canary = CANARIES[next(iter(CANARIES))][0].encode()
    plain = post(exporter, "collection=sites", format="geojson")
    assert canary not in _unzipped(plain)
    chosen = {"format": "geojson", "classes": ["owner", "judicial"]}
    assert canary in _unzipped(post(exporter, "collection=sites", **chosen))
    logged = set(ReadLog.objects.values_list("data_class", flat=True))
    assert {"owner", "judicial"} <= logged
    mark_proved(exporter, admin_93, seconds_ago=3600)
    asked = post(exporter, "collection=sites", **chosen)
    assert (asked.status_code, asked["Location"].split("?")[0]) == (302, "/compte/confirmer/")


def test_many_rows_are_prepared_followed_and_fetched(
    exporter: Client, export_sites: list[Site], admin_93: User, client: Client, settings: Any
) -> None:
    settings.EXPORT_DIRECT_ROWS = 1
    mark_proved(exporter, admin_93, seconds_ago=3600)
    refused = exporter.post(
        "/exports/?collection=sites&commune=93066,93008",
        {"format": "fgb"},
        headers={"Referer": "http://testserver/exports/?collection=sites&commune=93066,93008"},
    )
    # What was chosen is kept, and sent after the proof by one button.
    (back,) = parse_qs(urlsplit(refused["Location"]).query)["next"]
    mark_proved(exporter, admin_93)
    kept = unescape(exporter.get(back).content.decode())
    assert 'action="/exports/?collection=sites&commune=93066,93008"' in kept
    assert 'name="format" value="fgb"' in kept
    assert post(exporter, "collection=sites", format="fgb")["Location"] == "/exports/#mes-exports"
    export = Export.objects.get()
    assert (export.state, export.about, export.owner) == (State.WAITING, 2, admin_93)
    followed = exporter.get("/exports/suivi/").content.decode()
    assert "data-unfinished" in followed
    assert "Annuler" in followed
    Export.objects.update(state=State.RUNNING, rows=1)
    assert 'value="50"' in exporter.get("/exports/suivi/").content.decode()
    Export.objects.update(state=State.WAITING)

    tasks.make_export(export_id=export.pk)
    shown = page(exporter)
    assert "data-unfinished" not in shown
    assert "Gardé jusqu’au" in shown
    (link,) = re.findall(r'href="(/exports/\d+/fichier/[^"]+)"', shown)
    response = exporter.get(link)
    assert response["Content-Disposition"].startswith('attachment; filename="sites_')
    assert response["Cache-Control"].startswith("private, no-store")
    assert b"".join(response).startswith(b"fgb")
    # The link is its owner's.
    client.force_login(make_user(Role.NATIONAL_ADMIN))
    assert client.get(link).status_code == 404
    assert client.post(f"/exports/{export.pk}/annuler/").status_code == 404
    client.force_login(admin_93)
    assert exporter.post(f"/exports/{export.pk}/annuler/").status_code == 302
    assert list(store.folder().iterdir()) == []
    assert exporter.get(link).status_code == 404


def test_a_format_too_small_is_told_beside_it(
    exporter: Client, export_sites: list[Site], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EXPORT_DIRECT_ROWS, settings.EXPORT_JOBS = 1, 0
    response = post(exporter, "collection=sites")
    assert response.status_code == 429
    assert "attendez-en un" in unescape(response.content.decode())
    settings.EXPORT_JOBS, settings.EXPORT_MAX_ROWS = 2, 1
    assert post(exporter, "collection=sites").status_code == 413
    monkeypatch.setattr("feeds.exporting.services.check_rows", _refuses)
    settings.EXPORT_MAX_ROWS = 100
    told = post(exporter, "collection=sites", format="xlsx")
    assert (told.status_code, Export.objects.count()) == (400, 0)
    assert "id_format" in told.content.decode()


def _refuses(*_: Any) -> None:
    from geo.core.errors import InvalidInput

    raise InvalidInput("Trop de lignes pour ce format.", field="format")


def _unzipped(response: Any) -> bytes:
    with zipfile.ZipFile(io.BytesIO(b"".join(response))) as box:
        return box.read("sites.geojson")

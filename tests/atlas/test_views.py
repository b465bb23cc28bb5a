"""The prints' addresses: who is answered, with what, and what is refused."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from PIL import Image
from pypdf import PdfReader

from atlas import views
from atlas.picture import MAX_PIXELS
from geo.accounts import readlog
from geo.accounts.enums import Level, Role
from geo.accounts.models import ReadLog
from geo.accounts.tokens import token_create
from tests.support.factories import make_site, make_user

pytestmark = pytest.mark.django_db
PDF = "/impressions/departements/93.pdf"


def test_nobody_unauthenticated_prints(client: Client, territories: Any) -> None:
    make_site()
    others = ("communes/93066.svg", "departements/93.png", "departements/00.pdf")
    for address in (PDF, *(f"/impressions/{other}" for other in others)):
        response = client.get(address)
        assert response.status_code == 404
        assert response["Content-Type"] == "application/problem+json"


def test_a_browser_is_refused_in_a_page(client: Client, territories: Any, admin_93: Any) -> None:
    make_site()
    client.force_login(admin_93)
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    for address, status, said in (
        ("/impressions/departements/13.pdf", 404, "Page introuvable"),
        (f"{PDF}?format=a7", 400, "a4"),
    ):
        page = client.get(address, headers=browser)
        assert (page.status_code, page["Content-Type"]) == (status, "text/html; charset=utf-8")
        assert said in page.content.decode()
        assert client.get(address)["Content-Type"] == "application/problem+json"
        assert client.get(address, headers={"Accept": "*/*"})["Content-Type"].endswith("json")


@pytest.mark.parametrize(
    "place", ["regions/11", "departements/93", "epcis/200054781", "communes/93066"]
)
def test_the_four_levels_answer(
    client: Client, territories: Any, national_admin: Any, place: str
) -> None:
    make_site()
    client.force_login(national_admin)
    pdf = client.get(f"/impressions/{place}.pdf")
    assert pdf.status_code == 200
    assert pdf["Content-Type"] == "application/pdf"
    assert pdf["Cache-Control"] == "private, no-store"
    assert pdf["Content-Disposition"].endswith('-a4.pdf"')
    assert pdf.content.startswith(b"%PDF-")
    svg = client.get(f"/impressions/{place}.svg?format=a3&orientation=portrait")
    assert svg["Content-Type"] == "image/svg+xml"
    assert b'width="297mm" height="420mm"' in svg.content


@pytest.mark.parametrize("paper", ["a4", "a0"])
def test_the_map_as_a_picture(
    client: Client, territories: Any, national_admin: Any, paper: str
) -> None:
    make_site()
    client.force_login(national_admin)
    address = "/impressions/departements/93.png"
    answer = client.get(f"{address}?format={paper}&orientation=portrait")
    assert answer["Content-Type"] == "image/png"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Disposition"].endswith(f'-{paper}.png"')
    with Image.open(BytesIO(answer.content)) as picture:
        width, height = picture.size
        assert width * height <= MAX_PIXELS * 1.01
        assert width / height == pytest.approx(210 / 297, rel=0.005)
        if paper == "a4":
            assert picture.size == (1241, 1754)
        assert "1\u00a0site ouvert" in picture.text["Description"]
        # The colour of open sites is on the map: the page was drawn, not left white.
        colours = {colour for _, colour in picture.convert("RGB").getcolors(1_000_000)}
        assert (0xC9, 0x19, 0x1E) in colours


def test_a_local_account_prints_its_own(client: Client, territories: Any, admin_93: Any) -> None:
    make_site()
    client.force_login(admin_93)
    assert client.get("/impressions/departements/93.svg").status_code == 200
    assert client.get("/impressions/departements/13.svg").status_code == 404
    assert client.get("/impressions/regions/93.svg").status_code == 404
    partial = client.get("/impressions/regions/11.svg")
    assert partial.status_code == 200
    assert "Carte partielle" not in partial.content.decode()


def test_a_token_prints(client: Client, territories: Any, admin_93: Any) -> None:
    make_site()
    _, text = token_create(user=admin_93, name="essai", purpose="essai")
    basic = base64.b64encode(f"jeton:{text}".encode()).decode()
    for value in (f"Bearer {text}", f"Basic {basic}"):
        response = client.get("/impressions/departements/93.svg", headers={"Authorization": value})
        assert response.status_code == 200
    wrong = client.get("/impressions/departements/93.svg", headers={"Authorization": "Bearer non"})
    assert wrong.status_code == 401


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("couleur=rouge", "couleur"),
        ("format=a9", "format"),
        ("orientation=biais", "orientation"),
        ("datetime=hier", "datetime"),
        ("bbox=1,2,3", "bbox"),
        ("bbox=5,43.3,5,43.3", "bbox"),
        ("bbox=-40,-20,-30,-10", "bbox"),
        ("status=fini", "status"),
        ("people=beaucoup", "people"),
    ],
)
def test_bad_parameters_are_refused_by_name(
    client: Client, territories: Any, national_admin: Any, query: str, field: str
) -> None:
    client.force_login(national_admin)
    response = client.get(f"{PDF}?{query}")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["parameter"] == field


@pytest.mark.parametrize("bbox", ["-180,-90,180,90", "170,-80,-170,80", "2,48,3,49.5"])
def test_a_view_wider_than_the_territory_prints_what_it_holds(
    client: Client, territories: Any, national_admin: Any, bbox: str
) -> None:
    client.force_login(national_admin)
    response = client.get("/impressions/departements/93.svg", {"bbox": bbox})
    crossing = bbox.startswith("170")
    assert response.status_code == (400 if crossing else 200)


def test_unknown_places_and_methods(client: Client, territories: Any, national_admin: Any) -> None:
    client.force_login(national_admin)
    assert client.get("/impressions/departements/00.pdf").status_code == 404
    assert client.get("/impressions/cantons/93.pdf").status_code == 404
    assert client.post(PDF).status_code in {403, 405}


def test_a_reader_of_nothing_gets_404(client: Client, territories: Any) -> None:
    other = make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "13")
    client.force_login(other)
    assert client.get(PDF).status_code == 404


def test_too_many_at_once_are_told_to_wait(
    client: Client, territories: Any, national_admin: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "WAIT_S", 0.01)
    client.force_login(national_admin)
    held = [views._slots.acquire(timeout=1) for _ in range(views.AT_ONCE)]
    try:
        assert client.get(PDF).status_code == 503
    finally:
        for _ in held:
            views._slots.release()
    assert client.get("/impressions/departements/93.svg").status_code == 200


@pytest.mark.parametrize("extension", ["pdf", "png", "svg"])
def test_a_print_is_written_down_before_it_is_given(
    client: Client,
    territories: Any,
    admin_93: Any,
    monkeypatch: pytest.MonkeyPatch,
    extension: str,
) -> None:
    site = make_site()
    client.force_login(admin_93)
    address = f"/impressions/departements/93.{extension}"
    assert client.get(address).status_code == 200
    line = ReadLog.objects.get()
    assert (line.user_id, line.data_class, line.purpose) == (admin_93.pk, "general", "print")
    assert line.object_ids == [site.pk]

    def broken(*_: Any, **__: Any) -> None:
        raise readlog.ReadLogUnavailable("Le journal ne répond pas.")

    monkeypatch.setattr(readlog, "log_read", broken)
    assert client.get(address).status_code == 503


def test_a_sheet_bears_the_account_it_was_printed_for(
    client: Client, territories: Any, admin_93: Any
) -> None:
    make_site()
    client.force_login(admin_93)
    pages = PdfReader(BytesIO(client.get(PDF).content)).pages
    for page in pages:
        assert f"pour {admin_93.full_name}" in " ".join(page.extract_text().split())

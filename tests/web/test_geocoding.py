"""`/geocodage/`: who may search, what is answered, what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.fakes.geocoder import address
from tests.fakes.geoplateforme import Geoplateforme, geoplateforme, status

pytestmark = [pytest.mark.usefixtures("nothing_remembered"), pytest.mark.django_db]


@pytest.fixture
def fake(settings: Any) -> Iterator[Geoplateforme]:
    with geoplateforme(settings) as running:
        running.places = [address("8 Rue Inventée 93200 Saint-Denis", 2.351, 48.931)]
        yield running


@pytest.fixture
def reader(client: Client, admin_93: Any) -> Client:
    client.force_login(admin_93)
    return client


def test_nobody_searches_without_signing_in(client: Client, fake: Geoplateforme) -> None:
    response = client.get("/geocodage/", {"q": "rue inventée"})
    assert response.status_code == 302
    assert response["Location"].startswith("/connexion/")
    assert fake.asked == []


def test_results_are_json_that_nobody_keeps(reader: Client, fake: Geoplateforme) -> None:
    response = reader.get("/geocodage/", {"q": "rue inventée", "lon": "2.3", "lat": "48.9"})
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    body = response.json()
    assert (body["degraded"], body["note"]) == (False, "")
    (found,) = body["results"]
    assert found == {
        "kind": "address",
        "label": "8 Rue Inventée 93200 Saint-Denis",
        "lon": 2.351,
        "lat": 48.931,
        "precision": "housenumber",
        "citycode": "93066",
        "city": "Saint-Denis",
        "score": 0.9,
        "id": "8e6b0000-0000-4000-8000-000000000001",
        "distance_m": None,
        "outside": False,
    }


def test_what_is_near_the_readers_own_territory_comes_first(
    reader: Client, fake: Geoplateforme
) -> None:
    fake.places = [
        address("Rue Inventée 13015 Marseille", 5.35, 43.3, citycode="13055", score=0.99),
        address("Rue Inventée 93200 Saint-Denis", 2.351, 48.931, score=0.5),
    ]
    body = reader.get("/geocodage/", {"q": "rue inventée"}).json()
    assert [(each["citycode"], each["outside"]) for each in body["results"]] == [
        ("93066", False),
        ("13055", True),
    ]
    (asked,) = fake.asked
    assert float(asked.query["lon"]) == pytest.approx(2.4, abs=0.2)
    assert float(asked.query["lat"]) == pytest.approx(48.9, abs=0.1)


def test_a_reader_of_the_nation_has_no_outside(
    client: Client, national_admin: Any, territories: Any, fake: Geoplateforme
) -> None:
    client.force_login(national_admin)
    fake.places = [address("Rue Inventée 13015 Marseille", 5.35, 43.3, citycode="13055")]
    (found,) = client.get("/geocodage/", {"q": "rue inventée"}).json()["results"]
    assert found["outside"] is False
    (asked,) = fake.asked
    assert "lon" not in asked.query


def test_coordinates_say_where_they_lie_and_how_they_were_read(
    reader: Client, fake: Geoplateforme
) -> None:
    (here,) = reader.get("/geocodage/", {"q": "48.93, 2.35"}).json()["results"]
    assert (here["city"], here["outside"]) == ("Saint-Denis", False)
    turned = reader.get("/geocodage/", {"q": "2.35, 48.93"}).json()
    assert turned["note"] == "Coordonnées inversées : lues comme latitude, longitude."
    assert (turned["results"][0]["lat"], turned["results"][0]["lon"]) == (48.93, 2.35)
    (away,) = reader.get("/geocodage/", {"q": "43.3, 5.35"}).json()["results"]
    assert (away["city"], away["outside"]) == ("Marseille", True)
    assert fake.asked == []


def test_the_service_away_is_told(reader: Client, fake: Geoplateforme) -> None:
    fake.always(status(503))
    body = reader.get("/geocodage/", {"q": "bobigny"}).json()
    assert body["degraded"]
    assert [found["citycode"] for found in body["results"]] == ["93008"]
    assert "communes" in body["note"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "q"),
        ({"q": "ab"}, "q"),
        ({"q": "x" * 201}, "q"),
        ({"q": "40.71, -74.0"}, "q"),
        ({"q": "rue", "lon": "2"}, "lon"),
        ({"q": "rue", "lon": "nan", "lat": "48"}, "lon"),
        ({"q": "rue", "url": "x"}, "url"),
    ],
)
def test_a_search_that_cannot_be_made_is_400(
    reader: Client, fake: Geoplateforme, query: dict[str, str], field: str
) -> None:
    response = reader.get("/geocodage/", query)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response["Cache-Control"] == "no-store"
    assert response.json()["parameter"] == field
    assert fake.asked == []


def test_one_account_cannot_take_the_whole_budget(
    reader: Client, fake: Geoplateforme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.geocoding.SEARCHES_A_MINUTE", 3)
    codes = [reader.get("/geocodage/", {"q": "rue inventée"}).status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]
    assert reader.get("/geocodage/", {"q": "rue inventée"})["Retry-After"] == "60"


def test_only_reading_is_possible(reader: Client) -> None:
    assert reader.post("/geocodage/", {"q": "rue inventée"}).status_code == 405

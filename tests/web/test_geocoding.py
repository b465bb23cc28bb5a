"""`/geocodage/`: who may search, what is answered, what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import path

from tests.fakes.geocoder import address
from tests.fakes.geoplateforme import Geoplateforme, geoplateforme, status
from web import geocoding

urlpatterns = [path("geocodage/", geocoding.geocoding)]
pytestmark = [
    pytest.mark.usefixtures("nothing_remembered"),
    pytest.mark.django_db,
    pytest.mark.urls(__name__),
]


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
    }


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
    monkeypatch.setattr(geocoding, "SEARCHES_A_MINUTE", 3)
    codes = [reader.get("/geocodage/", {"q": "rue inventée"}).status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]
    assert reader.get("/geocodage/", {"q": "rue inventée"})["Retry-After"] == "60"


def test_only_reading_is_possible(reader: Client) -> None:
    assert reader.post("/geocodage/", {"q": "rue inventée"}).status_code == 405

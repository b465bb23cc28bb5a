"""The layers over HTTP: who may read them, what caches are told, what failures look like."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from layers import selectors, tiles
from tests.fakes.geoplateforme import PICTURES, Geoplateforme, status
from tests.layers.test_tiles import age

pytestmark = pytest.mark.django_db
TILE = "/layers/plan-ign/12/2074/1408"


def test_anybody_reads_a_tile_and_caches_may_keep_it(client: Client, fake: Geoplateforme) -> None:
    response = client.get(TILE)
    assert response.status_code == 200
    assert response.content == PICTURES["image/png"]
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == "public, max-age=86400"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Cache-Status"].startswith("layers; fwd=miss; ttl=")
    assert "Set-Cookie" not in response
    assert "Access-Control-Allow-Origin" not in response
    assert client.get(TILE)["Cache-Status"].startswith("layers; hit; ttl=6")


def test_nothing_of_the_reader_goes_upstream(
    client: Client, fake: Geoplateforme, national_admin: Any
) -> None:
    client.force_login(national_admin)
    client.cookies["other"] = "value"
    client.get(
        TILE,
        headers={
            "Referer": "http://testserver/sites/42/",
            "X-Forwarded-For": "192.0.2.7",
            "User-Agent": "Navigateur de quelqu'un",
            "Accept-Language": "fr",
        },
    )
    (asked,) = fake.calls("/wmts")
    assert not {"referer", "x-forwarded-for", "accept-language"} & set(asked.headers)
    assert asked.headers["user-agent"] == "atlas-resorption"
    sent = " ".join(asked.headers.values())
    for cookie in client.cookies.values():
        assert cookie.key not in sent
        assert cookie.value not in sent


def test_an_unchanged_tile_is_a_304(client: Client, fake: Geoplateforme) -> None:
    validator = client.get(TILE)["ETag"]
    unchanged = client.get(TILE, headers={"If-None-Match": validator})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged["ETag"] == validator
    assert unchanged["Cache-Control"] == "public, max-age=86400"
    assert client.get(TILE, headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_says_the_same_without_a_body(client: Client, fake: Geoplateforme) -> None:
    head, get = client.head(TILE), client.get(TILE)
    assert (head.status_code, head.content) == (200, b"")
    assert head["ETag"] == get["ETag"]


def test_a_place_without_data_is_204(client: Client, fake: Geoplateforme) -> None:
    fake.empty = lambda z, x, y: True
    response = client.get("/layers/parcelles/12/2074/1408")
    assert (response.status_code, response.content) == (204, b"")
    assert response["Cache-Control"] == "public, max-age=86400"


@pytest.mark.parametrize(
    "path",
    [
        "/layers/inconnue/1/0/0",
        "/layers/GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2/1/0/0",
        "/layers/plan-ign/25/0/0",
        "/layers/plan-ign/1/2/0",
        "/layers/plan-ign/1/0/-1",
        "/layers/plan-ign/1/0/0.png",
        f"/layers/plan-ign/1/{'9' * 5000}/0",
        "/layers/parcelles/5/31/31",
    ],
)
def test_anything_but_an_offered_tile_is_404(
    client: Client, fake: Geoplateforme, path: str
) -> None:
    assert client.get(path).status_code == 404
    assert fake.asked == []


def test_parameters_and_writes_are_refused(client: Client, fake: Geoplateforme) -> None:
    refused = client.get(TILE, {"url": "http://192.0.2.1/"})
    assert refused.status_code == 400
    assert refused["Content-Type"] == "application/problem+json"
    assert refused.json()["parameter"] == "url"
    assert client.post(TILE).status_code == 405
    assert fake.asked == []


def test_a_service_away_is_a_503_that_says_when_to_come_back(
    client: Client, fake: Geoplateforme, caplog: pytest.LogCaptureFixture
) -> None:
    fake.always(status(500))
    for y in range(1400, 1406):
        response = client.get(f"/layers/plan-ign/12/2074/{y}")
        assert response.status_code == 503
        assert response["Content-Type"] == "application/problem+json"
        assert response["Cache-Control"] == "no-store"
        assert 1 <= int(response["Retry-After"]) <= 60
    assert "Plan IGN" in response.json()["detail"]
    assert "/layers/" not in caplog.text
    assert len(fake.asked) == 2


def test_an_old_copy_is_given_for_a_short_time(client: Client, fake: Geoplateforme) -> None:
    client.get(TILE)
    age(selectors.layer_get("plan-ign"), tiles.FRESH_S + 50, (12, 2074, 1408))
    fake.always(status(500))
    response = client.get(TILE)
    assert response.status_code == 200
    assert response["Cache-Control"] == "public, max-age=60"
    assert "ttl=-5" in response["Cache-Status"]


def test_a_tile_held_costs_no_query(
    client: Client, fake: Geoplateforme, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        client.get(TILE)
    with django_assert_num_queries(0):
        assert client.get(TILE).status_code == 200


def test_the_catalogue_tells_the_map_all_it_needs(client: Client, fake: Geoplateforme) -> None:
    response = client.get("/layers/")
    assert response["Cache-Control"] == "no-cache"
    plan, photos, parcels = response.json()["layers"]
    assert plan == {
        "slug": "plan-ign",
        "title": "Plan IGN",
        "theme": "Cartes",
        "overlay": False,
        "tiles": "/layers/plan-ign/{z}/{x}/{y}",
        "media_type": "image/png",
        "tile_size": 256,
        "minzoom": 0,
        "maxzoom": 19,
        "bounds": [-175.0, -85.0, 175.0, 85.0],
        "attribution": "© IGN – Géoplateforme",
        "edition": None,
        "available": True,
        "retry_after_s": None,
    }
    assert (photos["media_type"], photos["overlay"]) == ("image/jpeg", False)
    assert parcels["overlay"]
    assert fake.asked == []


def test_the_catalogue_says_that_a_layer_is_away(client: Client, fake: Geoplateforme) -> None:
    fake.always(status(500))
    for y in range(2):
        client.get(f"/layers/plan-ign/12/2074/{1400 + y}")
    plan, photos, _ = json.loads(client.get("/layers/").content)["layers"]
    assert not plan["available"]
    assert 1 <= plan["retry_after_s"] <= 5
    assert photos["available"]


@pytest.mark.django_db(transaction=True)
def test_a_view_holds_no_transaction_while_it_asks(
    client: Client, fake: Geoplateforme, settings: Any
) -> None:
    settings.TESTING = False
    assert client.get(TILE).status_code == 200

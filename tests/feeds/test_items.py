"""The feeds: what each reader receives, pages, filters, dates and refusals."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

import pytest
from django.test import Client

from geo.accounts.enums import Level, Role
from geo.accounts.tokens import token_create, token_revoke
from geo.core.scope import Scope
from geo.sites.services import site_update
from tests.support.factories import close_site, make_site, make_user, square

pytestmark = pytest.mark.django_db
PRIVATE = (
    "sites",
    "site-footprints",
    "evacuations",
    "resorptions",
    "other-closures",
    "reinstallations",
)


def bearer(user: Any) -> dict[str, str]:
    _, text = token_create(user=user, name="essai", purpose="essai")
    return {"Authorization": f"Bearer {text}"}


def ids(response: Any) -> list[int]:
    assert response.status_code == 200, response.content
    return [feature["id"] for feature in response.json()["features"]]


def test_nobody_unauthenticated_sees_a_site(client: Client, territories: Any) -> None:
    site = make_site()
    for name in PRIVATE:
        assert client.get(f"/ogc/collections/{name}/items").status_code == 404
        assert client.get(f"/ogc/collections/{name}").status_code == 404
    assert client.get(f"/ogc/collections/sites/items/{site.pk}").status_code == 404
    listed = {c["id"] for c in client.get("/ogc/collections").json()["collections"]}
    assert "departements" in listed
    assert not listed & set(PRIVATE)
    described = client.get("/ogc/api").json()
    named = {*described["components"]["schemas"], *(tag["name"] for tag in described["tags"])}
    assert not named & set(PRIVATE)
    assert not [path for path in described["paths"] if path.split("/")[-1] in PRIVATE]


def test_a_reader_receives_the_own_areas_exactly(
    client: Client, territories: Any, admin_93: Any
) -> None:
    inside = make_site(2.3512345, 48.9312345, name="Chez nous", population={"people": 42})
    make_site(5.4, 43.3, name="Ailleurs")
    response = client.get("/ogc/collections/sites/items", headers=bearer(admin_93))
    (feature,) = response.json()["features"]
    assert feature["id"] == inside.pk
    assert feature["geometry"]["coordinates"] == [2.3512345, 48.9312345]
    assert feature["properties"]["name"] == "Chez nous"
    assert feature["properties"]["precision"] == "exact"
    assert feature["properties"]["people"] == 42
    assert response.json()["numberMatched"] == 1
    assert response["Content-Crs"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    assert response["Cache-Control"] == "private, no-cache"
    assert b"Ailleurs" not in response.content


def test_around_its_area_a_commune_reads_a_blurred_position(
    client: Client, territories: Any
) -> None:
    partner = make_user(Role.PARTNER, Level.COMMUNE, "93066")
    own = make_site(2.3512345, 48.9312345, name="Chez nous")
    around = make_site(2.4512345, 48.9312345, name="Voisin secret")
    response = client.get("/ogc/collections/sites/items", headers=bearer(partner))
    features = {feature["id"]: feature for feature in response.json()["features"]}
    assert features[own.pk]["properties"]["precision"] == "exact"
    blurred = features[around.pk]
    assert blurred["properties"]["precision"] == "500m"
    assert blurred["geometry"]["coordinates"] == [
        round(around.grid_point.x, 7),
        round(around.grid_point.y, 7),
    ]
    assert not {"name", "address", "location_accuracy"} & set(blurred["properties"])
    assert b"Voisin secret" not in response.content
    named = client.get("/ogc/collections/sites/items?name=Voisin secret", headers=bearer(partner))
    assert ids(named) == []


def test_pages_by_key_hold_while_rows_come_and_go(
    client: Client, territories: Any, admin_93: Any
) -> None:
    headers = bearer(admin_93)
    before = {make_site(2.31 + i / 100).pk for i in range(7)}
    address: str | None = "/ogc/collections/sites/items?limit=3"
    seen: list[int] = []
    while address:
        response = client.get(address, headers=headers)
        seen += ids(response)
        links = {link["rel"]: link for link in response.json()["links"]}
        following = links.get("next")
        assert following is None or following["type"] == "application/geo+json"
        address = following["href"].removeprefix("http://testserver") if following else None
        make_site(2.32)
    assert len(seen) == len(set(seen))
    assert before <= set(seen)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("couleur=rouge", "couleur"),
        ("bbox=1,2,3", "bbox"),
        ("bbox=2,49,1,48", "bbox"),
        ("bbox=a,b,c,d", "bbox"),
        ("datetime=hier", "datetime"),
        ("datetime=2025-01-01/2024-01-01", "datetime"),
        ("datetime=../..", "datetime"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("status=fini", "status"),
        ("people=beaucoup", "people"),
        ("cursor=abc", "cursor"),
        ("f=xml", "f"),
    ],
)
def test_bad_parameters_are_refused_by_name(
    client: Client, territories: Any, admin_93: Any, query: str, field: str
) -> None:
    response = client.get(f"/ogc/collections/sites/items?{query}", headers=bearer(admin_93))
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["parameter"] == field


def test_filters_box_and_dates(client: Client, territories: Any, admin_93: Any) -> None:
    headers = bearer(admin_93)
    west = make_site(
        2.31, declared_on=dt.date(2023, 1, 1), field_type="building", population={"people": 5}
    )
    east = make_site(
        2.49, declared_on=dt.date(2024, 6, 1), living={"water_access_type": "reservoir"}
    )
    close_site(west)

    def asked(query: str, name: str = "sites") -> list[int]:
        return ids(client.get(f"/ogc/collections/{name}/items?{query}", headers=headers))

    assert asked("status=closed") == [west.pk]
    assert sorted(asked("status=open,closed")) == sorted([west.pk, east.pk])
    assert asked("water=bad") == [east.pk]
    assert asked("field_type=building") == [west.pk]
    assert asked("bbox=2.4,48.9,2.5,49") == [east.pk]
    assert asked("bbox=170,-10,-170,10") == []
    assert asked("datetime=2024-01-01") == [west.pk]
    assert asked("datetime=2022-01-01") == []
    assert asked("datetime=2025-03-01/..") == [east.pk]
    assert asked("datetime=2025-03-01T%2F..") == [east.pk]
    assert asked("datetime=2024-01-01&status=open") == [west.pk]
    assert len(asked("datetime=2025-01-01/2025-12-31", "evacuations")) == 1
    assert asked("datetime=2024-01-01/2024-12-31", "evacuations") == []
    assert asked("", "resorptions") == []


def test_the_population_of_a_past_date(client: Client, territories: Any, admin_93: Any) -> None:
    site = make_site(population={"people": 30}, observed_on=dt.date(2024, 3, 1))
    site_update(
        by=None,
        scope=Scope.nation(),
        site_id=site.pk,
        population={"people": 70},
        observed_on=dt.date(2025, 3, 1),
    )
    for day, people in (("2024-12-31", 30), ("2025-03-01", 70)):
        response = client.get(
            f"/ogc/collections/sites/items/{site.pk}?datetime={day}", headers=bearer(admin_93)
        )
        assert response.json()["properties"]["people"] == people


def test_an_unchanged_answer_is_304_and_an_edit_changes_it(
    client: Client, territories: Any, admin_93: Any
) -> None:
    headers = bearer(admin_93)
    site = make_site()
    first = client.get("/ogc/collections/sites/items", headers=headers)
    held = headers | {"If-None-Match": first["ETag"]}
    assert client.get("/ogc/collections/sites/items", headers=held).status_code == 304
    site_update(by=None, scope=Scope.nation(), site_id=site.pk, field_type="building")
    assert client.get("/ogc/collections/sites/items", headers=held).status_code == 200


def test_tokens(client: Client, territories: Any, admin_93: Any) -> None:
    token, text = token_create(user=admin_93, name="QGIS", purpose="carte", collections=["sites"])
    assert text not in (token.digest, token.prefix)
    basic = base64.b64encode(f"quiconque:{text}".encode()).decode()
    address = "/ogc/collections/sites/items"
    assert client.get(address, headers={"Authorization": f"Basic {basic}"}).status_code == 200
    evacuations = "/ogc/collections/evacuations/items"
    assert client.get(evacuations, headers={"Authorization": f"Bearer {text}"}).status_code == 404
    wrong = client.get(address, headers={"Authorization": f"Bearer {token.prefix}.faux"})
    assert wrong.status_code == 401
    token_revoke(token=token)
    assert client.get(address, headers={"Authorization": f"Bearer {text}"}).status_code == 401


def test_footprints_are_for_readers_of_the_exact_place(
    client: Client, territories: Any, all_may_export: None
) -> None:
    make_site(footprint=square(2.3500, 48.9300, 2.3510, 48.9310))
    observer = make_user(Role.OBSERVER, Level.DEPARTEMENT, "93")
    client.force_login(observer)
    assert client.get("/ogc/collections/site-footprints/items").status_code == 404
    assert len(ids(client.get("/ogc/collections/sites/items"))) == 1
    client.force_login(make_user(Role.CORRESPONDENT, Level.DEPARTEMENT, "93"))
    (feature,) = client.get("/ogc/collections/site-footprints/items").json()["features"]
    assert feature["geometry"]["type"] == "MultiPolygon"
    assert feature["properties"]["area_m2"] == pytest.approx(8151, rel=0.02)


def test_one_page_is_a_bounded_number_of_queries(
    client: Client, territories: Any, admin_93: Any, django_assert_max_num_queries: Any
) -> None:
    for i in range(5):
        make_site(2.31 + i / 100)
    client.force_login(admin_93)
    # Session, account, version of rights, roles, grants, version; the page in a transaction with
    # its limit; the log of what it tells of owners, in its own.
    with django_assert_max_num_queries(13):
        client.get("/ogc/collections/sites/items")
    # Roles and grants are remembered.
    with django_assert_max_num_queries(11):
        client.get("/ogc/collections/sites/items")


def test_a_text_is_searched_only_in_what_the_reader_may_see(
    client: Client, territories: Any, admin_93: Any, all_may_export: None
) -> None:
    """`q` finds words in reference, commune and name; a blurred reader has no name to search."""
    site = make_site(2.35, 48.93, name="Friche de l'Écluse")
    make_site(2.45, 48.93, name="Autre lieu")
    address = "/ogc/collections/sites/items"
    exact = bearer(admin_93)
    assert ids(client.get(address, {"q": "ecluse friche"}, headers=exact)) == [site.pk]
    assert ids(client.get(address, {"q": "saint-denis"}, headers=exact)) == [site.pk]
    assert ids(client.get(address, {"q": "ecluse bobigny"}, headers=exact)) == []
    client.force_login(make_user(Role.OBSERVER, Level.DEPARTEMENT, "93"))
    assert ids(client.get(address, {"q": "ecluse"})) == []
    assert ids(client.get(address, {"q": site.reference})) == [site.pk]
    assert client.get(address, {"q": "x" * 101}).json()["parameter"] == "q"
    assert client.get("/ogc/collections/evacuations/items", {"q": "x"}).status_code == 400

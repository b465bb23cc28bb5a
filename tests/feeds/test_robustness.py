"""Parameters meant to break: every refusal is a 400 that names the parameter, never a failure."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from geo.accounts.enums import Level, Role
from geo.core.scope import Scope
from geo.sites.models import Reinstallation
from geo.sites.services import site_update
from tests.support.factories import make_site, make_user

pytestmark = pytest.mark.django_db
ITEMS = "/ogc/collections/sites/items"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=%C2%B2", "limit"),
        ("limit=1e3", "limit"),
        ("limit=99999999999999999999", "limit"),
        ("commune=%00", "commune"),
        ("datetime=0001-01-01T00:00:00%2B10:00", "datetime"),
        ("datetime=9999-12-31T23:59:59Z", "datetime"),
        ("datetime=2024-01-01T00:00:00", "datetime"),
        ("bbox=nan,48,3,49", "bbox"),
        ("resultType=count", "resultType"),
    ],
)
def test_hostile_values_are_refused_by_name(
    client: Client, territories: Any, national_admin: Any, query: str, field: str
) -> None:
    client.force_login(national_admin)
    response = client.get(f"{ITEMS}?{query}")
    assert response.status_code == 400
    assert response.json()["parameter"] == field


def test_figures_beyond_every_column_match_nothing(
    client: Client, territories: Any, national_admin: Any
) -> None:
    make_site()
    client.force_login(national_admin)
    assert client.get(f"{ITEMS}?people={10**30}").json()["features"] == []
    assert client.get(f"{ITEMS}/{10**30}").status_code == 404


def test_a_cursor_serves_its_own_walk_only(
    client: Client, territories: Any, national_admin: Any, admin_93: Any
) -> None:
    for i in range(3):
        make_site(2.31 + i / 100)
    client.force_login(national_admin)
    body = client.get(f"{ITEMS}?limit=1&bbox=2,48,3,49").json()
    following = next(link["href"] for link in body["links"] if link["rel"] == "next")
    assert client.get(following).status_code == 200
    for changed in (
        following.replace("bbox=2", "bbox=1"),
        following.replace("?", "?status=open&"),
        following.replace("?", "?datetime=2025-01-01&"),
        following.replace("/sites/", "/evacuations/"),
    ):
        refused = client.get(changed)
        assert (refused.status_code, refused.json()["parameter"]) == (400, "cursor")
    client.force_login(admin_93)
    assert client.get(following).status_code == 400


def test_hits_counts_without_features(
    client: Client, territories: Any, national_admin: Any
) -> None:
    make_site(2.31)
    make_site(2.32)
    client.force_login(national_admin)
    body = client.get(f"{ITEMS}?resultType=hits").json()
    assert (body["numberMatched"], body["numberReturned"], body["features"]) == (2, 0, [])


def test_every_document_has_a_validator(client: Client, territories: Any) -> None:
    for path in ("", "api", "conformance", "collections", "collections/communes/schema"):
        first = client.get(f"/ogc/{path}")
        assert first["Cache-Control"] == "private, no-cache"
        held = {"If-None-Match": first["ETag"]}
        assert client.get(f"/ogc/{path}", headers=held).status_code == 304
        assert client.get(f"/ogc/{path}?lang=fr").status_code == 400


def test_one_feature_has_a_validator(client: Client, territories: Any, national_admin: Any) -> None:
    site = make_site()
    client.force_login(national_admin)
    general = {"properties": "reference"}
    first = client.get(f"{ITEMS}/{site.pk}", general)
    held = {"If-None-Match": first["ETag"]}
    assert client.get(f"{ITEMS}/{site.pk}", general, headers=held).status_code == 304
    make_site()
    assert client.get(f"{ITEMS}/{site.pk}", general, headers=held).status_code == 304
    site_update(by=None, scope=Scope.nation(), site_id=site.pk, field_type="building")
    changed = client.get(f"{ITEMS}/{site.pk}", general, headers=held)
    assert changed.status_code == 200
    zipped = client.get(f"{ITEMS}/{site.pk}", headers={"Accept-Encoding": "gzip"})
    assert zipped["ETag"].endswith(':gzip"')
    # Strong, so that it can be the condition of a writing; the row's version comes first.
    assert [tag.split("-")[0] for tag in (first["ETag"], changed["ETag"])] == ['"1', '"2']


@pytest.mark.usefixtures("all_may_export")
@pytest.mark.parametrize(
    ("role", "departement", "precision"),
    [
        (Role.NATIONAL_ADMIN, "", "exact"),
        (Role.LOCAL_ADMIN, "93", "exact"),
        (Role.NATIONAL_PARTNER, "", "commune"),
        (Role.OBSERVER, "93", "500m"),
    ],
)
def test_reinstallations_join_the_points_the_reader_sees(
    client: Client, territories: Any, role: str, departement: str, precision: str
) -> None:
    origin, arrival = make_site(2.3512345, 48.93), make_site(2.4512345, 48.93)
    far = make_site(5.4, 43.3)
    for site in (arrival, far):
        Reinstallation.objects.create(
            origin=origin, site=site, people=12, happened_on=dt.date(2025, 1, 5)
        )
    level = Level.DEPARTEMENT if departement else Level.NATION
    client.force_login(make_user(role, level, departement))
    response = client.get("/ogc/collections/reinstallations/items?bbox=2,48,3,49")
    seen = {feature["properties"]["site"]: feature for feature in response.json()["features"]}
    # The line to a site outside the reader's areas does not exist for a departement's reader.
    assert set(seen) == ({arrival.pk} if departement else {arrival.pk, far.pk})
    sites = client.get(ITEMS).json()["features"]
    points = {feature["id"]: feature["geometry"]["coordinates"] for feature in sites}
    assert seen[arrival.pk]["geometry"]["coordinates"] == [points[origin.pk], points[arrival.pk]]
    assert {feature["properties"]["precision"] for feature in sites} == {precision}
    assert (response.json()["features"][0]["geometry"]["type"]) == "LineString"


def test_a_box_is_met_by_the_geometry_not_by_its_box(client: Client, territories: Any) -> None:
    """A diagonal line whose own box covers the one asked is not in it."""
    origin, arrival = make_site(2.31, 48.91), make_site(2.49, 48.95)
    Reinstallation.objects.create(
        origin=origin, site=arrival, people=3, happened_on=dt.date(2025, 1, 5)
    )
    client.force_login(make_user(Role.NATIONAL_ADMIN))
    address = "/ogc/collections/reinstallations/items?bbox="
    assert client.get(f"{address}2.32,48.94,2.33,48.945").json()["features"] == []
    assert len(client.get(f"{address}2.39,48.92,2.41,48.94").json()["features"]) == 1


def test_what_is_compiled_once_is_never_another_readers(
    client: Client, territories: Any, admin_93: Any
) -> None:
    here, there = make_site(2.35, 48.93), make_site(5.4, 43.3)
    admin_13 = make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "13")
    for _ in range(2):
        for user, expected in ((admin_93, here), (admin_13, there)):
            client.force_login(user)
            features = client.get(ITEMS).json()["features"]
            assert [feature["id"] for feature in features] == [expected.pk]


def test_a_page_that_takes_too_long_is_abandoned(
    client: Client, territories: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FEED_TIMEOUT_MS = 50
    slow = "SELECT s.id, s.subject, pg_sleep(5)::text AS feature FROM ({}) s"
    monkeypatch.setattr("feeds.sql.feature_sql", lambda source, *_: slow.format(source.sql))
    response = client.get("/ogc/collections/departements/items")
    assert (response.status_code, response["Cache-Control"]) == (503, "no-store")

"""POST: a feature is made by who may, in any served reference system, or nothing is."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import zlib
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from geo.core.crs import transformer
from geo.sites.history_models import SiteEvent
from geo.sites.models import Footprint, Site
from tests.support.factories import make_site, make_user
from tests.support.feed_writes import (
    EPSG,
    FOOTPRINTS,
    HERE,
    OUTLINE,
    SITES,
    events,
    outline_body,
    refused,
    send,
    site_body,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client, admin_93: Any) -> Client:
    client.force_login(admin_93)
    return client


def made(response: Any) -> Site:
    assert response.status_code == 201, response.content
    return Site.objects.select_related("location").get(pk=response["Location"].rpartition("/")[2])


def test_a_site_is_made_by_its_service_and_told(admin: Client, admin_93: Any) -> None:
    body = site_body(
        address="1 rue inventée", opened_on="2024-03-01", field_type="land", resorption_target=2027
    )
    response = send(admin, "POST", SITES, body, headers={"If-None-Match": "*"})
    site = made(response)
    assert response["Location"] == f"http://testserver{SITES}/{site.pk}"
    assert (site.departement_id, site.created_by, site.version) == ("93", admin_93, 1)
    assert (site.opened_on, site.field_type, site.resorption_target) == (
        dt.date(2024, 3, 1),
        "land",
        2027,
    )
    assert (site.location.name, site.location.address_label) == ("Site inventé", "1 rue inventée")
    assert site.reference.startswith("93-")
    read = admin.get(f"{SITES}/{site.pk}")
    assert read["ETag"] == response["ETag"]
    assert read.json()["geometry"]["coordinates"] == HERE
    event = SiteEvent.objects.filter(site_id=site.pk).order_by("pk").first()
    assert event is not None
    assert (event.context["user"], event.context["why"]) == (admin_93.pk, "ogc-items")
    assert event.context["request"]


def test_what_is_not_said_is_unknown(admin: Client) -> None:
    site = made(send(admin, "POST", SITES, site_body(), media="application/json"))
    assert (site.field_type, site.resorption_target) == ("unknown", None)
    assert site.declared_on == timezone.localdate()


@pytest.mark.parametrize("srid", [4326, 3857, 2154])
def test_coordinates_are_in_the_system_that_is_said(admin: Client, srid: int) -> None:
    x, y = transformer(4326, srid).transform(*HERE)
    at = [HERE[1], HERE[0]] if srid == 4326 else [x, y]
    for crs in (f"<{EPSG}{srid}>", f"{EPSG}{srid}"):
        site = made(send(admin, "POST", SITES, site_body(at), headers={"Content-Crs": crs}))
        assert (site.location.geom.x, site.location.geom.y) == pytest.approx(HERE, abs=1e-7)
    refused(
        send(admin, "POST", SITES, site_body(), headers={"Content-Crs": f"{EPSG}27572"}),
        400,
        "Content-Crs",
    )


def test_a_new_feature_of_a_gis_program_has_every_property_empty(admin: Client) -> None:
    names = admin.get("/ogc/collections/sites/schema").json()["properties"]
    empty = dict.fromkeys(set(names) - {"id", "geometry", "name", "opened_on"})
    made(send(admin, "POST", SITES, site_body(**empty)))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"properties": {}}, "name"),
        ({"properties": {"name": "  "}}, "name"),
        ({"properties": {"name": "x" * 161}}, "name"),
        ({"properties": {"name": "a\x00b"}}, "name"),
        ({"properties": {"name": "a", "field_type": "château"}}, "field_type"),
        ({"properties": {"name": "a", "opened_on": "hier"}}, "opened_on"),
        ({"properties": {"name": "a", "opened_on": "2999-01-01"}}, "opened_on"),
        ({"properties": {"name": "a", "opened_on": "1901-01-01"}}, "opened_on"),
        ({"properties": {"name": "a", "resorption_target": 1}}, "resorption_target"),
        ({"properties": {"name": "a", "people": 3}}, "people"),
        ({"properties": {"name": "a", "reference": "93-X"}}, "reference"),
        ({"properties": {"name": "a", "owner_name": "X"}}, "owner_name"),
        ({"properties": {"name": "a", "couleur": "bleu"}}, "couleur"),
        ({"properties": None}, "properties"),
        ({"properties": []}, "properties"),
        ({"geometry": None}, "geometry"),
        ({"geometry": "POINT(2 48)"}, "geometry"),
        ({"geometry": {"type": "Point"}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": ["a", 1]}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": [2.35]}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": [300, 48.9]}}, "geometry"),
        ({"geometry": OUTLINE}, "geometry"),
        ({"crs": {"type": "name", "properties": {"name": "EPSG:2154"}}}, "crs"),
        ({"type": "FeatureCollection"}, "type"),
        ({"type": None}, "type"),
        ({"autre": 1}, "autre"),
    ],
)
def test_what_is_malformed_is_a_400_that_names_it(
    admin: Client, change: dict[str, Any], field: str
) -> None:
    before = events()
    refused(send(admin, "POST", SITES, site_body() | change), 400, field)
    assert (Site.objects.count(), events()) == (0, before)


def test_a_body_is_json_of_a_known_kind_and_size(admin: Client) -> None:
    refused(send(admin, "POST", SITES, b"{", media="application/json"), 400, "body")
    refused(send(admin, "POST", SITES, b" "), 400, "body")
    refused(send(admin, "POST", SITES, b"[" * 100_000), 400, "body")
    refused(send(admin, "POST", SITES, [1]), 400, "body")
    refused(send(admin, "POST", SITES, site_body(), media="text/plain"), 415)
    refused(admin.post(SITES, {"name": "x"}), 415)
    refused(send(admin, "POST", SITES, b" " * 400_000), 413)
    refused(send(admin, "POST", f"{SITES}?crs={EPSG}2154", site_body()), 400, "crs")


def test_a_compressed_body_is_measured_once_open(admin: Client) -> None:
    plain = json.dumps(site_body()).encode()
    for coding, pack in (("gzip", gzip.compress), ("deflate", zlib.compress)):
        headers = {"Content-Encoding": coding}
        made(send(admin, "POST", SITES, pack(plain), headers=headers))
        refused(send(admin, "POST", SITES, pack(b" " * 50_000_000), headers=headers), 413)
        refused(send(admin, "POST", SITES, pack(plain)[:-9], headers=headers), 400, "body")
        refused(send(admin, "POST", SITES, b"x", headers=headers), 400, "body")
    refused(send(admin, "POST", SITES, plain, headers={"Content-Encoding": "br"}), 415)


def test_a_place_that_cannot_be_used_is_a_422(admin: Client) -> None:
    told = refused(send(admin, "POST", SITES, site_body([48.93, 2.35])), 422, "geometry")
    assert "inversées" in told["detail"]
    refused(send(admin, "POST", SITES, site_body([-3.0, 43.0])), 422, "geometry")
    far = send(admin, "POST", SITES, site_body([9e8, 9e8]), headers={"Content-Crs": f"{EPSG}2154"})
    refused(far, 422, "geometry")


def test_elsewhere_is_forbidden_and_nothing_stays(admin: Client) -> None:
    before = events()
    told = refused(send(admin, "POST", SITES, site_body([5.4, 43.3])), 403)
    assert "hors de votre territoire" in told["detail"]
    assert (Site.objects.count(), events()) == (0, before)


def test_who_may_not_is_told_so_and_the_unknown_is_unknown(
    client: Client, territories: Any
) -> None:
    assert client.options(SITES).status_code == 404
    refused(send(client, "POST", SITES, site_body()), 404)
    refused(send(client, "POST", "/ogc/collections/communes/items", site_body()), 405)
    for role in ("observer", "national_partner", "partner"):
        place = () if role == "national_partner" else ("departement", "93")
        client.force_login(make_user(role, *place))
        refused(send(client, "POST", SITES, site_body()), 403)
        assert "POST" not in client.options(SITES)["Allow"]


def test_a_session_writes_from_its_own_pages_alone(admin_93: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_93)
    told = refused(send(client, "POST", SITES, site_body()), 403)
    assert "X-CSRFToken" in told["detail"]
    client.get("/sites/nouveau/")
    token = client.cookies["csrftoken"].value
    made(send(client, "POST", SITES, site_body(), headers={"X-CSRFToken": token}))


class TestOutlines:
    def test_one_is_made_on_its_day(self, admin: Client) -> None:
        site = make_site()
        response = send(admin, "POST", FOOTPRINTS, outline_body(site, observed_on="2024-06-01"))
        assert response.status_code == 201, response.content
        row = Footprint.objects.get(site=site)
        assert response["Location"].endswith(f"/{row.pk}")
        assert (row.observed_on, round(row.area_m2)) == (dt.date(2024, 6, 1), 32_594)
        assert admin.get(f"{FOOTPRINTS}/{row.pk}")["ETag"] == response["ETag"]
        again = outline_body(site, observed_on="2024-06-01")
        refused(send(admin, "POST", FOOTPRINTS, again), 409)
        assert Footprint.objects.count() == 1

    def test_in_lambert_93(self, admin: Client) -> None:
        site = make_site()
        moved = [
            list(transformer(4326, 2154).transform(*each)) for each in OUTLINE["coordinates"][0]
        ]  # type: ignore[index]
        shape = {"type": "MultiPolygon", "coordinates": [[moved]]}
        headers = {"Content-Crs": f"<{EPSG}2154>"}
        response = send(admin, "POST", FOOTPRINTS, outline_body(site, shape), headers=headers)
        assert response.status_code == 201
        assert Footprint.objects.get().area_m2 == pytest.approx(32_594, abs=1)

    @pytest.mark.parametrize(
        ("coordinates", "status", "words"),
        [
            ([[[2.35, 48.93], [2.36, 48.94], [2.36, 48.93], [2.35, 48.94], [2.35, 48.93]]], 422,
             "Le contour se croise près de 48.93500, 2.35500"),
            ([[[2.35, 48.93], [2.36, 48.94], [12.0, 48.93], [2.35, 48.93]]], 422,
             "le 3e du contour n° 1"),
            ([[[2.35, 48.93], [2.36, 48.94]]], 422, "trois sommets"),
            ([[[2.35, 48.93 + i / 1e6] for i in range(2_001)]], 422, "2000"),
            ([[[2.35, 48.93], "x"]], 400, "position"),
            ([], 400, "contour"),
        ],
    )  # fmt: skip
    def test_a_shape_that_cannot_be_used_says_where(
        self, admin: Client, coordinates: Any, status: int, words: str
    ) -> None:
        site = make_site()
        shape = {"type": "Polygon", "coordinates": coordinates}
        told = refused(
            send(admin, "POST", FOOTPRINTS, outline_body(site, shape)), status, "geometry"
        )
        assert words in told["detail"]
        assert not Footprint.objects.exists()

    def test_of_a_site_that_is_not_theirs_it_is_unknown(self, admin: Client) -> None:
        there = make_site(5.4, 43.3)
        refused(send(admin, "POST", FOOTPRINTS, outline_body(there)), 400, "site")
        site = make_site()
        future = outline_body(site, observed_on="2999-01-01")
        refused(send(admin, "POST", FOOTPRINTS, future), 400, "observed_on")

"""PUT: the whole of what its writer sees is replaced; what they cannot see is kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from geo.core.scope import Scope
from geo.sites.models import Footprint, Site, SiteOwner
from geo.sites.services import site_update
from tests.support.factories import make_site, make_user
from tests.support.feed_writes import (
    EPSG,
    FOOTPRINTS,
    OUTLINE,
    SITES,
    events,
    outline_body,
    read,
    refused,
    send,
    site_body,
)
from tests.support.restricted import fill

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client, admin_93: Any) -> Client:
    client.force_login(admin_93)
    return client


def now(site: Site) -> Site:
    return Site.objects.select_related("location").get(pk=site.pk)


def test_what_was_read_is_sent_back_changed_and_nothing_else_moves(admin: Client) -> None:
    site = make_site(
        access_details="Passer par le quai inventé",
        address_label="1 rue inventée",
        heatwave_risk=True,
        built_on=dt.date(2023, 5, 1),
        population={"people": 40, "minors": 12},
    )
    fill(site)
    path = f"{SITES}/{site.pk}"
    feature, held = read(admin, path)
    # All of it, the restricted properties that it was given included.
    feature["properties"] |= {"name": "Autre nom", "field_type": "building"}
    response = send(admin, "PUT", path, feature, headers=held)
    assert (response.status_code, response.content) == (204, b"")
    assert response["ETag"] == admin.get(path)["ETag"] != held["If-Match"]
    after = now(site)
    assert (after.location.name, after.field_type) == ("Autre nom", "building")
    assert (after.location.address_label, after.location.access_details) == (
        "1 rue inventée",
        "Passer par le quai inventé",
    )
    assert (after.heatwave_risk, after.declared_on, after.opened_on) == (
        True,
        dt.date(2024, 3, 1),
        dt.date(2023, 5, 1),
    )
    assert after.populations.count() == 1
    assert SiteOwner.objects.filter(site=site).exists()
    # To the decimals that were read, the place is the same.
    assert after.location.geom.equals_exact(site.location.geom, 0)
    properties = admin.get(path).json()["properties"]
    assert properties["people"] == 40


def test_what_is_left_out_is_emptied(admin: Client) -> None:
    site = make_site(address_label="1 rue inventée", resorption_target=2027, field_type="land")
    path = f"{SITES}/{site.pk}"
    _, held = read(admin, path)
    assert send(admin, "PUT", path, site_body(), headers=held).status_code == 204
    after = now(site)
    assert (after.location.address_label, after.resorption_target, after.field_type) == (
        "",
        None,
        "unknown",
    )
    # A site has a beginning.
    assert after.opened_on == dt.date(2024, 3, 1)


def test_the_same_again_writes_nothing(admin: Client) -> None:
    site = make_site()
    path = f"{SITES}/{site.pk}"
    feature, held = read(admin, path)
    before = events()
    assert send(admin, "PUT", path, feature, headers=held)["ETag"] == held["If-Match"]
    assert (now(site).version, events()) == (1, before)


@pytest.mark.parametrize("srid", [4326, 3857, 2154])
def test_a_place_is_replaced_in_any_system(admin: Client, srid: int) -> None:
    site = make_site()
    path, crs = f"{SITES}/{site.pk}", f"{EPSG}{srid}"
    feature, held = read(admin, f"{path}?crs={crs}")
    headers = held | {"Content-Crs": f"<{crs}>"}
    assert send(admin, "PUT", path, feature, headers=headers).status_code == 204
    assert now(site).version == 1
    step = 0.001 if srid == 4326 else 100
    feature["geometry"]["coordinates"][0] += step
    assert send(admin, "PUT", path, feature, headers=headers).status_code == 204
    assert now(site).version == 2
    again = admin.get(f"{path}?crs={crs}").json()["geometry"]["coordinates"]
    assert again == pytest.approx(feature["geometry"]["coordinates"], abs=step / 1000)


def test_the_version_read_is_said_and_is_the_last(admin: Client) -> None:
    site = make_site()
    path = f"{SITES}/{site.pk}"
    feature, held = read(admin, path)
    refused(send(admin, "PUT", path, feature), 428)
    refused(send(admin, "PUT", path, feature, headers={"If-Match": "*"}), 428)
    for other in ('"0"', "1", '"12-abc"', f"W/{held['If-Match']}", "x" * 9_000):
        refused(send(admin, "PUT", path, feature, headers={"If-Match": other}), 412)
    # Beside others, and as it was read in another encoding of the same version.
    several = {"If-Match": f'"7-x", {held["If-Match"]}'}
    assert send(admin, "PUT", path, feature, headers=several).status_code == 204
    site_update(by=None, scope=Scope.nation(), site_id=site.pk, name="Entre-temps")
    feature["properties"]["name"] = "Le mien"
    before = events()
    told = refused(send(admin, "PUT", path, feature, headers=held), 412)
    assert told["versions"]["sent"] == held["If-Match"]
    assert told["versions"]["current"] == admin.get(path)["ETag"]
    assert (told["current"]["properties"]["name"], told["sent"]["properties"]["name"]) == (
        "Entre-temps",
        "Le mien",
    )
    assert told["differences"] == ["name"]
    assert (now(site).location.name, events()) == ("Entre-temps", before)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("people", 7),
        ("status", "closed"),
        ("commune", "93008"),
        ("reference", "93-AUTRE"),
        ("updated_at", "2020-01-01T00:00:00Z"),
        ("owner_name", "Propriétaire inventé"),
        ("bailiff", "Étude inventée"),
        ("inconnue", None),
    ],
)
def test_what_is_only_read_is_refused_once_changed(admin: Client, name: str, value: Any) -> None:
    site = make_site()
    fill(site)
    path = f"{SITES}/{site.pk}"
    feature, held = read(admin, path)
    feature["properties"][name] = value
    before = events()
    refused(send(admin, "PUT", path, feature, headers=held), 400, name)
    assert events() == before


def test_a_malformed_body_changes_nothing(admin: Client) -> None:
    site = make_site()
    path = f"{SITES}/{site.pk}"
    feature, held = read(admin, path)
    for change, status, field in (
        ({"id": site.pk + 1}, 400, "id"),
        ({"geometry": None}, 400, "geometry"),
        ({"properties": {}}, 400, "name"),
        ({"geometry": {"type": "Point", "coordinates": [-3.0, 43.0]}}, 422, "geometry"),
    ):
        refused(send(admin, "PUT", path, feature | change, headers=held), status, field)
    refused(send(admin, "PUT", path, feature, media="text/xml", headers=held), 415)
    refused(
        send(admin, "PUT", path, feature, media="application/merge-patch+json", headers=held), 415
    )
    assert now(site).version == 1


def test_moving_to_another_departement_needs_the_right_there(
    client: Client, admin_93: Any, national_admin: Any
) -> None:
    site = make_site()
    path = f"{SITES}/{site.pk}"
    client.force_login(admin_93)
    feature, held = read(client, path)
    feature["geometry"]["coordinates"] = [5.4, 43.3]
    feature["properties"]["name"] = "Déplacé"
    refused(send(client, "PUT", path, feature, headers=held), 403)
    assert (now(site).departement_id, now(site).location.name) == ("93", "Site inventé")
    client.force_login(national_admin)
    assert send(client, "PUT", path, feature, headers=held).status_code == 204
    assert (now(site).departement_id, now(site).location.name) == ("13", "Déplacé")


def test_who_may_not_is_told_so_and_the_unknown_is_unknown(
    client: Client, territories: Any, all_may_export: None
) -> None:
    site = make_site()
    path = f"{SITES}/{site.pk}"
    any_version = {"If-Match": '"1-x"'}
    refused(send(client, "PUT", path, site_body(), headers=any_version), 404)
    for role, status in (("national_partner", 403), ("observer", 403), ("local_admin", 404)):
        code = {"observer": "93", "local_admin": "13"}.get(role)
        client.force_login(make_user(role, *(("departement", code) if code else ())))
        refused(send(client, "PUT", path, site_body(), headers=any_version), status)
        assert not {"PUT", "PATCH", "DELETE"} & set(client.options(path)["Allow"].split(", "))
    refused(send(client, "PUT", f"{SITES}/x", site_body(), headers=any_version), 404)
    refused(send(client, "PUT", "/ogc/collections/communes/items/1", site_body()), 405)
    assert now(site).version == 1


def test_an_outline_is_replaced_on_its_day(admin: Client) -> None:
    site = make_site()
    send(admin, "POST", FOOTPRINTS, outline_body(site, observed_on="2024-06-01"))
    row = Footprint.objects.get()
    path = f"{FOOTPRINTS}/{row.pk}"
    feature, held = read(admin, path)
    version = now(site).version
    assert send(admin, "PUT", path, feature, headers=held).status_code == 204
    assert now(site).version == version
    ring = [[x + 0.001, y] for x, y in OUTLINE["coordinates"][0]]
    feature["geometry"] = {"type": "Polygon", "coordinates": [ring]}
    assert send(admin, "PUT", path, feature, headers=held).status_code == 204
    assert now(site).version == version + 1
    assert Footprint.objects.get().geom.extent[0] == pytest.approx(2.351)
    refused(send(admin, "PUT", path, feature, headers=held), 412)
    _, held = read(admin, path)
    moved = feature | {"properties": {"site": site.pk, "observed_on": "2024-07-01"}}
    refused(send(admin, "PUT", path, moved, headers=held), 400, "observed_on")
    other = feature | {"properties": {"site": make_site(2.36).pk}}
    refused(send(admin, "PUT", path, other, headers=held), 400, "site")

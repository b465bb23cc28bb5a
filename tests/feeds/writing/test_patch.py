"""PATCH: the members that are named, and no other (RFC 7396)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from geo.core.scope import Scope
from geo.sites.models import Site
from geo.sites.services import site_update
from tests.support.factories import make_site
from tests.support.feed_writes import EPSG, MERGE, SITES, events, read, refused, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client, admin_93: Any) -> Client:
    client.force_login(admin_93)
    return client


@pytest.fixture
def site(territories: Any) -> Site:
    made: Site = make_site(address_label="1 rue inventée", resorption_target=2027)
    return made


def now(site: Site) -> Site:
    return Site.objects.select_related("location").get(pk=site.pk)


@pytest.mark.parametrize("media", [MERGE, "application/geo+json", "application/json"])
def test_one_property_is_written_and_the_others_stay(admin: Client, site: Site, media: str) -> None:
    path = f"{SITES}/{site.pk}"
    _, held = read(admin, path)
    part = {"properties": {"name": "Autre nom"}}
    response = send(admin, "PATCH", path, part, media=media, headers=held)
    assert response.status_code == 204, response.content
    assert response["ETag"] == admin.get(path)["ETag"]
    after = now(site)
    assert (after.location.name, after.location.address_label) == ("Autre nom", "1 rue inventée")
    assert (after.resorption_target, after.version) == (2027, 2)


def test_null_takes_a_value_away(admin: Client, site: Site) -> None:
    path = f"{SITES}/{site.pk}"
    _, held = read(admin, path)
    empty = {"properties": {"address": None, "resorption_target": None, "field_type": None}}
    assert send(admin, "PATCH", path, empty, media=MERGE, headers=held).status_code == 204
    after = now(site)
    assert (after.location.address_label, after.resorption_target, after.field_type) == (
        "",
        None,
        "unknown",
    )
    _, held = read(admin, path)
    for name in ("name", "opened_on"):
        part = {"properties": {name: None}}
        refused(send(admin, "PATCH", path, part, media=MERGE, headers=held), 400, name)


def test_a_place_moves_alone(admin: Client, site: Site) -> None:
    path, crs = f"{SITES}/{site.pk}", f"{EPSG}2154"
    feature, held = read(admin, f"{path}?crs={crs}")
    x, y = feature["geometry"]["coordinates"]
    for geometry in ({"type": "Point", "coordinates": [x + 50, y]}, {"coordinates": [x, y + 50]}):
        headers = held | {"Content-Crs": crs}
        part = {"geometry": geometry}
        assert send(admin, "PATCH", path, part, media=MERGE, headers=headers).status_code == 204
        again, held = read(admin, f"{path}?crs={crs}")
        assert again["geometry"]["coordinates"] == pytest.approx(geometry["coordinates"], abs=0.02)
    assert (now(site).version, now(site).location.name) == (3, "Site inventé")
    refused(send(admin, "PATCH", path, {"geometry": None}, media=MERGE, headers=held), 400,
            "geometry")  # fmt: skip


def test_an_empty_part_writes_nothing(admin: Client, site: Site) -> None:
    path = f"{SITES}/{site.pk}"
    _, held = read(admin, path)
    before = events()
    assert send(admin, "PATCH", path, {}, media=MERGE, headers=held).status_code == 204
    assert (now(site).version, events()) == (1, before)
    refused(send(admin, "PATCH", path, {"properties": None}, media=MERGE, headers=held), 400,
            "properties")  # fmt: skip


def test_a_version_is_said_or_any_is(admin: Client, site: Site) -> None:
    path = f"{SITES}/{site.pk}"
    _, held = read(admin, path)
    part = {"properties": {"name": "Le mien"}}
    refused(send(admin, "PATCH", path, part, media=MERGE), 428)
    site_update(by=None, scope=Scope.nation(), site_id=site.pk, field_type="building")
    refused(send(admin, "PATCH", path, part, media=MERGE, headers=held), 412)
    # Whatever the version: what others wrote in the other properties stays.
    any_version = {"If-Match": "*"}
    assert send(admin, "PATCH", path, part, media=MERGE, headers=any_version).status_code == 204
    assert (now(site).field_type, now(site).location.name) == ("building", "Le mien")


@pytest.mark.parametrize(
    ("name", "value"), [("people", 7), ("commune", "93008"), ("bailiff", "X"), ("autre", 1)]
)
def test_what_is_not_written_here_is_refused_by_name(
    admin: Client, site: Site, name: str, value: Any
) -> None:
    path = f"{SITES}/{site.pk}"
    _, held = read(admin, path)
    part = {"properties": {name: value, "name": "Autre nom"}}
    refused(send(admin, "PATCH", path, part, media=MERGE, headers=held), 400, name)
    assert now(site).location.name == "Site inventé"

"""The calls of an editing session of QGIS, in its order, with its headers and bodies.

Written from its OAPIF provider; it was not run here. What differs: QGIS names no version, hence
`If-Match: *` on PATCH, as an added header of its connection; PUT and DELETE name the one read.
"""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.test import Client

from geo.accounts.tokens import token_create
from geo.core.crs import transformer
from geo.sites.history_models import SiteEvent
from geo.sites.models import Site
from tests.support.factories import make_site
from tests.support.feed_writes import (
    EPSG,
    FOOTPRINTS,
    HERE,
    MERGE,
    SITES,
    outline_body,
    read,
    refused,
    send,
    site_body,
)

pytestmark = pytest.mark.django_db
LAMBERT = f"{EPSG}2154"
JSON = {"Accept": "application/json"}


def link(body: dict[str, Any], rel: str, media: str) -> str:
    found = next(each for each in body["links"] if (each["rel"], each["type"]) == (rel, media))
    return found["href"].removeprefix("http://testserver")


def test_a_session(client: Client, national_admin: Any, territories: Any) -> None:
    first = make_site(2.36)
    client.force_login(national_admin)
    landing = client.get("/ogc/", headers=JSON).json()
    api = client.get(
        link(landing, "service-desc", "application/vnd.oai.openapi+json;version=3.0")
    ).json()
    limit = api["components"]["parameters"]["limit"]["schema"]
    assert (limit["default"], limit["maximum"]) == (5_000, 10_000)
    base = link(landing, "data", "application/json") + "/sites"
    collection = client.get(base, headers=JSON).json()
    assert LAMBERT in collection["crs"]
    told = client.get("/ogc/conformance", headers=JSON).json()["conformsTo"]
    for name in ("2/1.0/conf/crs", "3/1.0/conf/filter", "4/1.0/conf/create-replace-delete"):
        assert any(each.endswith(f"ogcapi-features-{name}") for each in told)
    client.get(f"{base}/queryables")
    items = link(collection, "items", "application/geo+json")
    page = client.get(items, {"limit": "10", "crs": LAMBERT})
    assert page["Content-Crs"] == f"<{LAMBERT}>"
    shown = page.json()["features"][0]
    assert shown["id"] == first.pk
    schema = client.get(f"{base}/schema").json()["properties"]
    assert "POST" in client.options(items)["Allow"]
    assert {"PUT", "PATCH", "DELETE"} <= set(
        client.options(f"{items}/{shown['id']}")["Allow"].split(", ")
    )
    # Where a layer is empty, it asks of an id that it makes up.
    assert "PUT" in client.options(f"{items}/unknown_id")["Allow"]
    x, y = transformer(4326, 2154).transform(*HERE)
    box = {"bbox": f"{x - 900},{y - 900},{x + 900},{y + 900}", "bbox-crs": LAMBERT, "crs": LAMBERT}
    assert [each["id"] for each in client.get(items, box).json()["features"]] == [first.pk]

    # A new point: every field of the layer, empty but for those that were filled in.
    fields = dict.fromkeys(set(schema) - {"id", "geometry"})
    sent = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [round(x, 6), round(y, 6)]},
        "properties": fields | {"name": "Tracé dans QGIS", "opened_on": "2025-02-01"},
    }
    made = send(client, "POST", items, sent, headers={"Content-Crs": LAMBERT})
    assert made.status_code == 201, made.content
    pk = int(made["Location"].rpartition("/items/")[2])
    one = f"{items}/{pk}"
    site = Site.objects.select_related("location").get(pk=pk)
    assert site.location.geom.equals_exact(transform_back(x, y), 1e-6)
    assert (site.opened_on, site.field_type) == (dt.date(2025, 2, 1), "unknown")
    assert len(client.get(items, box).json()["features"]) == 2

    # The whole feature, as QGIS does where there is no PATCH.
    feature, held = read(client, f"{one}?crs={LAMBERT}")
    whole = {
        "type": "Feature",
        "id": str(pk),
        "geometry": feature["geometry"],
        "properties": feature["properties"] | {"field_type": "land"},
    }
    headers = {"Content-Crs": LAMBERT}
    refused(send(client, "PUT", one, whole, headers=headers), 428)
    assert send(client, "PUT", one, whole, headers=headers | held).status_code == 204
    # A point that is moved, then a value: one PATCH each.
    moved = {"geometry": {"type": "Point", "coordinates": [x + 25, y]}}
    any_version = {"If-Match": "*"}
    for part, more in ((moved, headers), ({"properties": {"resorption_target": 2028}}, {})):
        done = send(client, "PATCH", one, part, media=MERGE, headers=any_version | more)
        assert done.status_code == 204, done.content
    after = client.get(f"{one}?crs={LAMBERT}").json()
    assert after["geometry"]["coordinates"] == pytest.approx([x + 25, y], abs=0.02)
    assert (after["properties"]["field_type"], after["properties"]["resorption_target"]) == (
        "land",
        2028,
    )
    _, held = read(client, one)
    refused(send(client, "DELETE", one), 428)
    assert send(client, "DELETE", one, headers=held).status_code == 204
    assert [each["id"] for each in client.get(items, box).json()["features"]] == [first.pk]


def transform_back(x: float, y: float) -> Any:
    return Point(*transformer(2154, 4326).transform(round(x, 6), round(y, 6)), srid=4326)


@pytest.mark.parametrize("scheme", ["Bearer", "Basic"])
def test_a_token_that_only_reads_writes_nothing(client: Client, admin_93: Any, scheme: str) -> None:
    site = make_site()
    _, text = token_create(user=admin_93, name="QGIS inventé", purpose="Carte inventée", days=30)
    value = base64.b64encode(f"x:{text}".encode()).decode() if scheme == "Basic" else text
    headers = {"Authorization": f"{scheme} {value}"}
    path = f"{SITES}/{site.pk}"
    assert client.get(path, headers=headers).status_code == 200
    assert client.options(path, headers=headers)["Allow"] == "GET, HEAD, OPTIONS"
    assert client.options(SITES, headers=headers)["Allow"] == "GET, HEAD, OPTIONS"
    part = {"properties": {"name": "Autre nom"}}
    refused(send(client, "POST", SITES, part, headers=headers), 403)
    refused(
        send(client, "PATCH", path, part, media=MERGE, headers=headers | {"If-Match": "*"}), 403
    )
    assert Site.objects.get(pk=site.pk).version == 1


def test_a_token_that_writes_has_the_rights_of_its_owner_and_is_told(
    client: Client, admin_93: Any
) -> None:
    site, there = make_site(), make_site(5.4, 43.3)
    token, text = token_create(
        user=admin_93,
        name="QGIS inventé",
        purpose="Saisie inventée",
        days=30,
        collections=["sites"],
        methods=["write"],
    )
    # No cookie, hence no proof of origin beside the token itself.
    program = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {text}"})
    path = f"{SITES}/{site.pk}"
    assert program.options(path)["Allow"] == "GET, HEAD, OPTIONS, PUT, PATCH"
    _, held = read(program, path)
    part = {"properties": {"name": "Autre nom"}}
    assert send(program, "PATCH", path, part, media=MERGE, headers=held).status_code == 204
    event = SiteEvent.objects.filter(site=site.pk, source_table="site_location").latest("pk")
    assert event.context["on_behalf_of"] == f"token:{token.prefix}"
    assert send(program, "POST", SITES, site_body()).status_code == 201
    refused(send(program, "POST", SITES, site_body([5.4, 43.3])), 403)
    refused(send(program, "PATCH", f"{SITES}/{there.pk}", part, media=MERGE, headers=held), 404)
    refused(send(program, "POST", FOOTPRINTS, outline_body(site)), 404)

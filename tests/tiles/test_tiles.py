"""Tiles, decoded: who receives what, at the edges, in caches."""

from __future__ import annotations

import re
from typing import Any

import mapbox_vector_tile
import pytest
from django.test import Client

from geo.accounts.enums import Level, Role
from geo.core.scope import Scope
from geo.sites.services import site_update
from tests.support.factories import make_site, make_user
from tests.support.pyramid import address

pytestmark = pytest.mark.django_db


def decoded(response: Any) -> dict[str, Any]:
    assert response.status_code == 200, response.status_code
    return mapbox_vector_tile.decode(response.content)


def test_a_tile_holds_the_sites_of_the_scope(
    client: Client, territories: Any, admin_93: Any
) -> None:
    site = make_site(2.35, 48.93, population={"people": 12})
    elsewhere = make_site(5.4, 43.3)
    client.force_login(admin_93)
    for z in range(17):
        (feature,) = decoded(client.get(address(2.35, 48.93, z)))["sites"]["features"]
        assert feature["id"] == site.pk
        assert feature["properties"]["status"] == "open"
        assert feature["properties"]["people"] == 12
        assert "name" not in feature["properties"]
    assert client.get(address(5.4, 43.3, 14)).status_code == 204
    assert elsewhere.pk != site.pk


def test_nobody_unauthenticated_gets_a_private_tile(client: Client, territories: Any) -> None:
    make_site()
    assert client.get(address(2.35, 48.93, 10)).status_code == 404
    assert client.get("/tiles/sites.json").status_code == 404
    assert client.get("/tiles/departements.json").status_code == 200
    mixed = client.get(address(2.35, 48.93, 10, "departements,sites"))
    assert mixed.status_code == 404


def test_a_blurred_reader_never_gets_the_exact_place(client: Client, territories: Any) -> None:
    site = make_site(2.3512345, 48.9312345)
    client.force_login(make_user(Role.OBSERVER, Level.DEPARTEMENT, "93"))
    for z in (8, 12, 16):
        (feature,) = decoded(client.get(address(site.grid_point.x, site.grid_point.y, z)))["sites"][
            "features"
        ]
        assert feature["properties"]["precision"] == "500m"
    exact = client.get(address(2.3512345, 48.9312345, 16))
    assert exact.status_code == 204


def test_layers_are_joined_in_one_tile(client: Client, territories: Any, admin_93: Any) -> None:
    make_site(2.35, 48.93)
    client.force_login(admin_93)
    tile = decoded(client.get(address(2.35, 48.93, 12, "communes,departements,sites")))
    assert set(tile) == {"communes", "departements", "sites"}


def test_a_symbol_is_not_cut_at_the_edge(client: Client, territories: Any, admin_93: Any) -> None:
    """A point just outside a tile is in it too, within the margin."""
    z, n = 14, 2**14
    x = int((2.35 + 180) / 360 * n)
    edge = x / n * 360 - 180
    site = make_site(edge - 1e-5, 48.93)
    client.force_login(admin_93)
    inside = decoded(client.get(address(edge + 1e-5, 48.93, z)))
    assert inside["sites"]["features"][0]["id"] == site.pk


def test_filters_are_part_of_the_tile(client: Client, territories: Any, admin_93: Any) -> None:
    make_site(2.35, 48.93)
    client.force_login(admin_93)
    base = address(2.35, 48.93, 10)
    assert client.get(f"{base}?status=open").status_code == 200
    assert client.get(f"{base}?status=closed").status_code == 204
    assert client.get(f"{base}?datetime=2020-01-01").status_code == 204
    assert client.get(f"{base}?couleur=rouge").status_code == 400
    assert client.get(f"{base}?status=closed")["ETag"] != client.get(f"{base}?status=open")["ETag"]


def test_an_edit_changes_the_validator(client: Client, territories: Any, admin_93: Any) -> None:
    site = make_site(2.35, 48.93)
    client.force_login(admin_93)
    base = address(2.35, 48.93, 10)
    tag = client.get(base)["ETag"]
    unchanged = client.get(base, headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged["Cache-Control"]) == (304, "private, no-cache")
    site_update(by=None, scope=Scope.nation(), site_id=site.pk, field_type="building")
    assert client.get(base, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("path", ["17/0/0", "2/4/0", "0/0/1", "30/1/1"])
def test_outside_the_pyramid_is_404(client: Client, national_admin: Any, path: str) -> None:
    client.force_login(national_admin)
    assert client.get(f"/tiles/sites/{path}.mvt").status_code == 404


def test_tilejson_names_what_the_reader_may_see(
    client: Client, territories: Any, admin_93: Any
) -> None:
    client.force_login(admin_93)
    body = client.get("/tiles/sites.json?status=open").json()
    assert body["tilejson"] == "3.0.0"
    (layer,) = body["vector_layers"]
    assert "status" in layer["fields"]
    assert "name" not in layer["fields"]
    assert body["tiles"][0].startswith(
        "http://testserver/tiles/sites/{z}/{x}/{y}.mvt?status=open&rev="
    )


def test_a_tile_that_takes_too_long_is_abandoned(
    client: Client, territories: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TILE_TIMEOUT_MS = 50
    slow = "SELECT convert_to(pg_sleep(5)::text, 'UTF8')"
    monkeypatch.setattr("tiles.sql.layer_sql", lambda *_: (slow, []))
    response = client.get("/tiles/departements/5/16/11.mvt")
    assert (response.status_code, response["Cache-Control"]) == (503, "no-store")
    assert "trop lourde" in response.json()["detail"]


def test_only_the_revision_shown_is_kept_for_a_year(client: Client, territories: Any) -> None:
    (address,) = client.get("/tiles/departements.json").json()["tiles"]
    current = address.replace("{z}/{x}/{y}", "6/32/22")
    assert client.get(current)["Cache-Control"] == "public, max-age=31536000, immutable"
    for other in ("rev=0", "rev=999999999", "rev=x"):
        old = re.sub(r"rev=[\d.]+", other, current)
        assert client.get(old)["Cache-Control"] == "public, no-cache"

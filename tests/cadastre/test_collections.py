"""What the cadastre publishes: parcels to all, those under sites to readers of the exact place."""

from __future__ import annotations

from typing import Any

import mapbox_vector_tile
import pytest

from cadastre.models import SiteParcel
from cadastre.services import sites_enrich
from geo.accounts.enums import Level, Role
from tests.support.factories import make_site, make_user
from tests.support.parcels import cover, make_parcel
from tests.support.pyramid import address

pytestmark = pytest.mark.django_db

IDU = "93066000AB0001"
ITEMS = "/ogc/collections/{}/items"


@pytest.fixture
def site(territories: Any) -> Any:
    """A site on a parcel of a loaded commune, and one on a parcel that was asked for it."""
    make_parcel(IDU, (2.350, 48.930, 2.351, 48.931), contenance=12, invented=True)
    cover("93066")
    make_parcel("13001000AB0001", (5.36, 43.49, 5.38, 43.51), source="API Carto")
    found = make_site(2.3505, 48.9305)
    make_site(5.37, 43.5)
    sites_enrich()
    return found


def test_parcels_are_public_with_their_vintage(client: Any, site: Any) -> None:
    (feature,) = client.get(ITEMS.format("parcels"), {"commune": "93066"}).json()["features"]
    assert feature["geometry"]["type"] == "MultiPolygon"
    assert feature["properties"] == {
        "idu": IDU,
        "commune": "93066",
        "prefix": "000",
        "section": "AB",
        "number": "0001",
        "contenance": 12,
        "millesime": "2026-01-01",
        "source": "essai",
        "invented": True,
    }
    drawn = client.get(address(2.3505, 48.9305, 15, "parcels"))
    (feature,) = mapbox_vector_tile.decode(drawn.content)["parcels"]["features"]
    assert feature["properties"] == {
        "idu": IDU,
        "section": "AB",
        "number": "0001",
        "invented": True,
    }
    assert client.get(address(2.3505, 48.9305, 15, "parcels")).headers["ETag"]


def test_a_parcel_asked_for_a_site_is_shown_to_nobody_else(client: Any, site: Any) -> None:
    """It lies where a site is and nowhere else: publishing it would tell the place."""
    assert client.get(ITEMS.format("parcels"), {"idu": "13001000AB0001"}).json()["features"] == []
    assert (
        client.get(ITEMS.format("parcels"), {"bbox": "5.3,43.4,5.4,43.6"}).json()["features"] == []
    )
    assert client.get(address(5.37, 43.5, 15, "parcels")).status_code == 204
    client.force_login(make_user(Role.NATIONAL_ADMIN))
    assert len(client.get(ITEMS.format("site-parcels")).json()["features"]) == 2


def test_parcels_under_sites_are_for_readers_of_the_exact_place(
    client: Any, site: Any, admin_93: Any
) -> None:
    for path in (ITEMS.format("site-parcels"), address(2.3505, 48.9305, 15, "site-parcels")):
        assert client.get(path).status_code == 404
    client.force_login(make_user(Role.OBSERVER, Level.DEPARTEMENT, "93"))
    for path in (ITEMS.format("site-parcels"), address(2.3505, 48.9305, 15, "site-parcels")):
        assert client.get(path).status_code == 404
    client.force_login(admin_93)
    (feature,) = client.get(ITEMS.format("site-parcels")).json()["features"]
    assert feature["id"] == SiteParcel.objects.get(site=site).pk
    assert feature["properties"]["site"] == site.pk
    assert feature["properties"]["idu"] == IDU
    assert feature["properties"]["share"] is None
    assert feature["properties"]["invented"] is True
    drawn = client.get(address(2.3505, 48.9305, 15, "site-parcels"))
    (feature,) = mapbox_vector_tile.decode(drawn.content)["site-parcels"]["features"]
    assert feature["properties"]["idu"] == IDU

"""Groups at low zooms: every site counted once, on one grid, as its reader sees it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import mapbox_vector_tile
import pytest
from django.test import Client

from geo.accounts.enums import Level, Role
from geo.sites.models import SiteLocation
from geo.territories.models import Commune
from tests.support.factories import close_site, make_site, make_user
from tests.support.pyramid import address
from tests.tiles.test_tiles import decoded

pytestmark = pytest.mark.django_db


def features(client: Client, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = decoded(client.get(path))["sites"]["features"]
    return found


def test_sites_of_a_cell_are_counted_by_state(
    client: Client, territories: Any, admin_93: Any
) -> None:
    for i in range(3):
        make_site(2.35 + i / 1000, 48.93, population={"people": 10})
    closed = make_site(2.3501, 48.9301)
    close_site(closed)
    client.force_login(admin_93)
    (group,) = features(client, address(2.35, 48.93, 7))
    assert group["id"] == 0  # as the decoder says that there is none
    told = group["properties"]
    assert (told["count"], told["open"], told["evacuated"]) == (4, 3, 1)
    assert told["people"] == 30
    assert not {"resorbed", "status", "reference", "precision"} & set(told)


def test_a_site_alone_stays_itself(client: Client, territories: Any, admin_93: Any) -> None:
    site = make_site(2.35, 48.93)
    client.force_login(admin_93)
    (feature,) = features(client, address(2.35, 48.93, 7))
    assert feature["id"] == site.pk
    assert feature["properties"]["reference"] == site.reference
    assert feature["properties"]["count"] == 1


@pytest.mark.parametrize("zoom", [3, 6, 9, 10])
def test_every_site_is_counted_once_at_every_zoom(
    client: Client, territories: Any, national_admin: Any, zoom: int
) -> None:
    """Neighbouring tiles agree: summed over the cells of each tile, no site is lost or doubled."""
    places = [(2.31 + i / 60, 48.905 + i / 200) for i in range(10)] + [(5.31, 43.25), (5.4, 43.5)]
    for place in places:
        make_site(*place)
    client.force_login(national_admin)
    tiles = {address(lon, lat, zoom) for lon, lat in places}
    total = 0
    for path in tiles:
        for feature in features(client, path):
            x, y = feature["geometry"]["coordinates"]
            # A group in the margin is the neighbour's, drawn here too so that no ring is cut.
            if 0 <= x < 4096 and 0 < y <= 4096:
                total += feature["properties"]["count"]
    assert total == len(places)


def test_a_filter_counts_what_it_keeps(client: Client, territories: Any, admin_93: Any) -> None:
    for kind in ("land", "land", "building"):
        make_site(2.35, 48.93, field_type=kind)
    client.force_login(admin_93)
    (group,) = features(client, address(2.35, 48.93, 8) + "?field_type=land")
    assert group["properties"]["count"] == 2


def test_a_group_lies_at_the_mean_of_what_its_reader_sees(client: Client, territories: Any) -> None:
    """Of blurred points for a blurred reader: the mean gives no exact place away."""
    sites = [make_site(2.3512345 + i / 100, 48.9312345) for i in range(2)]
    client.force_login(make_user(Role.OBSERVER, Level.DEPARTEMENT, "93"))
    path = address(2.35, 48.93, 10)
    (group,) = features(client, path)
    before = group["geometry"]["coordinates"]
    # The exact place moves inside its cell of 500 m: nothing moves on the map.
    place = SiteLocation.objects.get(pk=sites[0].pk)
    cell = sites[0].grid_point.clone()
    place.geom.x += 1e-5
    place.save()
    sites[0].refresh_from_db()
    assert sites[0].grid_point.equals_exact(cell, 1e-9)
    (group,) = features(client, path)
    assert group["geometry"]["coordinates"] == before


def test_ungrouped_zooms_draw_each(client: Client, territories: Any, admin_93: Any) -> None:
    sites = [make_site(2.35, 48.93), make_site(2.35001, 48.93)]
    client.force_login(admin_93)
    drawn = features(client, address(2.35, 48.93, 11))
    assert {feature["id"] for feature in drawn} == {site.pk for site in sites}
    assert all("count" not in feature["properties"] for feature in drawn)


def test_the_tilejson_tells_the_counts(client: Client, territories: Any, admin_93: Any) -> None:
    client.force_login(admin_93)
    (layer,) = client.get("/tiles/sites.json").json()["vector_layers"]
    counts = {"count", "open", "ongoing", "resorbed", "evacuated", "other"}
    assert counts <= set(layer["fields"])


def test_services_are_not_grouped(client: Client, territories: Any) -> None:
    assert "count" not in str(client.get("/tiles/facilities.json").json()["vector_layers"])


def _by_layer(body: bytes) -> Counter[str]:
    return Counter({k: len(v["features"]) for k, v in mapbox_vector_tile.decode(body).items()})


def test_too_heavy_a_tile_keeps_the_largest_and_says_so(
    client: Client, territories: Any, settings: Any
) -> None:
    whole = client.get(address(2.35, 48.93, 10, "communes"))
    assert _by_layer(whole.content) == {"communes": 2}
    settings.TILE_MAX_BYTES = 100
    settings.TILE_KEPT_FROM_MS = 10_000
    # A new version: the tile is made again under the new limit.
    Commune.objects.filter(code="93066").update(name="Saint-Denis " + "x" * 80)
    cut = client.get(address(2.35, 48.93, 10, "communes"))
    layers = mapbox_vector_tile.decode(cut.content)
    (said,) = layers["_meta"]["features"]
    assert said["properties"] == {"truncated": True, "kept": 1}
    assert len(layers["communes"]["features"]) == 1

"""Rights drawn at random: what every output holds is what a plain reckoning of them allows.

The reckoning knows communes and the territories above them, typed here; nothing of the product.
"""

from __future__ import annotations

from typing import Any

import mapbox_vector_tile
import pytest
from django.core.cache import cache
from django.test import Client
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from geo.core.scope import RESTRICTED, Areas, DataClass, Reach, Scope
from tests.support.canaries import Canary, World, canaries, make_world, reference_of
from tests.support.factories import make_user
from tests.support.pyramid import tile_at
from tests.support.rights import ALL, PLACES
from tests.test_permissions import text_of

pytestmark = pytest.mark.django_db
ITEMS = "/ogc/collections/{}/items"
CANARIES = tuple(canaries())
# What lies in what: the world of the tests.
HOLDS: dict[tuple[str, str], frozenset[str]] = {
    ("nation", ""): ALL,
    ("region", "11"): frozenset({"93066", "93008"}),
    ("region", "93"): frozenset({"13055", "13001"}),
    ("departement", "93"): frozenset({"93066", "93008"}),
    ("departement", "13"): frozenset({"13055", "13001"}),
    ("epci", "200054781"): frozenset({"93066", "93008"}),
    ("epci", "200054807"): frozenset({"13055", "13001"}),
    **{("commune", code): frozenset({code}) for code in PLACES},
}
places = st.lists(st.sampled_from(sorted(HOLDS)), max_size=2)
Drawn = list[tuple[str, str]]


def areas_of(drawn: Drawn) -> Areas:
    found = Areas()
    for level, code in drawn:
        found |= Areas.of(level, [code])
    return found


def communes_of(drawn: Drawn) -> frozenset[str]:
    return frozenset().union(*(HOLDS[place] for place in drawn))


@st.composite
def rights(draw: st.DrawFn) -> dict[str, Any]:
    """General reading at three precisions and by name; each restricted class somewhere.

    Of each, a part may be taken away (`out`).
    """
    drawn = {
        "exact": draw(places),
        "grid": draw(places),
        "commune": draw(places),
        "named": draw(st.lists(st.sampled_from(sorted(PLACES)), max_size=1)),
        "classes": {each: draw(places) for each in RESTRICTED},
    }

    def part(several: list[Any]) -> list[Any]:
        return [each for each in several if draw(st.booleans())]

    general = {name: part(drawn[name]) for name in ("exact", "grid", "commune", "named")}
    classes = {each: part(where) for each, where in drawn["classes"].items()}
    return drawn | {"out": general | {"classes": classes}}


def scope_of(drawn: dict[str, Any], world: World) -> Scope:
    return Scope(reaches_of(drawn, world), exports=reaches_of(drawn["out"], world))


def reaches_of(drawn: dict[str, Any], world: World) -> tuple[tuple[DataClass, Reach], ...]:
    general = Reach(
        exact=areas_of(drawn["exact"]),
        # Both sites of the commune, open and closed: what is read is then told by communes.
        sites=tuple(
            sorted(pk for c in drawn["named"] for pk in (world.site(c), world.closed[c].pk))
        ),
        grid=areas_of(drawn["grid"]),
        commune=areas_of(drawn["commune"]),
    )
    restricted = [
        (each, Reach(exact=areas_of(where))) for each, where in drawn["classes"].items() if where
    ]
    reaches = [(DataClass.GENERAL, general)] if general else []
    return tuple(reaches + restricted)


def allowed(drawn: dict[str, Any], canary: Canary) -> bool:
    exact = communes_of(drawn["exact"]) | set(drawn["named"])
    read = exact | communes_of(drawn["grid"]) | communes_of(drawn["commune"])
    if canary.data_class == DataClass.GENERAL:
        return canary.code in (exact if canary.exact else read)
    here = communes_of(drawn["classes"][canary.data_class])
    if canary.data_class in {DataClass.OWNER, DataClass.JUDICIAL}:
        # What names people of the place goes with the place.
        return canary.code in here & exact
    return canary.code in here & read


@settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_output_holds_more_than_the_rights_drawn(
    client: Client, random_world: World, monkeypatch: pytest.MonkeyPatch, data: st.DataObject
) -> None:
    drawn = data.draw(rights())
    scope = scope_of(drawn, random_world)
    monkeypatch.setattr("geo.accounts.middleware.scope_of", lambda *_: scope)
    monkeypatch.setattr("feeds.exporting.services._check_day", lambda by: None)
    cache.clear()
    exact = communes_of(drawn["exact"]) | set(drawn["named"])
    read = exact | communes_of(drawn["grid"]) | communes_of(drawn["commune"])
    event(f"reads {len(read)}, exactly {len(exact)}")
    codes = {random_world.site(code): code for code in PLACES}
    paths = [
        *(f"/carte/departements/{code}/?v=list" for code in ("93", "13")),
        *(f"/impressions/departements/{code}.svg" for code in ("93", "13")),
        *(f"/sites/{site}/" for site in codes),
        *(f"/sites/{site}/historique/" for site in codes),
        *(f"/ogc/collections/{each}/items" for each in ("site-footprints", "evacuations")),
        "/exports/site-footprints.geojson",
        *(
            f"{address}?properties=reference,{name}"
            for address in (ITEMS.format("sites"), "/exports/sites.csv")
            for name in ("name", "owner_name", "bailiff", "health_measures", "cost_resorption_eur")
        ),
    ]
    for path in paths:
        response = client.get(path)
        if response.status_code == 400:
            # A property of a class that the reader has nowhere does not exist.
            assert "properties=" in path
        text = text_of(response)
        here = drawn["out"] if path.startswith(("/ogc/", "/exports/")) else drawn
        leaked = [each for each in CANARIES if each.text in text and not allowed(here, each)]
        assert not leaked, (path, leaked)
    out = drawn["out"]
    exact_out = communes_of(out["exact"]) | set(out["named"])
    read_out = exact_out | communes_of(out["grid"]) | communes_of(out["commune"])
    _features(client, read, read_out, exact_out)
    _counts(client, read)
    _tiles(client, codes, read)


def _features(
    client: Client, read: frozenset[str], out: frozenset[str], exact: frozenset[str]
) -> None:
    """What is given away is what may be: a number tells as much as a row."""
    listed = client.get(ITEMS.format("sites"))
    if not out:
        assert listed.status_code == (403 if read else 404)
        return
    features = listed.json()["features"]
    found = {each["properties"]["reference"] for each in features}
    assert {reference_of(code) for code in out} == {r for r in found if r.startswith("CAN-")}
    counted = client.get(ITEMS.format("sites"), {"resultType": "hits"}).json()["numberMatched"]
    assert counted == len(features) == 2 * len(out)
    taken = b"".join(client.get("/exports/sites.csv?properties=reference"))
    assert len(taken.splitlines()) == 1 + 2 * len(out)
    footprints = client.get(ITEMS.format("site-footprints"))
    assert len(footprints.json()["features"] if footprints.status_code == 200 else ()) == len(exact)


def _counts(client: Client, read: frozenset[str]) -> None:
    """What is counted is what is read."""
    if not read:
        return
    groups = client.get("/carte/regroupements.json", {"par": "commune"}).json()["features"]
    opened = {each["properties"]["code"]: each["properties"]["open"] for each in groups}
    assert {code for code, number in opened.items() if number} == read
    for code in PLACES:
        page = client.get(f"/carte/communes/{code}/?v=list").content.decode()
        assert (reference_of(code) in page) == (code in read)


def _tiles(client: Client, codes: dict[int, str], read: frozenset[str]) -> None:
    for lon, lat in PLACES.values():
        for zoom in (0, 7, 11, 15):
            x, y = tile_at(zoom, lon, lat)
            tile = client.get(f"/tiles/sites/{zoom}/{x}/{y}.mvt")
            if tile.status_code != 200:
                continue
            for layer in mapbox_vector_tile.decode(tile.content).values():
                here = {each["id"] for each in layer["features"]}
                assert {codes[each] for each in here if each in codes} <= read


@pytest.fixture
def random_world(territories: Any, client: Client) -> World:
    client.force_login(make_user("national_admin"))
    return make_world()

"""List, counts, feed and decoded tiles of one query string hold the same sites, whatever it is.

Every filter once, then several drawn at random; for readers of each precision.
"""

from __future__ import annotations

import datetime as dt
import html
import itertools
import json
import re
from collections.abc import Iterable
from typing import Any

import mapbox_vector_tile
import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.accounts.enums import Level, Role
from geo.core import collections
from geo.core.scope import Scope
from tests.support.factories import close_site, make_site, make_user

# Observers too are asked what the feed holds, to compare it with what their pages show.
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("all_may_export")]
NAMES = ("Lavoir inventé", "Le Pré (l'ancien) 100 %", "Étang_du Moulin", "Gare")
WATER = ("reservoir", "robinet_connecte_au_reseau", "fontaine_publique", None)
DATES = (
    "2024-06-15",
    "2025-02-01",
    "2025-01-31/2025-02-01",
    "2024-01-01/..",
    "../2024-03-01",
    "2025-06-01/2025-12-31",
)
WORDS = ("lavoir", "saint-denis", "etang", "l'ancien", "100 %", "_", "93-", "é", "bobigny gare")
Reader = tuple[Role, Level, str, str]
READERS: tuple[Reader, ...] = (
    (Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93", "/carte/departements/93/"),
    (Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93", "/carte/"),
    (Role.OBSERVER, Level.DEPARTEMENT, "93", "/carte/departements/93/"),
    (Role.PARTNER, Level.COMMUNE, "93066", "/carte/regions/11/"),
    (Role.NATIONAL_PARTNER, Level.NATION, "", "/carte/epcis/200054781/"),
    (Role.NATIONAL_ADMIN, Level.NATION, "", "/carte/"),
)


# The columns and rows of the squares of Seine-Saint-Denis, then of those of the Bouches-du-Rhône.
ZOOM_11 = (
    *((11, x, y) for x in range(1036, 1040) for y in range(703, 706)),
    *((11, x, y) for x in range(1053, 1056) for y in range(743, 751)),
)


def various() -> None:
    """Thirty sites of each kind, state, answer and moment, some without any observation."""
    causes = itertools.cycle(
        [None, None, ("closed_by_justice", "no"), ("resorbed", "yes"), ("other", "unknown")]
    )
    for number in range(30):
        lon, lat = (2.31 + number * 0.006, 48.91 + number % 4 / 100)
        if number % 7 == 6:
            lon, lat = 5.31 + number / 1000, 43.25
        opened = dt.date(2024, 1, 1) + dt.timedelta(days=9 * number)
        water = WATER[number % 4]
        site = make_site(
            lon,
            lat,
            name=NAMES[number % 4],
            declared_on=opened,
            observed_on=opened,
            field_type=("land", "building", "other", "unknown")[number % 4],
            resorption_target=2026 if number % 3 == 0 else None,
            resorption_started_on=opened if number % 6 == 1 else None,
            population={"people": number} if number % 5 else None,
            living={"water_access_type": water, "electricity_access": number % 2 == 0}
            if water and number % 3
            else None,
        )
        cause = next(causes)
        if cause is not None:
            close_site(site, *cause, on=dt.date(2025, 2, 1) + dt.timedelta(days=number % 3))


def singles() -> list[dict[str, str]]:
    """Each filter once, with every other of its choices, or with values that some sites have."""
    sites = collections.get("sites", Scope.nation())
    found = [
        {p.name: ",".join([code for code, _ in p.choices][::2])}
        for p in sites.queryables
        if p.choices and not p.exact_only
    ]
    found += [{"q": words} for words in WORDS] + [{"datetime": text} for text in DATES]
    return [
        *found,
        {"people": "0,5,6,7,8,9"},
        {"complete": "false"},
        {"completion": "2,3,4"},
        {"resorption_target": "2026"},
        {"closed_on": "2025-02-01"},
        {"commune": "93066,13055"},
        {"departement": "93"},
    ]


def page_of(client: Client, path: str, query: dict[str, str]) -> Any:
    # A bare /carte/ sends a local reader home.
    response = client.get(path, query | {"v": "map"})
    assert response.status_code == 200, (query, response.content[:300])
    return response


def in_tiles(client: Client, tilejson: str, tiles: Iterable[tuple[int, int, int]]) -> set[int]:
    """The sites of these tiles."""
    template = client.get(tilejson).json()["tiles"][0].removeprefix("http://testserver")
    ids: set[int] = set()
    for z, x, y in tiles:
        response = client.get(template.format(z=z, x=x, y=y))
        if response.status_code == 204:
            continue
        assert response.status_code == 200, template
        layers = mapbox_vector_tile.decode(response.content).values()
        ids |= {feature["id"] for layer in layers for feature in layer["features"]}
    return ids


def counted_at_the_top(client: Client, tilejson: str, keys: Iterable[str]) -> dict[str, int]:
    """How many sites the groups of the tile of the whole world tell, by state."""
    template = client.get(tilejson).json()["tiles"][0].removeprefix("http://testserver")
    response = client.get(template.format(z=0, x=0, y=0))
    if response.status_code == 204:
        return dict.fromkeys(keys, 0)
    groups = mapbox_vector_tile.decode(response.content)["sites"]["features"]
    told = [group["properties"] for group in groups]
    assert all(sum(each.get(key, 0) for key in keys) == each["count"] for each in told)
    return {key: sum(each.get(key, 0) for each in told) for key in keys}


def assert_agreement(
    client: Client,
    path: str,
    query: dict[str, str],
    tiles: Iterable[tuple[int, int, int]] = (),
) -> int:
    """The faces of one query; returns how many sites they hold.

    Its tiles tell the counts of the page at the top of the pyramid, its sites where they are drawn
    singly (`tiles`).
    """
    response = page_of(client, path, query)
    text = response.content.decode()
    block = re.search(r'id="carte-config"[^>]*>(.*?)</script>', text, re.DOTALL)
    assert block
    config = json.loads(block.group(1))
    keys = [state["key"] for state in config["states"]]
    listed = {int(key) for key in re.findall(r'<tr data-site="(\d+)"', text)}
    feed = re.search(r'href="(/ogc/collections/sites/items[^"]*)"', html.unescape(text))
    assert feed
    items = client.get(feed.group(1), {}).json()
    assert {feature["id"] for feature in items["features"]} == listed, query
    assert items["numberMatched"] == response.context["totals"].count == len(listed), query
    assert sum(state["count"] for state in config["states"]) == len(listed), query
    counts = {state["key"]: state["count"] for state in config["states"]}
    assert counted_at_the_top(client, config["tiles"]["sites"], keys) == counts, query
    if tiles:
        assert in_tiles(client, config["tiles"]["sites"], tiles) == listed, query
    for address in config["groups"].values():
        groups = client.get(address).json()["features"]
        assert sum(g["properties"][key] for g in groups for key in keys) == len(listed), query
    parts = response.context["parts"]
    assert not parts or sum(part.group.count for part in parts) == len(listed), query
    return len(listed)


@pytest.mark.parametrize("reader", READERS, ids=str)
def test_every_reader(client: Client, territories: Any, reader: Reader) -> None:
    """Without filter and with one, at the top of the pyramid and where sites are drawn singly."""
    role, level, code, path = reader
    various()
    client.force_login(make_user(role, level, code))
    for query in ({}, {"status": "open,resorption", "datetime": "2025-01-31"}):
        assert assert_agreement(client, path, query) > 5
        assert assert_agreement(client, path, query, ZOOM_11) > 5


@pytest.mark.parametrize("reader", [READERS[0], READERS[4]], ids=str)
def test_every_filter(client: Client, territories: Any, reader: Reader) -> None:
    role, level, code, path = reader
    various()
    client.force_login(make_user(role, level, code))
    whole = assert_agreement(client, path, {})
    # The territory of the page is not a filter of the page.
    own = path.split("/")[2].removesuffix("s")
    queries = [query for query in singles() if own not in query][:: 1 + (role != READERS[0][0])]
    sizes = [assert_agreement(client, path, query) for query in queries]
    # A comparison of nothings would prove nothing.
    assert sum(0 < size < whole for size in sizes) > len(sizes) / 3


def test_filters_together(client: Client, territories: Any) -> None:
    various()
    people = [
        make_user(role, level, code, f"{n}@example.test")
        for n, (role, level, code, _) in enumerate(READERS)
    ]
    free = [query for query in singles() if not {"departement", "commune"} & set(query)]

    @settings(
        max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(
        st.sampled_from(range(len(READERS))),
        st.lists(st.sampled_from(free), min_size=2, max_size=3),
    )
    def agree(reader: int, chosen: list[dict[str, str]]) -> None:
        client.force_login(people[reader])
        together = {name: value for each in chosen for name, value in each.items()}
        assert_agreement(client, READERS[reader][3], together)

    agree()

"""Filters in CQL2: each expression of the standard's kinds evaluates right, or is refused by name.

Invented sites stand for rows; expressions follow the clauses of OGC 21-065r2.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client

from geo.core.crs import LAMBERT_93, WGS84, transformer
from tests.feeds.expressions import ADVANCED, BASIC, REFUSED, SPATIAL, TEMPORAL
from tests.support.factories import close_site, make_site, make_user

pytestmark = pytest.mark.django_db
ITEMS = "/ogc/collections/sites/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


@pytest.fixture
def world(client: Client, territories: Any, national_admin: Any) -> dict[int, str]:
    """Four sites by letter: a small, b large and closed, c without figures, d in the south."""
    client.force_login(national_admin)
    a = make_site(2.31, 48.91, name="Friche de l'Écluse", population={"people": 5, "minors": 2})
    b = make_site(
        2.39,
        48.95,
        name="Porte de Paris",
        field_type="building",
        declared_on=dt.date(2023, 1, 10),
        population={"people": 120, "minors": 40},
    )
    close_site(b, on=dt.date(2025, 2, 1))
    c = make_site(2.45, 48.93, name="100 % friche_vide", declared_on=dt.date(2022, 6, 1))
    d = make_site(
        5.4,
        43.3,
        name="ECLUSE du sud",
        declared_on=dt.date(2025, 5, 1),
        population={"people": 30, "minors": 30},
    )
    return {a.pk: "a", b.pk: "b", c.pk: "c", d.pk: "d"}


def found(client: Client, world: dict[int, str], text: str, **more: str) -> str:
    response = client.get(ITEMS, {"filter": text, **more})
    assert response.status_code == 200, (text, response.json()["detail"])
    body = response.json()
    assert body["numberMatched"] == body["numberReturned"] == len(body["features"]), text
    return "".join(sorted(world[feature["id"]] for feature in body["features"]))


@pytest.mark.parametrize(
    "expressions",
    [BASIC, ADVANCED, SPATIAL, TEMPORAL],
    ids=["basic", "advanced", "spatial", "temporal"],
)
def test_each_expression_gives_its_rows(
    client: Client, world: dict[int, str], expressions: dict[str, str]
) -> None:
    wrong = {
        text: (rows, expected)
        for text, expected in expressions.items()
        if (rows := found(client, world, text)) != expected
    }
    assert wrong == {}


def test_the_same_in_json(client: Client, world: dict[int, str]) -> None:
    def prop(name: str) -> dict[str, str]:
        return {"property": name}

    square = [[[2.3, 48.9], [2.4, 48.9], [2.4, 49], [2.3, 49], [2.3, 48.9]]]
    life = {"interval": [prop("opened_on"), prop("closed_on")]}
    folded = {"op": "casei", "args": [prop("name")]}
    for tree, expected in (
        ({"op": "=", "args": [prop("people"), 5]}, "a"),
        ({"op": "and", "args": [{"op": ">", "args": [prop("people"), 5]}, True]}, "bd"),
        ({"op": "not", "args": [{"op": "isNull", "args": [prop("people")]}]}, "abd"),
        ({"op": "between", "args": [prop("people"), 5, 30]}, "ad"),
        ({"op": "in", "args": [prop("departement"), ["13", "75"]]}, "d"),
        ({"op": "like", "args": [folded, {"op": "casei", "args": ["FRICHE%"]}]}, "a"),
        ({"op": ">", "args": [prop("opened_on"), {"date": "2024-03-01"}]}, "d"),
        (
            {
                "op": "s_intersects",
                "args": [prop("geometry"), {"type": "Polygon", "coordinates": square}],
            },
            "ab",
        ),
        ({"op": "s_intersects", "args": [prop("geometry"), {"bbox": [2.3, 48.9, 2.4, 49]}]}, "ab"),
        ({"op": "t_during", "args": [life, {"interval": ["2023-01-01", ".."]}]}, "b"),
        ({"op": "t_after", "args": [prop("opened_on"), {"date": "2024-03-01"}]}, "d"),
        (False, ""),
    ):
        text = json.dumps(tree)
        assert found(client, world, text, **{"filter-lang": "cql2-json"}) == expected, text


def test_geometries_in_other_reference_systems(client: Client, world: dict[int, str]) -> None:
    x, y = transformer(WGS84, LAMBERT_93).transform(2.31, 48.91)
    lambert = f"S_WITHIN(geometry, BBOX({x - 50}, {y - 50}, {x + 50}, {y + 50}))"
    assert found(client, world, lambert, **{"filter-crs": f"{EPSG}2154"}) == "a"
    ring = f"{x - 50} {y - 50}, {x + 50} {y - 50}, {x} {y + 50}, {x - 50} {y - 50}"
    polygon = f"S_INTERSECTS(geometry, POLYGON(({ring})))"
    assert found(client, world, polygon, **{"filter-crs": f"{EPSG}2154"}) == "a"
    # Latitude first in EPSG:4326, longitude first in CRS84.
    north = "S_INTERSECTS(geometry, BBOX(48.9, 2.3, 49, 2.4))"
    assert found(client, world, north, **{"filter-crs": f"{EPSG}4326"}) == "ab"
    point = "S_INTERSECTS(geometry, POINT(48.91 2.31))"
    assert found(client, world, point, **{"filter-crs": f"{EPSG}4326"}) == "a"
    assert found(client, world, point) == ""


def test_what_cannot_be_answered_is_refused_by_name(client: Client, world: dict[int, str]) -> None:
    wrong = {}
    for text, words in REFUSED.items():
        response = client.get(ITEMS, {"filter": text})
        if words is None:
            assert response.status_code == 200
            continue
        body = response.json()
        if response.status_code != 400 or body.get("parameter") != "filter":
            wrong[text[:60]] = (response.status_code, "")
        elif words not in body["detail"]:
            wrong[text[:60]] = (400, body["detail"])
    assert wrong == {}


def test_hostile_json_is_refused(client: Client, world: dict[int, str]) -> None:
    deep = '{"op":"not","args":[' * 500 + "true" + "]}" * 500
    for text in (
        "[" * 3900,
        deep[:3900],
        "{",
        "[]",
        "null",
        "5",
        '"people = 5"',
        '{"op": 5, "args": []}',
        '{"op": "and", "args": [true]}',
        '{"op": "and", "args": "x"}',
        '{"op": "=", "args": [{"property": "people"}]}',
        '{"op": "=", "args": [{"property": "people"}, NaN]}',
        '{"op": "=", "args": [{"property": ["people"]}, 5]}',
        '{"op": "=", "args": [{"property": "people"}, [5]]}',
        '{"op": "in", "args": [{"property": "people"}, 5]}',
        '{"op": "t_after", "args": [{"interval": ["2024-01-01"]}, {"date": "2024-01-01"}]}',
        '{"op": "t_after", "args": [{"interval": 5}, {"date": 5}]}',
        '{"op": "s_within", "args": [{"property": "geometry"}, {"type": "Point"}]}',
        '{"op":"s_within","args":[{"property":"geometry"},{"type":"Point","coordinates":[1,"x"]}]}',
        '{"op":"s_within","args":[{"property":"geometry"},{"type":"Curve","coordinates":[1,2]}]}',
        '{"op":"s_within","args":[{"property":"geometry"},{"bbox":[1,2,3,"x"]}]}',
        '{"op":"s_within","args":[{"property":"geometry"},{"type":"Point","coordinates":[]}]}',
        '{"op":"pg_read_file","args":["/etc/passwd"]}',
    ):
        response = client.get(ITEMS, {"filter": text, "filter-lang": "cql2-json"})
        assert response.status_code == 400, text[:80]
        assert response.json()["parameter"] == "filter"
    for name, value in (("filter-lang", "cql-text"), ("filter-crs", "EPSG:2154")):
        response = client.get(ITEMS, {"filter": "people = 5", name: value})
        assert (response.status_code, response.json()["parameter"]) == (400, name)


def test_a_filter_is_part_of_pages_and_validators(client: Client, world: dict[int, str]) -> None:
    query = {"filter": "people > 1", "limit": "2", "properties": "reference"}
    first = client.get(ITEMS, query)
    assert first.json()["numberMatched"] == 2 or first.json()["numberReturned"] == 2
    following = next(link for link in first.json()["links"] if link["rel"] == "next")["href"]
    rest = client.get(following).json()["features"]
    ids = [feature["id"] for feature in first.json()["features"] + rest]
    assert sorted(world[each] for each in ids) == ["a", "b", "d"]
    for changed in ("people+%3E+2", "people+%3E+1+AND+TRUE"):
        refused = client.get(following.replace("people+%3E+1", changed))
        assert (refused.status_code, refused.json()["parameter"]) == (400, "cursor")
    other = client.get(ITEMS, query | {"filter": "people > 2"})
    assert other["ETag"] != first["ETag"]
    # The same condition however it is spaced: the same answer.
    assert client.get(following.replace("people+%3E+1", "people%3E1")).status_code == 200


def test_another_geometry_than_the_readers_is_never_asked(
    client: Client, territories: Any, all_may_export: None
) -> None:
    """A blurred reader's relation is that of the blurred point; a name has no value for them."""
    site = make_site(2.4512345, 48.9312345, name="Lieu secret", population={"people": 9})
    client.force_login(make_user("observer", "departement", "93"))

    def seen(text: str) -> list[int]:
        response = client.get(ITEMS, {"filter": text})
        assert response.status_code == 200, response.json()
        return [feature["id"] for feature in response.json()["features"]]

    exact = "BBOX(2.4512344, 48.9312344, 2.4512346, 48.9312346)"
    shown = site.grid_point
    blurred = f"BBOX({shown.x - 1e-6}, {shown.y - 1e-6}, {shown.x + 1e-6}, {shown.y + 1e-6})"
    assert seen(f"S_INTERSECTS(geometry, {exact})") == []
    assert seen(f"S_INTERSECTS(geometry, {blurred})") == [site.pk]
    assert seen("people = 9") == [site.pk]
    queryables = client.get("/ogc/collections/sites/queryables").json()["properties"]
    assert "name" not in queryables
    refused = client.get(ITEMS, {"filter": "name = 'Lieu secret'"})
    assert (refused.status_code, refused.json()["parameter"]) == (400, "filter")


def test_what_one_branch_gives_has_no_value_in_another(
    client: Client, territories: Any, all_may_export: None
) -> None:
    own = make_site(2.3512345, 48.93, name="Chez nous")
    around = make_site(2.4512345, 48.93, name="Voisin secret")
    client.force_login(make_user("partner", "commune", "93066"))

    def seen(text: str) -> set[int]:
        response = client.get(ITEMS, {"filter": text})
        return {feature["id"] for feature in response.json()["features"]}

    assert seen("name LIKE '%secret%'") == set()
    assert seen("NOT name = 'Chez nous'") == set()
    assert seen("name IS NULL") == {around.pk}
    assert seen("name = 'Chez nous' OR precision = '500m'") == {own.pk, around.pk}


def test_identifiers_and_lines(client: Client, world: dict[int, str]) -> None:
    one = next(key for key, letter in world.items() if letter == "b")
    assert found(client, world, f"id = {one}") == "b"
    contours = "/ogc/collections/communes/items"
    for text, expected in (
        ("S_INTERSECTS(geometry, POINT(2.35 48.93))", {"93066"}),
        (
            "S_TOUCHES(geometry, POLYGON((2.3 48.9, 2.4 48.9, 2.4 48.96, 2.3 48.96, 2.3 48.9)))",
            {"93008"},
        ),
        ("S_OVERLAPS(geometry, BBOX(2.35, 48.92, 2.45, 48.99))", {"93066", "93008"}),
        ("S_CROSSES(geometry, LINESTRING(2.35 48.93, 2.35 49.5))", {"93066"}),
        ("S_CONTAINS(geometry, BBOX(2.31, 48.91, 2.32, 48.92))", {"93066"}),
        ("S_EQUALS(geometry, BBOX(2.3, 48.9, 2.4, 48.96))", {"93066"}),
    ):
        response = client.get(contours, {"filter": text})
        assert response.status_code == 200, response.json()
        codes = {feature["properties"]["code"] for feature in response.json()["features"]}
        assert codes == expected, text

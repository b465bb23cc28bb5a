"""The encodings of features: FlatGeobuf and CSV pages, HTML pages, and which one is given."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pyogrio
import pytest
from django.test import Client

from feeds.tables import cell
from tests.support.factories import make_site, make_user, square

pytestmark = pytest.mark.django_db
SITES = "/ogc/collections/sites/items"
COMMUNES = "/ogc/collections/communes/items"
LAMBERT = "http://www.opengis.net/def/crs/EPSG/0/2154"


def following(response: Any) -> str:
    found = re.search(r'<([^>]+)>; rel="next"; type="([^"]+)"', response["Link"])
    if found is None:
        return ""
    assert found[2] == response["Content-Type"].split(";")[0]
    return found[1].removeprefix("http://testserver")


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        ("", "application/geo+json"),
        ("*/*", "application/geo+json"),
        ("application/json", "application/geo+json"),
        ("application/geo+json, application/json;q=0.5", "application/geo+json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/flatgeobuf", "application/flatgeobuf"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("text/csv;q=0.2, application/flatgeobuf;q=0.9", "application/flatgeobuf"),
        ("image/png", "application/geo+json"),
        ("text/html;q=x, text/csv;q=0", "application/geo+json"),
    ],
)
def test_accept_chooses(client: Client, territories: Any, accept: str, given: str) -> None:
    response = client.get(COMMUNES, headers={"Accept": accept})
    assert response["Content-Type"] == given
    # What is asked by name wins.
    named = client.get(f"{COMMUNES}?f=json", headers={"Accept": accept})
    assert named["Content-Type"] == "application/geo+json"


def test_flatgeobuf_pages_hold_every_row_once(
    client: Client, territories: Any, admin_93: Any
) -> None:
    client.force_login(admin_93)
    sites = [make_site(2.31 + i / 100, population={"people": i}) for i in range(5)]
    for sort in ("", "&sortby=-people"):
        address, had = f"{SITES}?f=fgb&limit=2{sort}&properties=reference,people,opened_on", []
        while address:
            response = client.get(address)
            assert response["Content-Type"] == "application/flatgeobuf"
            frame = pyogrio.read_dataframe(io.BytesIO(response.content))
            assert response["OGC-NumberReturned"] == str(len(frame))
            if not had:
                assert response["OGC-NumberMatched"] == "5"
            had += frame["id"].tolist()
            address = following(response)
        order = [site.pk for site in sites]
        assert had == (order[::-1] if sort else sorted(order))
    assert [str(each.date()) for each in frame["opened_on"]] == ["2024-03-01"]
    assert frame.crs.to_epsg() == 4326
    assert frame["people"].tolist() == [0]


def test_flatgeobuf_has_a_page_without_rows_and_other_geometries(
    client: Client, territories: Any, admin_93: Any
) -> None:
    client.force_login(admin_93)
    make_site(footprint=square(2.35, 48.93, 2.351, 48.931))
    empty = client.get(f"{SITES}?f=fgb&filter=FALSE")
    assert (empty.status_code, empty["OGC-NumberMatched"]) == (200, "0")
    for item in client.get("/ogc/collections").json()["collections"]:
        address = f"/ogc/collections/{item['id']}/items"
        expected = client.get(address).json()["features"]
        response = client.get(f"{address}?f=fgb&crs={LAMBERT}")
        assert response.status_code == 200
        if expected:
            frame = pyogrio.read_dataframe(io.BytesIO(response.content))
            assert frame["id"].tolist() == [each["id"] for each in expected]
            assert frame.crs.to_epsg() == 2154
            assert set(frame.columns) >= {"id", "geometry", *expected[0]["properties"]}


def test_flatgeobuf_and_csv_tell_no_more_than_geojson(
    client: Client, territories: Any, all_may_export: None
) -> None:
    make_site(2.3512345, 48.93, name="Chez nous")
    make_site(2.4512345, 48.93, name="Voisin secret")
    client.force_login(make_user("partner", "commune", "93066"))
    expected = client.get(SITES).json()["features"]
    table = client.get(f"{SITES}?f=csv").content.decode()
    frame = pyogrio.read_dataframe(io.BytesIO(client.get(f"{SITES}?f=fgb").content))
    assert "Voisin secret" not in table
    assert "Voisin secret" not in str(frame.drop(columns="geometry").to_dict())
    for row, feature, name in zip(
        csv.DictReader(io.StringIO(table)), expected, frame["name"], strict=True
    ):
        assert [float(row["lon"]), float(row["lat"])] == feature["geometry"]["coordinates"]
        assert row["name"] == feature["properties"].get("name", "")
        assert (name if isinstance(name, str) else "") == row["name"]
    points = [[round(point.x, 7), round(point.y, 7)] for point in frame.geometry]
    assert points == [each["geometry"]["coordinates"] for each in expected]


def test_csv_is_plain_and_computes_nothing(client: Client, territories: Any, admin_93: Any) -> None:
    client.force_login(admin_93)
    names = ["=HYPERLINK(1)", "+33", "-2", "@cmd", 'a, "b"\n=1+1', "Écluse"]
    for i, name in enumerate(names):
        make_site(2.31 + i / 100, name=name, population={"people": i + 1})
    asked = {"f": "csv", "sortby": "people", "properties": "name,people,complete,opened_on"}
    response = client.get(SITES, asked)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert not response.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(response.content.decode(), newline="")))
    assert rows[0] == ["id", "opened_on", "people", "complete", "name", "lon", "lat"]
    assert [row[4] for row in rows[1:]] == [
        "'=HYPERLINK(1)",
        "'+33",
        "'-2",
        "'@cmd",
        '\'a, "b"\n=1+1',
        "Écluse",
    ]
    assert rows[1][1:4] == ["2024-03-01", "1", "false"]
    page = client.get(SITES, asked | {"limit": "4"})
    rest = client.get(following(page))
    assert len(page.content.splitlines()) == 5
    assert following(rest) == ""
    lambert = client.get(SITES, asked | {"crs": LAMBERT}).content.decode()
    assert lambert.splitlines()[0].endswith("x,y")
    contours = client.get(f"{COMMUNES}?f=csv").content.decode()
    assert "MULTIPOLYGON(((2.3 48.9," in contours
    assert cell(-1.5) == -1.5


class TestPages:
    def test_each_document_has_its_page(
        self, client: Client, territories: Any, admin_93: Any
    ) -> None:
        client.force_login(admin_93)
        site = make_site(2.35, 48.93, name="<b>Chez nous</b>")
        for path in (
            "",
            "api",
            "conformance",
            "collections",
            "collections/sites",
            "collections/sites/schema",
            "collections/sites/queryables",
            "collections/sites/sortables",
            "collections/sites/items",
            f"collections/sites/items/{site.pk}",
            "collections/communes/items",
        ):
            response = client.get(f"/ogc/{path}", headers={"Accept": "text/html"})
            assert response.status_code == 200
            assert response["Content-Type"] == "text/html; charset=utf-8"
            assert response["Cache-Control"] in {"private, no-cache", "private, no-store"}
            assert "ETag" not in response
            text = response.content.decode()
            assert text.count("<h1") == 1
            assert "<b>Chez nous</b>" not in text
            assert client.get(f"/ogc/{path}?f=html").status_code == 200

    def test_rows_and_map_are_those_of_the_feed(
        self, client: Client, territories: Any, admin_93: Any
    ) -> None:
        client.force_login(admin_93)
        for i in range(3):
            make_site(2.31 + i / 100, name=f"Lieu {i}", population={"people": i})
        asked = {"sortby": "-people", "limit": "2", "f": "html"}
        text = client.get(SITES, asked).content.decode()
        assert "3 objets, 2 sur cette page" in text
        feed = client.get(SITES, asked | {"f": "json"}).json()["features"]
        drawn = json.loads(re.search(r'id="objets"[^>]*>(.*?)</script>', text)[1])
        assert [each["geometry"] for each in drawn["features"]] == [
            each["geometry"] for each in feed
        ]
        assert text.index("Lieu 2") < text.index("Lieu 1")
        assert "Lieu 0" not in text.partition("<table")[2]
        more = re.search(r'<a href="([^"]+)" rel="next"', text)[1].replace("&amp;", "&")
        rest = client.get(more.removeprefix("http://testserver")).content.decode()
        assert "Lieu 0" in rest
        assert "Première page" in rest

    def test_a_blurred_reader_is_told_no_more(
        self, client: Client, territories: Any, all_may_export: None
    ) -> None:
        site = make_site(2.4512345, 48.9312345, name="Lieu secret")
        client.force_login(make_user("observer", "departement", "93"))
        for path in (SITES, f"{SITES}/{site.pk}"):
            text = client.get(f"{path}?f=html").content.decode()
            assert site.reference in text
            assert not re.search("secret|2[.,]45123|48[.,]93123", text)

    def test_refusals_are_pages_for_people(self, client: Client, territories: Any) -> None:
        browser = {"Accept": "text/html,*/*;q=0.8"}
        for path, status, words in (
            (f"{COMMUNES}?filter=couleur=1", 400, "couleur"),
            (SITES, 404, "Collection inconnue"),
            (f"{COMMUNES}/999999999", 404, "Objet inconnu"),
        ):
            response = client.get(path, headers=browser)
            assert (response.status_code, response["Cache-Control"]) == (status, "no-store")
            assert words in response.content.decode()
            machine = client.get(path, headers={"Accept": "application/json"})
            assert machine["Content-Type"] == "application/problem+json"

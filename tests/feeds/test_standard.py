"""What OGC's suite and its users find wrong in servers, one test for each (Parts 1, 2 and 5)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client

from geo.core.crs import SERVED_CRS, WGS84, transformer
from geo.territories.models import Commune
from tests.support.factories import make_site, square

pytestmark = pytest.mark.django_db
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
SITES = "/ogc/collections/sites/items"
COMMUNES = "/ogc/collections/communes/items"
DOCUMENTS = (
    "",
    "api",
    "conformance",
    "collections",
    "collections/communes",
    "collections/communes/schema",
    "collections/communes/queryables",
    "collections/communes/sortables",
)


def links_of(body: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for link in body["links"]:
        found.setdefault(link["rel"], []).append(link)
    return found


def codes(response: Any) -> set[str]:
    assert response.status_code == 200, response.content
    return {feature["properties"]["code"] for feature in response.json()["features"]}


class TestDocuments:
    def test_every_link_has_a_type_and_answers_with_it(
        self, client: Client, territories: Any
    ) -> None:
        """`self` and `alternate` for each declared encoding; nothing links to nothing."""
        waiting, seen = ["http://testserver/ogc/"], set()
        while waiting:
            href = waiting.pop()
            if href in seen:
                continue
            seen.add(href)
            response = client.get(href.removeprefix("http://testserver"))
            assert response.status_code == 200, href
            if "json" not in response["Content-Type"]:
                continue
            body = response.json()
            nested = [each["links"] for each in body.get("collections", [])]
            for link in [*body.get("links", []), *(each for part in nested for each in part)]:
                assert set(link) >= {"href", "rel", "type"}
                assert link["href"].startswith("http://testserver/")
                answer = client.get(link["href"].removeprefix("http://testserver"))
                assert answer["Content-Type"].split(";")[0] == link["type"].split(";")[0], link
                if len(seen) < 30:
                    waiting.append(link["href"])
            if "links" in body and "/items" not in href:
                rels = links_of(body)
                assert {each["type"] for each in rels["alternate"]} == {"text/html"}
        assert len(seen) > 20

    def test_the_landing_page_has_the_exact_types_that_programs_look_for(
        self, client: Client, db: None
    ) -> None:
        rels = links_of(client.get("/ogc/", headers={"Accept": "application/json"}).json())
        openapi = "application/vnd.oai.openapi+json;version=3.0"
        assert rels["service-desc"][0]["type"] == openapi
        assert rels["data"][0]["type"] == "application/json"
        assert client.get("/ogc/api")["Content-Type"] == openapi
        # Without its slash too: QGIS 3.22 follows no redirection from there.
        assert client.get("/ogc").json() == client.get("/ogc/?f=json").json()

    def test_unknown_parameters_are_refused_everywhere(
        self, client: Client, territories: Any
    ) -> None:
        for path in (*DOCUMENTS, "collections/communes/items"):
            response = client.get(f"/ogc/{path}?inconnu=1")
            assert response.status_code == 400
            assert response.json()["parameter"] == "inconnu"

    def test_head_and_options(self, client: Client, territories: Any) -> None:
        item = client.get(COMMUNES).json()["features"][0]["id"]
        for path in (*(f"/ogc/{each}" for each in DOCUMENTS), COMMUNES, f"{COMMUNES}/{item}"):
            head, get = client.head(path), client.get(path)
            assert (head.status_code, head.content) == (200, b"")
            assert head["Content-Type"] == get["Content-Type"]
            options = client.options(path)
            assert (options.status_code, options["Allow"]) == (204, "GET, HEAD, OPTIONS")
            assert client.delete(path).status_code == 405
        assert client.options("/ogc/collections/sites/items").status_code == 404

    def test_what_depends_on_accept_says_so(self, client: Client, territories: Any) -> None:
        for path in (*(f"/ogc/{each}" for each in DOCUMENTS), COMMUNES):
            response = client.get(path)
            assert {"Accept", "Accept-Encoding"} <= set(re.split(r",\s*", response["Vary"]))

    def test_extents_are_nested_and_hold_their_features(
        self, client: Client, territories: Any, admin_93: Any
    ) -> None:
        """`[[w, s, e, n]]` in CRS84, rounded outwards: the first holds the others."""
        client.force_login(admin_93)
        make_site(2.3000001, 48.9000001)
        for item in client.get("/ogc/collections").json()["collections"]:
            spatial = item["extent"]["spatial"]
            assert spatial["crs"] == CRS84
            assert len(spatial["bbox"][0]) == 4
            own = client.get(f"/ogc/collections/{item['id']}").json()["extent"]
            west, south, east, north = own["spatial"]["bbox"][0]
            items = client.get(f"/ogc/collections/{item['id']}/items").json()
            for feature in items["features"]:
                for x, y in positions(feature["geometry"]):
                    assert west <= x <= east
                    assert south <= y <= north
            if item["id"] in {"sites", "evacuations"}:
                assert own["temporal"]["interval"] == [["2000-01-01T00:00:00Z", None]]


def positions(geometry: dict[str, Any]) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    waiting = [geometry["coordinates"]]
    while waiting:
        value = waiting.pop()
        if isinstance(value[0], float | int):
            found.append((value[0], value[1]))
        else:
            waiting.extend(value)
    return found


class TestItems:
    def test_a_page_says_when_how_many_and_whose(self, client: Client, territories: Any) -> None:
        body = client.get(f"{COMMUNES}?limit=3").json()
        assert body["type"] == "FeatureCollection"
        stamp = dt.datetime.fromisoformat(body["timeStamp"])
        assert abs((stamp - dt.datetime.now(dt.UTC)).total_seconds()) < 60
        assert (body["numberMatched"], body["numberReturned"], len(body["features"])) == (4, 3, 3)
        assert all(isinstance(feature["id"], int) for feature in body["features"])
        assert [f["id"] for f in body["features"]] == sorted(f["id"] for f in body["features"])
        rels = links_of(body)
        assert rels["self"][0]["type"] == rels["next"][0]["type"] == "application/geo+json"
        assert {each["type"] for each in rels["alternate"]} == {
            "text/html",
            "application/flatgeobuf",
            "text/csv",
        }
        assert rels["collection"][0]["href"] == "http://testserver/ogc/collections/communes"

    def test_one_feature_links_to_itself_and_to_its_collection(
        self, client: Client, territories: Any
    ) -> None:
        listed = client.get(COMMUNES).json()["features"][0]
        response = client.get(f"{COMMUNES}/{listed['id']}")
        body = response.json()
        assert response["Content-Type"] == "application/geo+json"
        rels = links_of(body)
        assert rels["self"][0]["href"] == f"http://testserver{COMMUNES}/{listed['id']}"
        assert [each["type"] for each in rels["alternate"]] == ["text/html"]
        assert rels["collection"]
        assert {key: body[key] for key in listed} == listed

    def test_limits_have_bounds(self, client: Client, territories: Any, settings: Any) -> None:
        settings.MAX_ITEMS = 3
        for text in ("0", "-1", "a", "1.5", "1e3", "+1", " 1"):
            assert client.get(COMMUNES, {"limit": text}).json()["parameter"] == "limit"
        assert client.get(f"{COMMUNES}?limit=1").json()["numberReturned"] == 1
        # More than the most is the most, not an error (requirement 22).
        assert client.get(f"{COMMUNES}?limit=999999").json()["numberReturned"] == 3
        component = client.get("/ogc/api").json()["components"]["parameters"]["limit"]
        assert component["schema"]["maximum"] == 3
        assert {"minimum", "default", "type"} <= set(component["schema"])

    def test_boxes_meet_geometries_across_the_antimeridian(
        self, client: Client, territories: Any
    ) -> None:
        Commune.objects.create(
            code="98611",
            name="Alo",
            departement_id="93",
            region_id="11",
            contour=square(-178.2, -14.4, -178.0, -14.2),
            point="SRID=4326;POINT(-178.1 -14.3)",
            millesime="test",
            source="contours inventés",
        )
        paris = {"93066", "93008"}

        def inside(box: str) -> set[str]:
            return codes(client.get(f"{COMMUNES}?bbox={box}"))

        assert inside("177,-65,-177,70") == {"98611"}
        assert inside("-179,-15,-178,-14") == {"98611"}
        assert inside("2,-90,3,90") == paris
        # West of it and east of it at once.
        assert inside("-180,-90,180,90") == paris | {"13055", "13001", "98611"}
        assert inside("2.4,48.9,2.4,48.96") == paris
        assert inside("2.3,48.9,0,2.31,48.91,100") == {"93066"}
        assert inside("0,-1,1,1") == set()

    def test_dates_of_what_has_none_match(self, client: Client, territories: Any) -> None:
        assert len(codes(client.get(f"{COMMUNES}?datetime=1990-01-01"))) == 4
        for text in ("2024-13-01", "2024-01-01/2023-01-01", "../..", "2024", "x/y/z"):
            assert client.get(COMMUNES, {"datetime": text}).json()["parameter"] == "datetime"

    def test_sorting_and_choosing_properties(self, client: Client, territories: Any) -> None:
        def ordered(sort: str, **more: str) -> list[str]:
            body = client.get(COMMUNES, {"sortby": sort, **more}).json()
            return [feature["properties"]["name"] for feature in body["features"]]

        names = ["Aix-en-Provence", "Bobigny", "Marseille", "Saint-Denis"]
        assert ordered("code") == ["Aix-en-Provence", "Marseille", "Bobigny", "Saint-Denis"]
        assert ordered("-code") == ["Saint-Denis", "Bobigny", "Marseille", "Aix-en-Provence"]
        by_two = ["Bobigny", "Saint-Denis", "Aix-en-Provence", "Marseille"]
        assert ordered("-departement,+code") == by_two
        assert sorted(ordered("code", bbox="2,40,6,50")) == names
        only = client.get(f"{COMMUNES}?sortby=-code&properties=name").json()["features"]
        assert [set(each["properties"]) for each in only] == [{"name"}] * 4
        for text in ("couleur", "-geometry", "code;DROP", "code,,"):
            assert client.get(COMMUNES, {"sortby": text}).json()["parameter"] == "sortby"

    def test_pages_in_an_order_hold_while_rows_come_and_go(
        self, client: Client, territories: Any, admin_93: Any
    ) -> None:
        """Each row that stays is had once, in order, also where there is no value."""
        client.force_login(admin_93)
        people = [50, 10, None, 40, 10, None, 30, 20]
        sites = [
            make_site(2.31 + i / 100, population={"people": count} if count else None)
            for i, count in enumerate(people)
        ]
        for sort, expected in (
            ("-people", [50, 40, 30, 20, 10, 10, None, None]),
            ("people,-opened_on", [10, 10, 20, 30, 40, 50, None, None]),
        ):
            address: str | None = f"{SITES}?limit=3&sortby={sort}&properties=people"
            had: list[tuple[int, int | None]] = []
            while address:
                body = client.get(address).json()
                had += [(each["id"], each["properties"]["people"]) for each in body["features"]]
                following = links_of(body).get("next")
                address = (
                    following[0]["href"].removeprefix("http://testserver") if following else ""
                )
                # One comes before the page's end, one that was already given goes away.
                made = make_site(2.35, 48.94, population={"people": 45})
                made.delete()
                if len(had) == 3:
                    make_site(2.36, 48.94, population={"people": 60})
            known = {site.pk for site in sites}
            mine = [count for key, count in had if key in known]
            assert mine == expected
            assert len({key for key, _ in had}) == len(had)


class TestReferenceSystems:
    def test_the_list_begins_with_the_default(self, client: Client, territories: Any) -> None:
        body = client.get("/ogc/collections/communes").json()
        assert body["crs"][0] == CRS84
        assert body["storageCrs"] == CRS84
        srids = {2154, 3857, 4326, 4467, 4471, 5490, 2972, 2975}
        assert set(body["crs"]) == {CRS84, *(f"{EPSG}{each}" for each in srids)}

    def test_every_answer_names_its_own(self, client: Client, territories: Any) -> None:
        item = client.get(COMMUNES).json()["features"][0]["id"]
        for path in (COMMUNES, f"{COMMUNES}/{item}"):
            assert client.get(path)["Content-Crs"] == f"<{CRS84}>"
            for crs in SERVED_CRS:
                for form in (
                    ("json", "html") if path != COMMUNES else ("json", "html", "csv", "fgb")
                ):
                    response = client.get(path, {"crs": crs.uri, "f": form})
                    assert response.status_code == 200
                    assert response["Content-Crs"] == f"<{crs.uri}>"

    def test_coordinates_are_those_of_the_authority(
        self, client: Client, territories: Any, admin_93: Any
    ) -> None:
        client.force_login(admin_93)
        site = make_site(2.3512345, 48.9312345)
        for crs in SERVED_CRS:
            body = client.get(f"{SITES}/{site.pk}", {"crs": crs.uri}).json()
            got = body["geometry"]["coordinates"]
            x, y = transformer(WGS84, crs.srid).transform(2.3512345, 48.9312345)
            expected = [y, x] if crs.lat_first else [x, y]
            assert got == pytest.approx(expected, abs=10.0**-crs.digits)
            assert "crs" not in body["geometry"]
        assert client.get(f"{SITES}/{site.pk}", {"crs": f"{EPSG}4326"}).json()["geometry"][
            "coordinates"
        ] == [48.9312345, 2.3512345]

    def test_the_same_box_gives_the_same_features(self, client: Client, territories: Any) -> None:
        for west, south, east, north in (
            (2.35, 48.92, 2.39, 48.95),
            (2.35, 48.92, 2.45, 48.95),
            (5.0, 43.0, 6.0, 44.0),
            (-5.0, 41.0, 9.0, 51.0),
        ):
            expected = client.get(f"{COMMUNES}?bbox={west},{south},{east},{north}").json()
            ids = [each["id"] for each in expected["features"]]
            flipped = f"{south},{west},{north},{east}"
            for srid, box in (
                (4326, flipped),
                (3857, _box(3857, west, south, east, north)),
                (2154, _box(2154, west, south, east, north)),
            ):
                query = {"bbox": box, "bbox-crs": f"{EPSG}{srid}"}
                body = client.get(COMMUNES, query).json()
                assert [each["id"] for each in body["features"]] == ids, (srid, box)

    def test_unknown_ones_and_impossible_boxes_are_refused(
        self, client: Client, territories: Any
    ) -> None:
        for name in ("crs", "bbox-crs"):
            for text in ("EPSG:2154", f"{EPSG}2155", f"{EPSG}2154 ", "x" * 500):
                response = client.get(COMMUNES, {name: text, "bbox": "1,2,3,4"})
                assert (response.status_code, response.json()["parameter"]) == (400, name)
        for srid, box in (
            (2154, "1,2,3"),
            (2154, "5,5,1,1"),
            (2154, "1e99,0,2e99,1"),
            (2154, "nan,0,1,1"),
            (2154, "-9e8,-9e8,9e8,9e8"),
            (4326, "2,48,200,49"),
            (3857, "a,b,c,d"),
        ):
            response = client.get(COMMUNES, {"bbox": box, "bbox-crs": f"{EPSG}{srid}"})
            assert (response.status_code, response.json()["parameter"]) == (400, "bbox"), box


def _box(srid: int, west: float, south: float, east: float, north: float) -> str:
    bounds = transformer(WGS84, srid).transform_bounds(west, south, east, north, densify_pts=50)
    return ",".join(map(repr, bounds))


class TestSchemas:
    def test_roles(self, client: Client, territories: Any, admin_93: Any) -> None:
        client.force_login(admin_93)
        fields = client.get("/ogc/collections/sites/schema").json()["properties"]
        roles = {name: field.get("x-ogc-role") for name, field in fields.items()}
        assert roles["id"] == "id"
        assert roles["geometry"] == "primary-geometry"
        assert fields["geometry"]["format"] == "geometry-point"
        assert roles["opened_on"] == "primary-interval-start"
        assert roles["closed_on"] == "primary-interval-end"
        assert sum(role is not None for role in roles.values()) == 4
        # Everything is returned; what may be written is received, by who writes.
        received = {name for name, field in fields.items() if not field.get("readOnly")}
        assert received == {
            "geometry",
            "name",
            "address",
            "opened_on",
            "field_type",
            "location_accuracy",
            "resorption_target",
        }
        assert not any(field.get("writeOnly") for field in fields.values())
        order = [field["x-ogc-propertySeq"] for field in list(fields.values())[2:]]
        assert order == list(range(1, len(fields) - 1))

    def test_what_is_returned_is_in_the_schema(
        self, client: Client, territories: Any, admin_93: Any
    ) -> None:
        client.force_login(admin_93)
        make_site(footprint=square(2.35, 48.93, 2.351, 48.931))
        for item in client.get("/ogc/collections").json()["collections"]:
            base = f"/ogc/collections/{item['id']}"
            schema = client.get(f"{base}/schema").json()
            assert schema["$id"] == f"http://testserver{base}/schema"
            for feature in client.get(f"{base}/items?limit=5").json()["features"]:
                assert set(feature["properties"]) <= set(schema["properties"])
            for name in ("queryables", "sortables"):
                asked = client.get(f"{base}/{name}").json()
                assert asked["additionalProperties"] is False
                assert ("geometry" in asked["properties"]) == (name == "queryables")

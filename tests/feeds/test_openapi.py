"""The OpenAPI description: valid, complete, and true of what is answered."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from openapi_spec_validator import validate

from feeds import documents
from tests.support.factories import make_site, make_user

pytestmark = pytest.mark.django_db


def described(client: Client) -> dict[str, Any]:
    response = client.get("/ogc/api?f=json")
    assert response.status_code == 200
    return response.json()


def parameters(body: dict[str, Any], path: str) -> dict[str, dict[str, Any]]:
    shared = body["components"]["parameters"]
    listed = [
        shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        for each in body["paths"][path]["get"]["parameters"]
    ]
    found = {each["name"]: each for each in listed}
    assert len(found) == len(listed)
    return found


@pytest.mark.parametrize("role", [None, "national_admin", "observer"])
def test_it_is_valid_for_every_reader(client: Client, territories: Any, role: str | None) -> None:
    if role:
        level = ("departement", "93") if role == "observer" else ()
        client.force_login(make_user(role, *level))
    body = described(client)
    assert body["openapi"] == "3.0.3"
    validate(body)
    assert body["servers"][0]["url"] == "http://testserver/ogc"
    names = [each["get"]["operationId"] for each in body["paths"].values()]
    assert len(names) == len(set(names))


def test_every_parameter_that_is_read_is_described_and_no_other(
    client: Client, territories: Any, admin_93: Any
) -> None:
    client.force_login(admin_93)
    site = make_site()
    body = described(client)
    for item in client.get("/ogc/collections").json()["collections"]:
        path = f"/collections/{item['id']}/items"
        found = parameters(body, path)
        for name, each in found.items():
            assert each["in"] == "query"
            # QGIS makes simple filters of these alone.
            assert (each["style"], each["explode"]) == ("form", False)
            assert client.get(f"/ogc{path}", {name: ""}).status_code in {200, 400}
            refused = client.get(f"/ogc{path}", {name: ""})
            assert "Paramètre inconnu" not in refused.content.decode()
        told = client.get(f"/ogc{path}?inconnu=1").json()["detail"]
        accepted = told.partition("Acceptés : ")[2].rstrip(".").split(", ")
        assert set(accepted) >= set(found)
        # What this reader cannot be given is not described to them, though it is not unknown.
        assert {"limit", "bbox", "bbox-crs", "crs", "datetime", "filter", "sortby", "f"} <= set(
            found
        )
    one = parameters(body, "/collections/sites/items/{featureId}")
    told = client.get(f"/ogc/collections/sites/items/{site.pk}?inconnu=1").json()["detail"]
    assert set(told.partition("Acceptés : ")[2].rstrip(".").split(", ")) | {"featureId"} == set(one)


def test_what_programs_read_to_the_letter(client: Client, territories: Any, settings: Any) -> None:
    body = described(client)
    limit = body["components"]["parameters"]["limit"]["schema"]
    assert limit == {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 5_000}
    box = body["components"]["parameters"]["bbox"]["schema"]
    assert (box["type"], box["minItems"], box["maxItems"]) == ("array", 4, 6)
    hits = body["components"]["parameters"]["resultType"]["schema"]["enum"]
    assert hits == ["results", "hits"]
    answers = body["paths"]["/collections/communes/items"]["get"]["responses"]
    assert set(answers) >= {"200", "304", "400", "401", "403", "404", "503"}
    assert set(answers["200"]["content"]) == {
        "application/geo+json",
        "application/flatgeobuf",
        "text/csv",
        "text/html",
    }


def test_conformance_is_what_passes(client: Client, db: None) -> None:
    told = client.get("/ogc/conformance").json()["conformsTo"]
    assert set(told) == {*documents.CONFORMANCE, documents.HTML_CONFORMANCE}
    # What QGIS asks for before it filters, and what it reads before it asks for a projection.
    for needed in (
        "ogcapi-features-2/1.0/conf/crs",
        "ogcapi-features-3/1.0/conf/filter",
        "ogcapi-features-3/1.0/conf/features-filter",
        "ogcapi-features-4/1.0/conf/create-replace-delete",
        "ogcapi-features-4/1.0/conf/update",
        "ogcapi-features-4/1.0/conf/optimistic-locking-etags",
        "ogcapi-features-5/1.0/conf/schemas",
        "cql2/1.0/conf/cql2-text",
        "cql2/1.0/conf/basic-cql2",
        "cql2/1.0/conf/advanced-comparison-operators",
    ):
        assert any(each.endswith(needed) for each in told)
    assert not any("arithmetic" in each or "array" in each for each in told)


def test_who_writes_is_told_how(client: Client, territories: Any, national_admin: Any) -> None:
    site = make_site()
    client.force_login(national_admin)
    body = described(client)
    validate(body)
    for name in ("sites", "site-footprints"):
        items = body["paths"][f"/collections/{name}/items"]
        one = body["paths"][f"/collections/{name}/items/{{featureId}}"]
        assert set(items["post"]["responses"]) >= {"201", "400", "403", "409", "415", "422"}
        for method in ("put", "patch", "delete"):
            assert set(one[method]["responses"]) >= {"204", "404", "409", "412", "428"}
            assert {"$ref": "#/components/parameters/If-Match"} in one[method]["parameters"]
        assert "application/merge-patch+json" in one["patch"]["requestBody"]["content"]
    sent = body["components"]["schemas"]["sites-whole"]["properties"]["properties"]["properties"]
    assert set(sent) == {
        "name",
        "address",
        "opened_on",
        "field_type",
        "location_accuracy",
        "resorption_target",
    }
    # What is described is what is allowed.
    offered = client.options(f"/ogc/collections/sites/items/{site.pk}")["Allow"]
    assert offered == "GET, HEAD, OPTIONS, PUT, PATCH, DELETE"
    communes = body["paths"]["/collections/communes/items"]
    assert "post" not in communes
    client.force_login(make_user("national_partner"))
    assert "post" not in described(client)["paths"]["/collections/sites/items"]

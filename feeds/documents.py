"""The metadata documents of OGC API - Features: landing, conformance, collections, schema, OpenAPI.

Only what works is declared. Leaves features to `feeds.views`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from django.conf import settings

from geo.core.collections import SEARCH, Collection, Property
from geo.sites.extent import Box

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
GEOJSON = "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
SCHEMA = "application/schema+json"
CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/schemas",
)
GEOMETRY_SCHEMAS = {
    "Point": "geometry-point",
    "LineString": "geometry-linestring",
    "MultiPolygon": "geometry-multipolygon",
}


def link(href: str, rel: str, media: str = "application/json", title: str = "") -> dict[str, str]:
    """A link object."""
    body = {"href": href, "rel": rel, "type": media}
    return body | ({"title": title} if title else {})


def landing(root: str) -> dict[str, Any]:
    """The landing page; `root` is its absolute address, with its slash."""
    return {
        "title": "Atlas de la résorption",
        "description": "Sites, évacuations, résorptions et services, selon vos droits.",
        "links": [
            link(root, "self"),
            link(f"{root}api", "service-desc", OPENAPI, "Description OpenAPI"),
            link(f"{root}conformance", "conformance"),
            link(f"{root}collections", "data", title="Collections"),
        ],
    }


def collection(root: str, item: Collection, boxes: Sequence[Box]) -> dict[str, Any]:
    """The description of one collection; the first of `boxes` holds the others."""
    base = f"{root}collections/{item.id}"
    extent: dict[str, Any] = {"spatial": {"bbox": boxes, "crs": CRS84}}
    if item.temporal:
        extent["temporal"] = {"interval": [["2000-01-01T00:00:00Z", None]]}
    body = {
        "id": item.id,
        "title": item.title,
        "description": item.description,
        "itemType": "feature",
        "extent": extent,
        "crs": [CRS84],
        "storageCrs": CRS84,
        "links": [
            link(base, "self"),
            link(f"{base}/items", "items", GEOJSON, item.title),
            link(f"{base}/schema", "describedby", SCHEMA),
            link(f"{base}/schema", "http://www.opengis.net/def/rel/ogc/1.0/schema", SCHEMA),
            link(
                f"{base}/queryables",
                "http://www.opengis.net/def/rel/ogc/1.0/queryables",
                SCHEMA,
            ),
        ],
    }
    attribution, licence = item.credited()
    if attribution:
        body["attribution"] = attribution
    if licence:
        body["license"] = licence
    return body


def schema(address: str, item: Collection, properties: Sequence[Property]) -> dict[str, Any]:
    """A JSON Schema of the features' properties (OGC API - Features Part 5)."""
    fields: dict[str, Any] = {
        "id": {"type": "integer", "x-ogc-role": "id"},
        "geometry": {
            "format": GEOMETRY_SCHEMAS.get(item.geometry_type, "geometry-any"),
            "x-ogc-role": "primary-geometry",
        },
    }
    fields |= {p.name: property_schema(p) for p in properties}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "type": "object",
        "title": item.title,
        "properties": fields,
    }


def property_schema(prop: Property) -> dict[str, Any]:
    """The JSON Schema of one property."""
    body: dict[str, Any] = {"title": prop.label}
    if prop.type in {"date", "date-time"}:
        body |= {"type": "string", "format": prop.type}
    else:
        body["type"] = prop.type
    if prop.choices:
        body["enum"] = [code for code, _ in prop.choices]
    return body


def feature_collection(
    features: Sequence[str], links: Sequence[dict[str, str]], matched: int | None, now: str
) -> bytes:
    """The text of one page; `matched` is left out when the count is not known."""
    head: dict[str, Any] = {"type": "FeatureCollection", "timeStamp": now}
    if matched is not None:
        head["numberMatched"] = matched
    head |= {"numberReturned": len(features), "links": links}
    start = orjson.dumps(head)[:-1] + b',"features":['
    return start + ",\n".join(features).encode() + b"]}"


def openapi(root: str, items: Sequence[tuple[Collection, Sequence[Property]]]) -> dict[str, Any]:
    """The OpenAPI 3.0 description, with the literal paths and `limit` component that QGIS reads.

    Each collection comes with the properties that this reader can be given.
    """
    paths: dict[str, Any] = {
        "/": _get("Page d'accueil"),
        "/conformance": _get("Conformité"),
        "/collections": _get("Collections"),
    }
    for item, given in items:
        base = f"/collections/{item.id}"
        paths[base] = _get(item.title)
        paths[f"{base}/items"] = _get(item.title, GEOJSON, _parameters(item, given))
        paths[f"{base}/items/{{featureId}}"] = _get(
            item.title,
            GEOJSON,
            [
                {
                    "name": "featureId",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "integer"},
                },
                _names(given),
            ],
        )
    return {
        "openapi": "3.0.3",
        "info": {"title": "Atlas de la résorption", "version": "1.0.0"},
        "servers": [{"url": root.rstrip("/")}],
        "paths": paths,
        "components": {"parameters": _components()},
    }


def _components() -> dict[str, Any]:
    def query(name: str, schema: dict[str, Any], text: str) -> dict[str, Any]:
        return {
            "name": name,
            "in": "query",
            "required": False,
            "description": text,
            "schema": schema,
            "style": "form",
            "explode": False,
        }

    return {
        "limit": query(
            "limit",
            {
                "type": "integer",
                "minimum": 1,
                "maximum": settings.MAX_ITEMS,
                "default": settings.DEFAULT_ITEMS,
            },
            "Nombre d'objets par page.",
        ),
        "bbox": query(
            "bbox",
            {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6},
            "Ouest, sud, est, nord en degrés (CRS84).",
        ),
        SEARCH: query(
            SEARCH, {"type": "string", "maxLength": 100}, "Mots cherchés, sans accents ni casse."
        ),
        "datetime": query(
            "datetime", {"type": "string"}, "Date, ou deux dates séparées par une barre."
        ),
        "resultType": query(
            "resultType",
            {"type": "string", "enum": ["results", "hits"], "default": "results"},
            "hits : le nombre d'objets seulement.",
        ),
        "cursor": query("cursor", {"type": "string"}, "Page suivante, donnée par le serveur."),
    }


def _names(given: Sequence[Property]) -> dict[str, Any]:
    return {
        "name": "properties",
        "in": "query",
        "required": False,
        "description": "Propriétés voulues ; certaines ne sont données qu'à qui les nomme.",
        "schema": {
            "type": "array",
            "items": {"type": "string", "enum": [p.name for p in given]},
        },
        "style": "form",
        "explode": False,
    }


def _parameters(item: Collection, given: Sequence[Property]) -> list[dict[str, Any]]:
    shared = [
        {"$ref": f"#/components/parameters/{name}"}
        for name in ("limit", "bbox", "datetime", "resultType", "cursor")
    ]
    own = [
        {
            "name": p.name,
            "in": "query",
            "required": False,
            "description": p.label,
            "schema": {"type": "array", "items": property_schema(p)},
            "style": "form",
            "explode": False,
        }
        for p in item.queryables
    ]
    searched = [{"$ref": f"#/components/parameters/{SEARCH}"}] if SEARCH in item.parameters else []
    return [*shared, *searched, _names(given), *own]


def _get(
    title: str, media: str = "application/json", parameters: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": title,
        "responses": {
            "200": {"description": title, "content": {media: {"schema": {"type": "object"}}}},
            "400": {"description": "Paramètre refusé"},
            "404": {"description": "Inconnu"},
        },
    }
    if parameters:
        operation["parameters"] = parameters
    return {"get": operation}

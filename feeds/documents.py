"""The metadata documents of OGC API - Features: landing, conformance, collections, schemas.

Only what works is declared. Leaves the OpenAPI description to `feeds.openapi` and features to
`feeds.items`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from feeds import formats
from feeds.formats import CSV, FLATGEOBUF, GEOJSON, HTML, JSON, OPENAPI, SCHEMA
from geo.core.collections import Collection, Property
from geo.core.crs import CRS84, SERVED_CRS
from geo.sites.extent import Box

FEATURES = "http://www.opengis.net/spec/ogcapi-features"
CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"
CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    f"{FEATURES}-1/1.0/conf/core",
    f"{FEATURES}-1/1.0/conf/oas30",
    f"{FEATURES}-1/1.0/conf/geojson",
    f"{FEATURES}-2/1.0/conf/crs",
    f"{FEATURES}-3/1.0/conf/queryables",
    f"{FEATURES}-3/1.0/conf/queryables-query-parameters",
    f"{FEATURES}-3/1.0/conf/filter",
    f"{FEATURES}-3/1.0/conf/features-filter",
    f"{FEATURES}-4/1.0/conf/create-replace-delete",
    f"{FEATURES}-4/1.0/conf/update",
    f"{FEATURES}-4/1.0/conf/optimistic-locking-etags",
    f"{FEATURES}-4/1.0/conf/features",
    f"{FEATURES}-5/1.0/conf/schemas",
    f"{FEATURES}-5/1.0/conf/core-roles-features",
    f"{FEATURES}-5/1.0/conf/returnables-and-receivables",
    f"{FEATURES}-5/1.0/conf/queryables",
    f"{FEATURES}-5/1.0/conf/sortables",
    f"{CQL2}/cql2-text",
    f"{CQL2}/cql2-json",
    f"{CQL2}/basic-cql2",
    f"{CQL2}/advanced-comparison-operators",
    f"{CQL2}/case-insensitive-comparison",
    f"{CQL2}/accent-insensitive-comparison",
    f"{CQL2}/basic-spatial-functions",
    f"{CQL2}/basic-spatial-functions-plus",
    f"{CQL2}/spatial-functions",
    f"{CQL2}/temporal-functions",
    f"{CQL2}/property-property",
)
HTML_CONFORMANCE = f"{FEATURES}-1/1.0/conf/html"
REL = "http://www.opengis.net/def/rel/ogc/1.0"
MEDIA = {"json": JSON, "html": HTML, "fgb": FLATGEOBUF, "csv": CSV}
GEOMETRY_SCHEMAS = {
    "Point": "geometry-point",
    "LineString": "geometry-linestring",
    "MultiPolygon": "geometry-multipolygon",
}
IDENTIFIER = {"title": "Identifiant", "type": "integer", "x-ogc-role": "id"}
Links = list[dict[str, str]]


def link(href: str, rel: str, media: str = JSON, title: str = "") -> dict[str, str]:
    """A link object."""
    body = {"href": href, "rel": rel, "type": media}
    return body | ({"title": title} if title else {})


def own_links(address: str, media: str = JSON, form: str = "json") -> Links:
    """`self` and the other encoding of a document, where it has one."""
    alternate = link(f"{address}?f=html", "alternate", HTML)
    if form == "html":
        return [link(address, "self", HTML), link(f"{address}?f=json", "alternate", media)]
    return [link(address, "self", media), *([alternate] if formats.pages() else [])]


def landing(root: str, form: str = "json") -> dict[str, Any]:
    """The landing page; `root` is its absolute address, with its slash."""
    return {
        "title": "Atlas de la résorption",
        "description": "Sites, évacuations, résorptions et services, selon vos droits.",
        "links": [
            *own_links(root, form=form),
            link(f"{root}api", "service-desc", OPENAPI, "Description OpenAPI"),
            *([link(f"{root}api?f=html", "service-doc", HTML)] if formats.pages() else []),
            link(f"{root}conformance", "conformance", title="Conformité"),
            link(f"{root}collections", "data", title="Collections"),
        ],
    }


def conformance() -> dict[str, Any]:
    """The conformance classes: those that pass."""
    more = [HTML_CONFORMANCE] if formats.pages() else []
    return {"conformsTo": sorted([*CONFORMANCE, *more])}


def collections(root: str, items: Sequence[dict[str, Any]], form: str = "json") -> dict[str, Any]:
    """The list of collections."""
    return {
        "links": own_links(f"{root}collections", form=form),
        "crs": [crs.uri for crs in SERVED_CRS],
        "collections": items,
    }


def collection(
    root: str, item: Collection, boxes: Sequence[Box], form: str = "json"
) -> dict[str, Any]:
    """The description of one collection; the first of `boxes` holds the others."""
    base = f"{root}collections/{item.id}"
    extent: dict[str, Any] = {"spatial": {"bbox": boxes, "crs": CRS84.uri}}
    if item.temporal:
        extent["temporal"] = {
            "interval": [["2000-01-01T00:00:00Z", None]],
            "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
        }
    encodings = [(GEOJSON, "json"), (FLATGEOBUF, "fgb"), (CSV, "csv")]
    encodings += [(HTML, "html")] if formats.pages() else []
    body = {
        "id": item.id,
        "title": item.title,
        "description": item.description,
        "itemType": "feature",
        "extent": extent,
        "crs": [crs.uri for crs in SERVED_CRS],
        "storageCrs": CRS84.uri,
        "links": [
            *own_links(base, form=form),
            *(
                link(
                    f"{base}/items" if short == "json" else f"{base}/items?f={short}",
                    "items",
                    media,
                    item.title,
                )
                for media, short in encodings
            ),
            link(f"{base}/schema", "describedby", SCHEMA),
            link(f"{base}/schema", f"{REL}/schema", SCHEMA),
            link(f"{base}/queryables", f"{REL}/queryables", SCHEMA),
            link(f"{base}/sortables", f"{REL}/sortables", SCHEMA),
        ],
    }
    attribution, licence = item.credited()
    if attribution:
        body["attribution"] = attribution
    if licence:
        body["license"] = licence
    return body


def schema(
    address: str,
    item: Collection,
    properties: Sequence[Property],
    written: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """A JSON Schema of the features (OGC API - Features Part 5): what is returned.

    What is received is the part named in `written`; all else is `readOnly`.
    """
    roles = _roles(item)
    fields: dict[str, Any] = {
        "id": dict(IDENTIFIER),
        "geometry": _geometry(item),
    }
    for rank, prop in enumerate(properties, start=1):
        fields[prop.name] = property_schema(prop) | roles.get(prop.name, {})
        fields[prop.name]["x-ogc-propertySeq"] = rank
    for name, field in fields.items():
        if name not in written:
            field["readOnly"] = True
    return _schema_document(address, item, fields)


def _schema_document(address: str, item: Collection, fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "type": "object",
        "title": item.title,
        "description": item.description,
        "properties": fields,
    }


def asked_by(
    address: str, item: Collection, properties: Sequence[Property], *, placed: bool = True
) -> dict[str, Any]:
    """The schema of what features are filtered by, with `placed` the geometry, or sorted by."""
    fields: dict[str, Any] = {}
    if placed:
        fields |= {"id": IDENTIFIER, "geometry": _geometry(item)}
    fields |= {p.name: property_schema(p) for p in properties}
    return _schema_document(address, item, fields) | {"additionalProperties": False}


def _geometry(item: Collection) -> dict[str, Any]:
    return {
        "title": "Géométrie",
        "format": GEOMETRY_SCHEMAS.get(item.geometry_type, "geometry-any"),
        "x-ogc-role": "primary-geometry",
    }


def _roles(item: Collection) -> dict[str, dict[str, str]]:
    """The properties that bound a feature's time, as GIS programs look for them."""
    names = {p.name for p in item.properties}
    for start, end in (("opened_on", "closed_on"),):
        if item.temporal and {start, end} <= names:
            return {
                start: {"x-ogc-role": "primary-interval-start"},
                end: {"x-ogc-role": "primary-interval-end"},
            }
    for name in ("closed_on", "happened_on", "observed_on"):
        if item.temporal and name in names:
            return {name: {"x-ogc-role": "primary-instant"}}
    return {}


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
    features: Sequence[str], links: Links, matched: int | None, now: str
) -> bytes:
    """The text of one page; `matched` is left out when the count is not known."""
    head: dict[str, Any] = {"type": "FeatureCollection", "timeStamp": now}
    if matched is not None:
        head["numberMatched"] = matched
    head |= {"numberReturned": len(features), "links": links}
    start = orjson.dumps(head)[:-1] + b',"features":['
    return start + ",\n".join(features).encode() + b"]}"

"""The OpenAPI 3.0 description of the feeds: every address, parameter, answer and schema.

Written by hand, since programs read it to the letter: literal paths, and the component `limit`
from which QGIS takes the size of its pages. Each collection comes with what this reader is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from feeds import formats
from feeds.asking import MAX_SORT, sortable
from feeds.documents import property_schema
from feeds.formats import CSV, FLATGEOBUF, GEOJSON, HTML, JSON, OPENAPI, SCHEMA
from feeds.openapi_parts import components, query
from feeds.openapi_writes import body_schema, operations
from geo.core.collections import SEARCH, Collection, Property

Given = Sequence[tuple[Collection, Sequence[Property]]]
Written = Mapping[str, tuple[Sequence[str], Sequence[str]]]
SHARED = (
    "limit",
    "bbox",
    "bbox-crs",
    "datetime",
    "crs",
    "filter",
    "filter-lang",
    "filter-crs",
    "resultType",
    "cursor",
)
REFUSALS = ("400", "401", "403", "404", "405", "414", "503")
VALIDATED = {"ETag": "ETag", "Cache-Control": "CacheControl", "Vary": "Vary"}


def description(root: str, items: Given, written: Written | None = None) -> dict[str, Any]:
    """The whole description; `root` is the absolute address of the landing page.

    `written` gives for a collection the methods of its items and of one of them, to this reader.
    """
    written = written or {}
    paths: dict[str, Any] = {
        "/": _read("Page d'accueil", "landing", {JSON: "landing"}, "Service"),
        "/api": _read("Description OpenAPI", "api", {OPENAPI: None}, "Service"),
        "/conformance": _read("Conformité", "conformance", {JSON: "confClasses"}, "Service"),
        "/collections": _read("Collections", "collections", {JSON: "collections"}, "Service"),
    }
    for item, given in items:
        paths |= _paths(item, given)
        made, changed = written.get(item.id, ((), ()))
        paths[f"/collections/{item.id}/items"] |= operations(item, made)
        paths[f"/collections/{item.id}/items/{{featureId}}"] |= operations(item, changed)
    schemas = {item.id: feature_schema(item, given) for item, given in items}
    bodies = {
        f"{item.id}-{name}": body_schema(item, given, part=name == "part")
        for item, given in items
        if any(written.get(item.id, ()))
        for name in ("whole", "part")
    }
    tags = [{"name": "Service", "description": "Ce que le service offre."}]
    tags += [{"name": item.id, "description": item.description} for item, _ in items]
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Atlas de la résorption",
            "version": "1.0.0",
            "description": "OGC API - Features : lire et écrire selon vos droits.",
            "contact": {
                "name": "Atlas de la résorption",
                "url": root.replace("/ogc/", "/contact/"),
            },
            "license": {"name": "Selon la collection : voir sa description"},
        },
        "servers": [{"url": root.rstrip("/"), "description": "Ce service"}],
        "tags": tags,
        "security": [{}, {"jeton": []}, {"motDePasse": []}, {"session": []}],
        "paths": paths,
        "components": components(schemas, bodies),
    }


def feature_schema(item: Collection, given: Iterable[Property]) -> dict[str, Any]:
    """The schema of one feature of a collection, as GeoJSON."""
    fields = {p.name: property_schema(p) | {"nullable": True} for p in given}
    for field in fields.values():
        if "enum" in field:
            field["enum"] = [*field["enum"], None]
    return {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "integer", "format": "int64"},
            "geometry": {"$ref": "#/components/schemas/geometry"},
            "properties": {"type": "object", "properties": fields, "additionalProperties": False},
            "links": {"type": "array", "items": {"$ref": "#/components/schemas/link"}},
        },
    }


def _paths(item: Collection, given: Sequence[Property]) -> dict[str, Any]:
    base, tag = f"/collections/{item.id}", item.id
    one = f"{base}/items/{{featureId}}"
    page: dict[str, str | None] = {
        GEOJSON: f"{item.id}-page",
        FLATGEOBUF: "binary",
        CSV: "text",
    }
    return {
        base: _read(item.title, f"{tag}.collection", {JSON: "collection"}, tag),
        f"{base}/schema": _read("Schéma", f"{tag}.schema", {SCHEMA: None}, tag),
        f"{base}/queryables": _read("Filtres", f"{tag}.queryables", {SCHEMA: None}, tag),
        f"{base}/sortables": _read("Tris", f"{tag}.sortables", {SCHEMA: None}, tag),
        f"{base}/items": _read(item.title, f"{tag}.items", page, tag, _asked(item, given))
        | {"options": _options(tag, "items")},
        one: _read(
            f"{item.title} : un objet",
            f"{tag}.item",
            {GEOJSON: item.id},
            tag,
            [_ref("featureId"), _ref("crs"), _ref("datetime"), _names(given), _ref("f-item")],
        )
        | {"options": _options(tag, "item") | {"parameters": [_ref("featureId")]}},
    }


def _asked(item: Collection, given: Sequence[Property]) -> list[dict[str, Any]]:
    """The parameters of a page: those of all, the reader's own names, then one for each filter."""
    named = {p.name for p in given}
    own = [
        query(p.name, {"type": "array", "items": property_schema(p)}, p.label)
        for p in item.queryables
        if p.name in named
    ]
    searched = [_ref(SEARCH)] if SEARCH in item.parameters else []
    return [*map(_ref, SHARED), *searched, _names(given), _sort(given), _ref("f-items"), *own]


def _names(given: Sequence[Property]) -> dict[str, Any]:
    return query(
        "properties",
        {"type": "array", "items": {"type": "string", "enum": [p.name for p in given]}},
        "Propriétés voulues ; certaines ne sont données qu'à qui les nomme.",
    )


def _sort(given: Sequence[Property]) -> dict[str, Any]:
    names = [p.name for p in given if sortable(p)]
    orders = [sign + name for name in names for sign in ("", "+", "-")]
    return query(
        "sortby",
        {"type": "array", "maxItems": MAX_SORT, "items": {"type": "string", "enum": orders}},
        "Propriétés de tri ; précédées de - pour l'ordre décroissant.",
    )


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{name}"}


def _options(tag: str, what: str) -> dict[str, Any]:
    answer = {
        "description": "Ce qui est permis",
        "headers": {"Allow": {"schema": {"type": "string"}}},
    }
    return {
        "operationId": f"{tag}.{what}.options",
        "tags": [tag],
        "summary": "Méthodes permises",
        "responses": {"204": answer, "404": {"$ref": "#/components/responses/404"}},
    }


def _read(
    title: str,
    operation: str,
    encodings: dict[str, str | None],
    tag: str,
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """A GET and its answers. `encodings` gives the component of each media type's schema."""
    features = parameters is not None
    content = {
        media: {"schema": {"$ref": f"#/components/schemas/{name}"} if name else {"type": "object"}}
        for media, name in encodings.items()
    }
    if formats.pages() is not None:
        content[HTML] = {"schema": {"type": "string"}}
    headers = {name: {"$ref": f"#/components/headers/{ref}"} for name, ref in VALIDATED.items()}
    if features:
        headers["Content-Crs"] = {"$ref": "#/components/headers/ContentCrs"}
    answers: dict[str, Any] = {
        "200": {"description": title, "headers": headers, "content": content},
        "304": {"description": "Rien n'a changé depuis l'ETag donné par If-None-Match"},
    }
    answers |= {status: {"$ref": f"#/components/responses/{status}"} for status in REFUSALS}
    return {
        "get": {
            "operationId": operation,
            "tags": [tag],
            "summary": title,
            "parameters": parameters if parameters is not None else [_ref("f-document")],
            "responses": answers,
        }
    }

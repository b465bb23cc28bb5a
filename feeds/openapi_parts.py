"""The shared parts of the OpenAPI description: parameters, headers, refusals, schemas, security.

Leaves the addresses to `feeds.openapi`.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings

from feeds import formats
from feeds.cql.reading import LANGUAGES, MAX_TEXT, TEXT
from feeds.formats import DOCUMENT, FEATURE, ITEMS
from geo.core.collections import SEARCH
from geo.core.crs import CRS84, SERVED_CRS
from geo.core.params import MAX_SEARCH

PROBLEM = "application/problem+json"
REFUSED = {
    "400": "Paramètre refusé : « parameter » le nomme, « detail » dit ce qui conviendrait",
    "401": "Jeton inconnu, révoqué ou échu",
    "403": "Votre rôle ne permet pas d'exporter, ou pas d'écrire cela",
    "404": "Inconnu, ou hors de vos droits",
    "405": "Méthode refusée",
    "409": "Modifié au même moment, les deux versions sont dites ; ou déjà là",
    "412": "Version dépassée : les deux versions sont dites",
    "413": "Corps trop grand, une fois décompressé",
    "414": "Adresse trop longue : au plus 4 094 caractères",
    "415": "Type de contenu ou compression refusé",
    "422": "Géométrie inutilisable : « detail » dit où",
    "428": "If-Match, la version lue, manque",
    "503": "Demande trop lourde, ou service indisponible",
}


def components(features: dict[str, Any], bodies: dict[str, Any]) -> dict[str, Any]:
    """The components: `features` are the schemas of one feature by collection, `bodies` of what is
    sent to write one."""
    return {
        "parameters": _parameters(),
        "headers": _headers(),
        "responses": {status: _refusal(text) for status, text in REFUSED.items()},
        "schemas": _schemas()
        | bodies
        | features
        | {f"{name}-page": _page(name) for name in features},
        "securitySchemes": {
            "jeton": {
                "type": "http",
                "scheme": "bearer",
                "description": "Un jeton de lecture, créé dans votre compte.",
            },
            "motDePasse": {
                "type": "http",
                "scheme": "basic",
                "description": "Le jeton pour mot de passe, quel que soit le nom.",
            },
            "session": {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME},
        },
    }


def query(name: str, schema: dict[str, Any], text: str) -> dict[str, Any]:
    """An optional parameter, its values separated by commas."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": text,
        "schema": schema,
        "style": "form",
        "explode": False,
    }


def _crs(name: str, text: str) -> dict[str, Any]:
    uris = [crs.uri for crs in SERVED_CRS]
    schema = {"type": "string", "format": "uri", "enum": uris, "default": CRS84.uri}
    return query(name, schema, text)


def _header(name: str, text: str, *, required: bool = False) -> dict[str, Any]:
    schema = {"type": "string"}
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": text,
        "schema": schema,
    }


def _format(forms: tuple[str, ...]) -> dict[str, Any]:
    names = [each for each in forms if each != "html" or formats.pages() is not None]
    return query("f", {"type": "string", "enum": names}, "Format, sinon selon l'en-tête Accept.")


def _parameters() -> dict[str, Any]:
    limits = {
        "type": "integer",
        "minimum": 1,
        "maximum": settings.MAX_ITEMS,
        "default": settings.DEFAULT_ITEMS,
    }
    box = {
        "type": "array",
        "items": {"type": "number"},
        "minItems": 4,
        "maxItems": 6,
    }
    languages = {"type": "string", "enum": list(LANGUAGES), "default": TEXT}
    results = {"type": "string", "enum": ["results", "hits"], "default": "results"}
    searched = {"type": "string", "maxLength": MAX_SEARCH}
    return {
        "limit": query("limit", limits, "Nombre d'objets par page."),
        "bbox": query("bbox", box, "Ouest, sud, est, nord ; l'ordre des axes est de bbox-crs."),
        "bbox-crs": _crs("bbox-crs", "Système de coordonnées de bbox."),
        "crs": _crs("crs", "Système de coordonnées de la réponse."),
        SEARCH: query(SEARCH, searched, "Mots cherchés, sans accents ni casse."),
        "datetime": query(
            "datetime", {"type": "string"}, "Date, ou deux dates séparées par une barre."
        ),
        "filter": query("filter", {"type": "string", "maxLength": MAX_TEXT}, "Condition en CQL2."),
        "filter-lang": query("filter-lang", languages, "Langage de filter."),
        "filter-crs": _crs("filter-crs", "Système de coordonnées des géométries de filter."),
        "resultType": query("resultType", results, "hits : le nombre d'objets seulement."),
        "cursor": query("cursor", {"type": "string"}, "Page suivante, donnée par le serveur."),
        "Content-Crs": _header("Content-Crs", "Système des coordonnées envoyées, sinon CRS84."),
        "If-Match": _header("If-Match", "L'ETag lu avec l'objet.", required=True),
        "If-None-Match": _header("If-None-Match", "« * » : créer, et rien d'autre."),
        "f-document": _format(DOCUMENT),
        "f-items": _format(ITEMS),
        "f-item": _format(FEATURE),
        "featureId": {
            "name": "featureId",
            "in": "path",
            "required": True,
            "description": "Identifiant de l'objet.",
            "schema": {"type": "integer", "format": "int64", "minimum": 0},
        },
    }


def _headers() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "ETag": {"description": "Validateur ; absent de ce que nul cache ne garde", "schema": text},
        "Location": {"description": "L'adresse de l'objet créé", "schema": text},
        "CacheControl": {"description": "Qui peut garder la réponse", "schema": text},
        "Vary": {"description": "De quoi dépend la réponse", "schema": text},
        "ContentCrs": {
            "description": "Système de coordonnées de la réponse, entre chevrons",
            "schema": text,
        },
    }


def _refusal(text: str) -> dict[str, Any]:
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/problem"}}}
    if formats.pages() is not None:
        content["text/html"] = {"schema": {"type": "string"}}
    return {"description": text, "content": content}


def _page(name: str) -> dict[str, Any]:
    count = {"type": "integer", "minimum": 0}
    return {
        "type": "object",
        "required": ["type", "features", "numberReturned", "timeStamp", "links"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberMatched": count,
            "numberReturned": count,
            "links": _list("link"),
            "features": _list(name),
        },
    }


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


def _object(required: list[str], **fields: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": fields}


def _schemas() -> dict[str, Any]:
    text: dict[str, Any] = {"type": "string"}
    uri = {"type": "string", "format": "uri"}
    uris = {"type": "array", "items": uri}
    kinds = ["Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"]
    geometry = _object(
        ["type", "coordinates"],
        type={"type": "string", "enum": kinds},
        coordinates={"type": "array", "items": {}},
    )
    numbers = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4}
    moments = {"type": "array", "items": text | {"nullable": True}}
    spatial = _object(["bbox"], bbox={"type": "array", "items": numbers}, crs=uri)
    temporal = _object(["interval"], interval={"type": "array", "items": moments}, trs=uri)
    collection = _object(
        ["id", "links"],
        id=text,
        title=text,
        description=text,
        itemType={"type": "string", "enum": ["feature"]},
        extent=_object(["spatial"], spatial=spatial, temporal=temporal),
        crs=uris,
        storageCrs=uri,
        attribution=text,
        license=text,
        links=_list("link"),
    )
    return {
        "link": _object(["href", "rel"], href=uri, rel=text, type=text, title=text),
        "landing": _object(["links"], title=text, description=text, links=_list("link")),
        "confClasses": _object(["conformsTo"], conformsTo=uris),
        "collection": collection,
        "collections": _object(
            ["links", "collections"],
            links=_list("link"),
            crs=uris,
            collections=_list("collection"),
        ),
        "geometry": geometry | {"nullable": True},
        "binary": {"type": "string", "format": "binary"},
        "text": text,
        "problem": _object(
            ["type", "title", "status", "detail"],
            type=text,
            title=text,
            status={"type": "integer"},
            detail=text,
            instance=text,
            parameter=text,
        ),
    }

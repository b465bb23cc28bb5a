"""The part of the OpenAPI description that tells how features are written, for who writes some.

Leaves what is read to `feeds.openapi`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from feeds.bodies import PART, WHOLE
from feeds.documents import property_schema
from geo.core.collections import Collection, Property

SUMMARIES = {
    "post": "Créer",
    "put": "Remplacer",
    "patch": "Modifier",
    "delete": "Supprimer",
}
REFUSALS = ("400", "401", "403", "404", "405", "409", "412", "413", "415", "422", "428", "503")
CREATING = ("400", "401", "403", "404", "405", "409", "413", "415", "422", "503")


def operations(item: Collection, methods: Iterable[str]) -> dict[str, Any]:
    """The operations of these methods on a collection, or on one of its features."""
    return {each.lower(): _operation(item, each.lower()) for each in methods}


def body_schema(item: Collection, given: Iterable[Property], *, part: bool) -> dict[str, Any]:
    """What is sent: the geometry and the properties that may be written."""
    names = set(item.writer.names) if item.writer else set()
    fields = {p.name: property_schema(p) | {"nullable": True} for p in given if p.name in names}
    for field in fields.values():
        if "enum" in field:
            field["enum"] = [*field["enum"], None]
    required = [] if part else ["type", "geometry", "properties"]
    body: dict[str, Any] = {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "geometry": {"$ref": "#/components/schemas/geometry"},
            "properties": {"type": "object", "properties": fields},
        },
    }
    return body | ({"required": required} if required else {})


def _operation(item: Collection, method: str) -> dict[str, Any]:
    creates = method == "post"
    header = "If-None-Match" if creates else "If-Match"
    parameters = [_ref("Content-Crs"), _ref(header)]
    if not creates:
        parameters.insert(0, _ref("featureId"))
    if method == "delete":
        parameters.remove(_ref("Content-Crs"))
    headers = {} if method == "delete" else {"ETag": {"$ref": "#/components/headers/ETag"}}
    if creates:
        headers["Location"] = {"$ref": "#/components/headers/Location"}
    answer: dict[str, Any] = {"description": SUMMARIES[method], "headers": headers}
    refusals = CREATING if creates else REFUSALS
    body: dict[str, Any] = {
        "operationId": f"{item.id}.{method}",
        "tags": [item.id],
        "summary": SUMMARIES[method],
        "parameters": parameters,
        "responses": {"201" if creates else "204": answer}
        | {status: {"$ref": f"#/components/responses/{status}"} for status in refusals},
    }
    if method != "delete":
        part = method == "patch"
        schema = {"$ref": f"#/components/schemas/{item.id}-{'part' if part else 'whole'}"}
        content = {media: {"schema": schema} for media in (PART if part else WHOLE)}
        body["requestBody"] = {"required": True, "content": content}
    return body


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{name}"}

"""Writing on the feeds as a program does: bodies, conditions, what was written."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from geo.sites.history_models import SiteEvent
from geo.sites.models import Site

SITES = "/ogc/collections/sites/items"
FOOTPRINTS = "/ogc/collections/site-footprints/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
GEOJSON = "application/geo+json"
MERGE = "application/merge-patch+json"
HERE = [2.35, 48.93]
RING = [[2.35, 48.93], [2.352, 48.93], [2.352, 48.932], [2.35, 48.932], [2.35, 48.93]]
OUTLINE = {"type": "Polygon", "coordinates": [RING]}
Headers = dict[str, str]


def site_body(at: list[float] | None = None, **properties: Any) -> dict[str, Any]:
    """A whole site as GeoJSON."""
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": at or HERE},
        "properties": {"name": "Site inventé"} | properties,
    }


def outline_body(site: Site, geometry: Any = None, **properties: Any) -> dict[str, Any]:
    """A whole outline as GeoJSON."""
    return {
        "type": "Feature",
        "geometry": geometry or OUTLINE,
        "properties": {"site": site.pk} | properties,
    }


def send(
    client: Client,
    method: str,
    path: str,
    body: Any = None,
    *,
    media: str = GEOJSON,
    headers: Headers | None = None,
) -> Any:
    """One request with a JSON body, or raw bytes."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
    return client.generic(method, path, content, content_type=media, headers=headers or {})


def read(client: Client, path: str) -> tuple[dict[str, Any], Headers]:
    """One feature, and the condition of writing over it."""
    response = client.get(path)
    assert response.status_code == 200, response.content
    return response.json(), {"If-Match": response["ETag"]}


def refused(response: Any, status: int, field: str | None = None) -> dict[str, Any]:
    """The problem told."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body.get("parameter") == field, body
    return body


def events() -> int:
    """How many events the history has."""
    return SiteEvent.objects.count()

"""Reads the feeds page by page, politely: retries with pauses, one origin, clear errors.

Leaves the table itself to `frames` and maps to `maps`.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import geopandas
import requests

from atlas_client import frames
from atlas_client.errors import AtlasError, from_response

RETRIED = {429, 500, 502, 503, 504}
TRIES = 4
LONGEST_PAUSE_S = 30.0
PAGE = 5_000


class Client:
    """A reader of one Atlas.

    `base_url` is its address, `token` a feed token (without one, public collections only); both
    come from `ATLAS_URL` and `ATLAS_TOKEN` when they are not given.
    """

    def __init__(
        self, base_url: str | None = None, token: str | None = None, *, timeout_s: float = 60
    ) -> None:
        address = base_url or os.environ.get("ATLAS_URL", "http://127.0.0.1:8000")
        self.base_url = address.rstrip("/") + "/"
        self.timeout_s = timeout_s
        self._session = requests.Session()
        self._session.headers["Accept-Encoding"] = "gzip"
        held = token or os.environ.get("ATLAS_TOKEN")
        if held:
            self._session.headers["Authorization"] = f"Bearer {held}"

    def collections(self) -> dict[str, str]:
        """The titles of the collections that this reader may see, by id."""
        listed = self.get("ogc/collections")["collections"]
        return {item["id"]: item["title"] for item in listed}

    def schema(self, collection: str) -> dict[str, dict[str, Any]]:
        """The properties that this reader receives, each with its JSON type and French title."""
        described = self.get(f"ogc/collections/{collection}/schema")["properties"]
        return {
            name: body
            for name, body in described.items()
            if body.get("x-ogc-role") not in {"id", "primary-geometry"}
        }

    def pages(self, collection: str, **asked: Any) -> Iterator[list[dict[str, Any]]]:
        """The features page by page, following the server's `next` links."""
        query = urlencode({name: text(value) for name, value in asked.items() if value is not None})
        address: str | None = f"ogc/collections/{collection}/items?{query}"
        while address:
            body = self.get(address)
            yield body["features"]
            address = next((x["href"] for x in body["links"] if x["rel"] == "next"), None)

    def read(
        self,
        collection: str,
        *,
        bbox: tuple[float, float, float, float] | None = None,
        datetime: str | dt.date | None = None,
        limit: int = PAGE,
        **filters: Any,
    ) -> geopandas.GeoDataFrame:
        """Every feature asked, in EPSG:4326, indexed by `id`, with typed columns.

        `bbox` is west, south, east, north in degrees; `datetime` a day (state at that date) or
        `"start/end"`; `limit` the size of a page; a filter takes one value or a list. `attrs` says
        where the table comes from: url, collection, title, licence, attribution, read_at.
        """
        columns = self.schema(collection)
        asked = {"bbox": bbox, "datetime": datetime, "limit": limit, **filters}
        features = [f for page in self.pages(collection, **asked) for f in page]
        frame = frames.frame(features, columns)
        about = self.get(f"ogc/collections/{collection}")
        frame.attrs = {
            "url": urljoin(self.base_url, f"ogc/collections/{collection}/items"),
            "collection": collection,
            "title": about["title"],
            "licence": about.get("license", ""),
            "attribution": about.get("attribution", ""),
            "read_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        }
        return frame

    def sites(self, **asked: Any) -> geopandas.GeoDataFrame:
        """Sites, at the precision of the token's owner (column `precision`)."""
        return self.read("sites", **asked)

    def footprints(self, **asked: Any) -> geopandas.GeoDataFrame:
        """The ground under the sites, for readers of the exact place."""
        return self.read("site-footprints", **asked)

    def evacuations(self, **asked: Any) -> geopandas.GeoDataFrame:
        """Closings under constraint, without a durable solution for the people."""
        return self.read("evacuations", **asked)

    def resorptions(self, **asked: Any) -> geopandas.GeoDataFrame:
        """Closings with durable solutions."""
        return self.read("resorptions", **asked)

    def reinstallations(self, **asked: Any) -> geopandas.GeoDataFrame:
        """Lines from the site people left to the one where they settled."""
        return self.read("reinstallations", **asked)

    def facilities(self, **asked: Any) -> geopandas.GeoDataFrame:
        """Schools, health centres, water points … (`kind`)."""
        return self.read("facilities", **asked)

    def parcels(self, **asked: Any) -> geopandas.GeoDataFrame:
        """Cadastral parcels: always with a `bbox` or a `commune`, the country has 90 million."""
        if not {"bbox", "commune", "idu"} & set(asked):
            raise AtlasError(
                "Demandez les parcelles d'une emprise (bbox=) ou d'une commune (commune=).",
                "Ask for the parcels of a bbox or of a commune.",
            )
        return self.read("parcels", **asked)

    def departements(self, **asked: Any) -> geopandas.GeoDataFrame:
        """Departements; `srid` is the legal projection in which to measure."""
        return self.read("departements", **asked)

    def communes(self, **asked: Any) -> geopandas.GeoDataFrame:
        """Communes."""
        return self.read("communes", **asked)

    def get(self, path: str) -> dict[str, Any]:
        """The JSON at a path of the Atlas, or at a full address of the same origin."""
        address = urljoin(self.base_url, path)
        if _origin(address) != _origin(self.base_url):
            # A token is only ever sent to the Atlas it was made for.
            raise AtlasError(
                f"Le lien {address} sort de {self.base_url} : vérifiez BASE_URL et le mandataire.",
                "A link leaves the Atlas: check its proxy.",
            )
        response = self._answer(address)
        if response.status_code != 200:
            raise from_response(response.status_code, _problem(response), address)
        body: dict[str, Any] = response.json()
        return body

    def _answer(self, address: str) -> requests.Response:
        for attempt in range(1, TRIES + 1):
            try:
                response = self._session.get(address, timeout=self.timeout_s, allow_redirects=False)
            except requests.RequestException as error:
                if attempt == TRIES:
                    raise AtlasError(
                        f"Pas de réponse de {address} : l'Atlas est-il en marche ?",
                        "No answer: is the Atlas running?",
                    ) from error
                response = None
            if response is not None and response.status_code not in RETRIED:
                return response
            if response is not None and attempt == TRIES:
                return response
            time.sleep(_pause_s(response, attempt))
        raise AssertionError("unreachable")


def text(value: Any) -> str:
    """A parameter as the feeds read it: lists with commas, booleans and dates in their own form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, (list, tuple, set)):
        return ",".join(text(part) for part in value)
    return str(value)


def _pause_s(response: requests.Response | None, attempt: int) -> float:
    asked = response.headers.get("Retry-After", "") if response is not None else ""
    pause = float(asked) if asked.isdigit() else 0.5 * 2 ** (attempt - 1)
    return min(pause, LONGEST_PAUSE_S)


def _problem(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc

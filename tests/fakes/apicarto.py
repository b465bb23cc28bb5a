"""A fake of API Carto's cadastre: its envelope, its caps, its refusals, its known faults.

Parcels are what the test puts on it; the intersection is real. Leaves network faults (silence, cut
body, 429, 503) to `tests.fakes.server`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import shapely
from shapely.geometry import shape

from tests.fakes.server import Asked, FakeServer, Reply, standing_in
from tests.support.parcels import Box, ring

PATH = "/cadastre/parcelle"
KNOWN = {
    "geom", "code_insee", "section", "numero", "com_abs", "code_arr", "source_ign", "_limit",
    "_start",
}  # fmt: skip
CAP = 1000


def refusal(**fields: str) -> Reply:
    """The service's 400: one message for each field."""
    message = {
        name: {"type": "field", "msg": text, "path": name, "location": "body"}
        for name, text in fields.items()
    }
    return reply({"code": 400, "message": message}, 400)


def broken_upstream() -> Reply:
    """The WFS behind failed: XML inside JSON, with a 500."""
    xml = '<?xml version="1.0"?><ows:ExceptionReport version="2.0.0"></ows:ExceptionReport>'
    return reply({"type": "error", "message": xml}, 500)


def reply(content: Any, status: int = 200) -> Reply:
    """A JSON answer."""
    return Reply(status, "application/json; charset=utf-8", json.dumps(content).encode())


class ApiCarto(FakeServer):
    """Parcels by IDU; switches for what the service does wrong while it answers 200.

    `cap` is the silent cap of a page; `unfiltered` answers about everywhere; `shrink` and `grow`
    change the total between two pages; `cut` leaves out the last features of a page;
    `district_form` names Paris, Lyon and Marseille by their commune and `code_arr`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.parcels: dict[str, tuple[Any, dict[str, Any]]] = {}
        self.cap = CAP
        self.unfiltered = False
        self.grow = 0
        self.cut = 0
        self.district_form = False

    def put(self, name: str, box: Box, /, **properties: Any) -> None:
        """A parcel in a box."""
        shape_of = {"type": "MultiPolygon", "coordinates": [[ring(box)]]}
        self.parcels[name] = (shape_of, {"contenance": 1012} | properties)

    def answer(self, asked: Asked) -> Reply:
        """What the service says of a question by geometry, sent as JSON."""
        if asked.path != PATH or asked.body is None:
            self.refuse(f"outside the contract: {asked.path}")
            return Reply(404, "text/plain", b"Not Found")
        question = json.loads(asked.body)
        if unknown := set(question) - KNOWN:
            self.refuse(f"unknown parameters: {unknown}")
        geometry = question.get("geom")
        if not isinstance(geometry, dict) or geometry.get("type") not in {"Point", "Polygon"}:
            return refusal(geom="La géométrie est invalide")
        start, limit = int(question.get("_start", 0)), int(question.get("_limit", CAP))
        met = self._met(geometry)
        page = met[start : start + min(limit, self.cap)]
        return reply(self._envelope(page[: len(page) - self.cut], len(page), len(met), start))

    def _met(self, geometry: dict[str, Any]) -> list[dict[str, Any]]:
        ground = shape(geometry)
        return [
            self._feature(idu, contour, properties)
            for idu, (contour, properties) in sorted(self.parcels.items())
            if self.unfiltered or shapely.intersects(shape(contour), ground)
        ]

    def _envelope(
        self, page: list[dict[str, Any]], returned: int, total: int, start: int
    ) -> dict[str, Any]:
        matched = total + (self.grow if start else 0)
        envelope = {
            "type": "FeatureCollection",
            "features": page,
            "totalFeatures": matched,
            "numberMatched": matched,
            "numberReturned": returned,
            "timeStamp": "2026-11-25T09:00:00.000Z",
            "crs": None,
        }
        if total:
            # The real `crs` lies about the order, and the link of a POST leads nowhere.
            envelope["crs"] = {
                "type": "name",
                "properties": {"name": "urn:ogc:def:crs:EPSG::4326"},
            }
            envelope["links"] = [
                {"title": "next page", "rel": "next", "href": f"{self.url}{PATH}&_start=1000"}
            ]
        return envelope

    def _feature(self, idu: str, contour: Any, properties: dict[str, Any]) -> dict[str, Any]:
        commune, district, told = idu[:5], "000", idu
        if self.district_form and commune.startswith("132"):
            commune, district, told = "13055", idu[2:5], f"13055{idu[5:]}"
        values = {
            "gid": len(idu),
            "numero": idu[10:],
            "feuille": 1,
            "section": idu[8:10],
            "code_dep": commune[:2],
            "nom_com": "Commune",
            "code_com": commune[2:],
            "com_abs": idu[5:8],
            "code_arr": district,
            "idu": told,
            "code_insee": commune,
        }
        return {
            "type": "Feature",
            "id": f"parcelle.{abs(hash(idu)) % 10**8}",
            "geometry": contour,
            "geometry_name": "geom",
            "properties": {k: v for k, v in (values | properties).items() if v is not ...},
        }


@contextmanager
def apicarto(settings: Any) -> Iterator[ApiCarto]:
    """A running fake that the settings point at; fails at its end on calls outside the contract."""
    fake = ApiCarto()
    with standing_in(fake, "apicarto", settings):
        yield fake
    assert not fake.refusals, fake.refusals

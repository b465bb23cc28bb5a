"""A stand-in for the services of territories: the WFS of the Géoplateforme, and API Géo.

Shapes and faults are those that the services document or were seen to have. Leaves the server to
`tests.fakes.server`; what it serves is given by each test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tests.fakes.server import Asked, FakeServer, Reply

WFS_PARAMETERS = {
    "SERVICE", "VERSION", "REQUEST", "TYPENAMES", "OUTPUTFORMAT", "EXCEPTIONS", "SRSNAME",
    "SORTBY", "COUNT", "STARTINDEX",
}  # fmt: skip
GEO_PARAMETERS = {
    "/regions": {"fields"},
    "/departements": {"fields"},
    "/epcis": {"fields"},
    "/communes": {"codeDepartement", "type", "fields"},
}
CAP = 5000


class TerritoryServices(FakeServer):
    """`layers` are the WFS features by type name; `rows` API Géo's answers by path.

    Switches: `drifting` adds one to the total from the second page on; `short_pages` leaves out the
    last feature of each page without saying so; `repeating` gives the first feature again on the
    next page, as an unsorted layer may; `ignoring` makes API Géo ignore the departement;
    `unfound` makes it refuse in plain text.
    """

    def __init__(self) -> None:
        self.layers: dict[str, list[dict[str, Any]]] = {}
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.drifting = self.short_pages = self.repeating = False
        self.ignoring = self.unfound = False
        super().__init__()

    def answer(self, asked: Asked) -> Reply:
        """Dispatch; anything outside the contract is refused and noted."""
        doubled = [name for name, values in asked.values.items() if len(set(values)) > 1]
        if doubled:
            self.refuse(f"{doubled[0]} given twice")
        if asked.path == "/wfs/ows":
            return self._features(asked.query)
        if asked.path in GEO_PARAMETERS:
            return self._rows(asked)
        self.refuse(f"path {asked.path}")
        return Reply(501, "text/plain", b"outside the contract")

    def _features(self, query: Mapping[str, str]) -> Reply:
        if set(query) != WFS_PARAMETERS or query["SRSNAME"] != "EPSG:4326":
            self.refuse(f"GetFeature with {sorted(set(query) ^ WFS_PARAMETERS)}")
        features = self.layers.get(query["TYPENAMES"])
        if features is None:
            return json_exception(f"Feature type {query['TYPENAMES']} unknown")
        start, count = int(query["STARTINDEX"]), min(int(query["COUNT"]), CAP)
        page = features[start : start + count]
        if self.repeating and start:
            page = [features[0], *page[1:]]
        returned = len(page)
        if self.short_pages:
            page = page[:-1]
        total = len(features) + (self.drifting and start > 0)
        return as_json(
            {
                "type": "FeatureCollection",
                "features": page,
                "totalFeatures": total,
                "numberMatched": total,
                "numberReturned": returned,
                "links": [{"rel": "next", "href": "http://elsewhere.invalid/wfs"}],
                "crs": None,
            }
        )

    def _rows(self, asked: Asked) -> Reply:
        unknown = set(asked.query) - GEO_PARAMETERS[asked.path]
        if unknown:
            self.refuse(f"{asked.path} with {unknown}")
        if self.unfound:
            return Reply(404, "text/plain; charset=utf-8", b"Not Found")
        rows = self.rows.get(asked.path, [])
        wanted = asked.query.get("codeDepartement")
        if wanted and not self.ignoring:
            rows = [row for row in rows if row["codeDepartement"] == wanted]
        kept = {"nom", "code"} | set(asked.query.get("fields", "").split(","))
        return as_json([{k: v for k, v in row.items() if k in kept} for row in rows])


def as_json(value: Any, code: int = 200) -> Reply:
    """A JSON answer with the headers seen on answers in good order."""
    strange = {"set-cookie": "upstream=1; Path=/", "ratelimit-limit": "30"}
    return Reply(code, "application/json;charset=UTF-8", json.dumps(value).encode(), strange)


def json_exception(text: str) -> Reply:
    """The WFS's refusal when `exceptions=application/json` is honoured."""
    what = {"code": "InvalidParameterValue", "locator": "typeName", "text": text}
    return as_json({"version": "2.0.0", "exceptions": [what]}, 400)


def xml_exception(text: str, code: int = 200) -> Reply:
    """The WFS's refusal in XML, though JSON was asked, even with status 200."""
    body = (
        '<?xml version="1.0"?><ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1" '
        'version="2.0.0"><ows:Exception exceptionCode="InvalidParameterValue">'
        f"<ows:ExceptionText>{text}</ows:ExceptionText></ows:Exception></ows:ExceptionReport>"
    )
    return Reply(code, "application/xml", body.encode())


def too_many() -> Reply:
    """429, to be tried again at once."""
    return Reply(429, "text/plain", b"Too Many Requests", {"retry-after": "0"})


def cut_body() -> Reply:
    """A body that stops before its announced end."""
    return Reply(200, "application/json", b'{"type": "FeatureCollection", "feat', cut=True)


def layer(*features: tuple[Mapping[str, Any], Mapping[str, Any]]) -> list[dict[str, Any]]:
    """WFS features from geometries and properties, with ids that change at each edition."""
    return [
        {
            "type": "Feature",
            "id": f"layer.{number}",
            "geometry": geometry,
            "geometry_name": "geometrie",
            "properties": {"cleabs": f"CLEABS{number:016d}", **properties},
        }
        for number, (geometry, properties) in enumerate(features)
    ]


def without_service(names: Sequence[str], settings: Any) -> None:
    """Point sources to a loopback port where nobody listens."""
    settings.SOURCES = settings.SOURCES | dict.fromkeys(names, "http://127.0.0.1:9")
    settings.TESTING = True


@contextmanager
def territory_services(settings: Any) -> Iterator[TerritoryServices]:
    """A running fake that the `geopf` and `geoapi` sources point to.

    Fails at the end when it was called outside the services' contract.
    """
    fake = TerritoryServices()
    settings.SOURCES = settings.SOURCES | {"geopf": fake.url, "geoapi": fake.url}
    # The tests' own transaction is not one that an outside call could hold open.
    settings.TESTING = True
    try:
        yield fake
    finally:
        fake.close()
    assert not fake.refusals

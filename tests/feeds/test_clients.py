"""The programs that people open the feeds with, against a live server: GDAL's driver, geopandas."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from typing import Any

import geopandas
import pytest

from geo.accounts.tokens import token_create
from geo.core import collections
from geo.core.crs import LAMBERT_93, WGS84, transformer
from geo.core.scope import Scope
from geo.facilities.models import Facility
from tests.support.factories import make_site, make_user, square

pytestmark = pytest.mark.django_db(transaction=True)


def ogr(address: str, *arguments: str, header: str = "") -> str:
    environ = os.environ | ({"GDAL_HTTP_HEADERS": header} if header else {})
    done = subprocess.run(
        ["ogrinfo", "-ro", f"OAPIF:{address}/ogc/", *arguments],
        capture_output=True,
        text=True,
        env=environ,
        timeout=60,
        check=True,
    )
    assert "ERROR" not in done.stderr, done.stderr
    return done.stdout


def test_gdal_opens_every_collection(live_server: Any, territories: Any) -> None:
    for i in range(5):
        make_site(2.31 + i / 100, footprint=square(2.31 + i / 100, 48.93, 2.311 + i / 100, 48.931))
    _, token = token_create(user=make_user("national_admin"), name="GDAL", purpose="essai")
    bearer = f"Authorization: Bearer {token}"
    listed = ogr(live_server.url, header=bearer)
    for collection in collections.visible(Scope.nation()):
        assert f": {collection.id} " in listed
        assert "Feature Count" in ogr(live_server.url, "-so", collection.id, header=bearer)
    # Three pages of two: all are read, each once.
    pages = ("-oo", "PAGE_SIZE=2", "-oo", "INITIAL_REQUEST_PAGE_SIZE=2")
    password = ogr(live_server.url, "-q", *pages, "-oo", f"USERPWD=moi:{token}", "sites")
    assert password.count("OGRFeature(sites)") == 5
    inside = ogr(
        live_server.url, "-q", "-spat", "2.305", "48", "2.325", "49", "sites", header=bearer
    )
    assert inside.count("OGRFeature(sites)") == 2
    assert "sites" not in ogr(live_server.url)


READ = """
import json, sys, pyogrio
options = json.loads(sys.argv[2])
options["bbox"] = tuple(options.get("bbox", ())) or None
frame = pyogrio.read_dataframe(sys.argv[1], layer="sites", **options)
print(json.dumps([frame.crs.to_epsg(), [[point.x, point.y] for point in frame.geometry]]))
"""


def test_a_newer_gdal_asks_in_lambert_93_by_box_and_by_filters(
    live_server: Any, territories: Any
) -> None:
    """The GDAL that geopandas brings asks for what Debian's does not know: `crs`, `bbox-crs`."""
    for i in range(5):
        make_site(2.31 + i / 100, 48.93, population={"people": 10 * i})
    _, token = token_create(user=make_user("national_admin"), name="GDAL", purpose="essai")

    def read(**asked: Any) -> Any:
        options = json.dumps({"USERPWD": f"moi:{token}", "PAGE_SIZE": 2} | asked)
        # In a process of its own: it would wait for a server that waits for it.
        done = subprocess.run(
            [sys.executable, "-c", READ, f"OAPIF:{live_server.url}/ogc/", options],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return json.loads(done.stdout)

    x, y = transformer(WGS84, LAMBERT_93).transform(2.31, 48.93)
    epsg, points = read(CRS="EPSG:2154")
    assert (epsg, len(points)) == (2154, 5)
    assert min(math.dist(point, (x, y)) for point in points) < 0.02
    box = (x - 100, y - 100, x + 1_600, y + 100)
    assert len(read(CRS="EPSG:2154", bbox=box)[1]) == 3
    assert len(read(where="people > 15 AND opened_on >= '2024/03/01'")[1]) == 3


def test_geopandas_opens_a_public_collection(live_server: Any, territories: Any) -> None:
    for i in range(3):
        Facility.objects.create(
            kind="school",
            name=f"École inventée {i}",
            geom=f"SRID=4326;POINT({2.31 + i / 100} 48.93)",
            source="essai",
            source_key=str(i),
            millesime="2026",
            licence="inventé",
        )
    frame = geopandas.read_file(f"{live_server.url}/ogc/collections/facilities/items?kind=school")
    assert (len(frame), frame.crs.to_epsg()) == (3, 4326)
    assert set(frame["kind"]) == {"school"}
    assert json.loads(frame.to_json())["features"][0]["geometry"]["type"] == "Point"

"""What is measured: tiles, a page of a feed, the enrichment of every site, a printed map.

Each case first proves that product and floor give the same rows. Leaves timing to `harness`.
"""

from __future__ import annotations

import json
import math
from typing import Any

import mapbox_vector_tile

from cadastre.models import SiteParcel
from cadastre.services import sites_enrich
from geo.core.sql import read_sql
from tests.bench import data, ground
from tests.bench.harness import Bench
from tests.bench.imports import imports
from tests.support.pyramid import tile_at

Address = tuple[int, int, int]


def site_tiles(bench: Bench) -> None:
    """Tiles of sites at the zoom where points show one by one."""
    _tiles(bench, "site_tile_z11", "sites", "site_tile", _addresses(11, 2_000))
    tile = _path("sites", _addresses(11, 2_000)[0])
    held = {"If-None-Match": bench.client.get(tile)["ETag"]}
    floor = "SELECT sum(weight), max(number) FROM layer_change WHERE layer = 'sites'"
    bench.measure(
        "site_tile_304",
        200,
        lambda _: _answer(bench, tile, 304, held),
        lambda _: bench.rows(floor),
        floor_is="reading the version",
    )


def parcel_tiles(bench: Bench) -> None:
    """Tiles of full parcels, and of outlines at the lowest zoom where each is drawn."""
    for z in (13, 14, 16):
        _tiles(bench, f"parcel_tile_z{z}", "parcels", "parcel_tile", _addresses(z, 1_000))


def feeds(bench: Bench) -> None:
    """One thousand features of a feed, first page, as GeoJSON."""
    for name in ("site", "parcel"):
        path = f"/ogc/collections/{name}s/items?limit=1000"
        sql = read_sql(__file__, f"{name}_items")
        body = json.loads(bench.client.get(path).content)
        ids = [row[0] for row in bench.rows(sql)]
        assert [feature["id"] for feature in body["features"]] == ids
        assert len(ids) == 1_000
        bench.measure(
            f"{name}_items_1000",
            40,
            lambda _, path=path: _answer(bench, path),
            lambda _, sql=sql: bench.rows(sql),
            features=1_000,
        )


def prints(bench: Bench) -> None:
    """The map of a departement as PDF: read, placed, drawn, typeset."""
    # As many sites as the departement of the country that has most; the half of them in the first
    # one would be no departement's.
    code = "94"
    path = f"/impressions/departements/{code}.pdf?format=a4"
    sql = read_sql(__file__, "print_rows")
    body = _answer(bench, path)
    assert body.startswith(b"%PDF-")
    sites = [row for row in bench.rows(sql, {"code": code}) if row[0] == "site"]
    bench.measure(
        "departement_pdf_a4",
        5,
        lambda _: _answer(bench, path),
        lambda _: bench.rows(sql, {"code": code}),
        floor_is="reading its sites, closings, moves and contours",
        sites=len(sites),
        bytes=len(body),
    )


def enrichment(bench: Bench) -> None:
    """Every site looked up among the parcels that are here, in one statement, and noted."""
    sites_enrich()
    sql = read_sql(__file__, "enrichment")
    found = SiteParcel.objects.order_by("site_id", "parcel_id")
    known = list(found.values_list("site_id", "parcel_id", "overlap_m2"))
    floor = bench.rows(sql)
    assert [row[:2] for row in known] == [row[:2] for row in floor]
    assert all(math.isclose(a[2], b[2], rel_tol=1e-6) for a, b in zip(known, floor, strict=True))
    bench.measure(
        "enrich_all_sites",
        10,
        lambda _: sites_enrich(),
        lambda _: bench.rows(sql),
        sites=data.SITES,
        found=len(known),
    )


def _tiles(bench: Bench, name: str, layer: str, floor: str, addresses: list[Address]) -> None:
    sql = read_sql(__file__, floor)
    features = size = 0
    for z, x, y in addresses:
        response = bench.client.get(_path(layer, (z, x, y)))
        ((raw,),) = bench.rows(sql, {"z": z, "x": x, "y": y})
        assert _ids(response.content, layer) == _ids(bytes(raw), layer), (z, x, y)
        features += len(_ids(response.content, layer))
        size += len(response.content)
    bench.measure(
        name,
        100,
        lambda i: _answer(bench, _path(layer, addresses[i % len(addresses)])),
        lambda i: bench.rows(sql, dict(zip("zxy", addresses[i % len(addresses)], strict=True))),
        tiles=len(addresses),
        features_per_tile=round(features / len(addresses)),
        bytes_per_tile=round(size / len(addresses)),
    )


def _addresses(z: int, cells: int, count: int = 5) -> list[Address]:
    """Tiles spread over the first `cells` of the invented ground, always the same ones."""
    found = []
    for i in range(count):
        at = round(cells * (i + 1) / (count + 1))
        found.append(address(z, *ground.positions(*(data.np.array([at]),) * 2)[0]))
    return list(dict.fromkeys(found))


def address(z: int, lon: float, lat: float) -> Address:
    """The tile of a WGS84 point."""
    return z, *tile_at(z, lon, lat)


def _ids(tile: bytes, layer: str) -> list[int]:
    decoded = mapbox_vector_tile.decode(tile) if tile else {}
    return sorted(feature["id"] for feature in decoded.get(layer, {"features": []})["features"])


def _path(layer: str, address: Address) -> str:
    return f"/tiles/{layer}/{address[0]}/{address[1]}/{address[2]}.mvt"


def _answer(bench: Bench, path: str, status: int = 200, headers: Any = None) -> bytes:
    response = bench.client.get(path, headers=headers)
    assert response.status_code == status, (path, response.status_code)
    return bytes(response.content)


ALL = (site_tiles, parcel_tiles, feeds, enrichment, imports, prints)

"""What loading a departement of parcels costs: the first time, and each new millésime after it.

The floor reads the same file with the same code, then writes into a table of the same columns and
indexes with one COPY, without comparing anything. Leaves the ground to `ground`.
"""

from __future__ import annotations

import gzip
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import psycopg
import shapely

from cadastre import etalab
from cadastre.loading import parcels_import
from tests.bench import data, ground
from tests.bench.harness import Bench
from tests.support.database import parameters

ROUNDS = 3
# A departement where none of the other benchmarks' parcels are.
ELSEWHERE = "95"
COPY = "COPY parcel_floor (idu, contenance, geom, millesime, source, invented) FROM STDIN"
SIZE = """
SELECT pg_relation_size('parcel'), sum(pg_relation_size(indexrelid))
FROM pg_index WHERE indrelid = 'parcel'::regclass
"""


def imports(bench: Bench) -> None:
    """One file three times into an empty place, then twice as another millésime."""
    if bench.only and not any(
        word in "parcels_import_new parcels_import_again" for word in bench.only
    ):
        return
    with tempfile.TemporaryDirectory() as folder, psycopg.connect(**parameters("owner")) as owner:
        owner.autocommit = True
        path = Path(folder) / f"cadastre-{ELSEWHERE}-parcelles.json.gz"
        count = _write(path)
        taken, floors = [], []
        for _ in range(ROUNDS):
            with _empty(owner):
                taken.append(_seconds(lambda: _load(path, "2026-01-01")))
                floors.append(_seconds(lambda: _floor(owner, path)))
        _say("parcels_import_new", taken, floors, parcels=count)
        with _empty(owner):
            _load(path, "2026-01-01")
            owner.execute("VACUUM ANALYZE parcel")
            before = owner.execute(SIZE).fetchone()
            again = [_seconds(lambda day=day: _load(path, f"2026-0{day}-01")) for day in (4, 7, 9)]
            after = owner.execute(SIZE).fetchone()
            grown = [round(float(b) / float(a), 2) for a, b in zip(before, after, strict=True)]
            _say("parcels_import_again", again, floors, parcels=count, table_index_grew=grown)


def _load(path: Path, millesime: str) -> None:
    report = parcels_import(
        batches=etalab.read_parcels(path), source="banc", millesime=millesime, invented=True
    )
    assert not report.refused, report.refusals


def _floor(owner: psycopg.Connection[Any], path: Path) -> None:
    with owner.transaction(), owner.cursor() as cursor:
        cursor.execute("CREATE TABLE parcel_floor (LIKE parcel INCLUDING ALL)")
        with cursor.copy(COPY) as copy:
            for rows in etalab.read_parcels(path):
                contours = shapely.to_wkb(rows.shapes, hex=True, include_srid=True)
                for idu, size, text in zip(rows.idus, rows.contenances, contours, strict=True):
                    copy.write_row((idu, size, text, "2026-01-01", "banc", True))
    owner.execute("DROP TABLE parcel_floor")


@contextmanager
def _empty(owner: psycopg.Connection[Any]) -> Iterator[None]:
    """No parcel in the departement, before and after, nor dead ones."""
    try:
        yield
    finally:
        owner.execute("DELETE FROM parcel WHERE idu LIKE %s", [f"{ELSEWHERE}%"])
        owner.execute("DELETE FROM cadastre_coverage WHERE commune_code LIKE %s", [f"{ELSEWHERE}%"])
        owner.execute("VACUUM ANALYZE parcel")


def _write(path: Path) -> int:
    count = ground.DEPARTEMENT_CELLS // ground.PARCEL_CELLS
    columns, rows = ground.starts(0, 0, ground.PARCEL_CELLS, count)
    shapes = ground.outlines(columns, rows, ground.PARCEL_CELLS)
    idus = [f"{ELSEWHERE}{idu[2:]}" for idu in data.idus(columns, rows)]
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(b'{"type":"FeatureCollection","features":[')
        for number, (idu, geometry) in enumerate(
            zip(idus, shapely.to_geojson(shapes), strict=True)
        ):
            feature = {
                "type": "Feature",
                "properties": {"id": idu, "commune": idu[:5], "contenance": 6_400},
                "geometry": orjson.loads(geometry),
            }
            stream.write((b"," if number else b"") + orjson.dumps(feature))
        stream.write(b"]}")
    return len(idus)


def _seconds(call: Callable[[], None]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _say(name: str, taken: list[float], floors: list[float], **said: Any) -> None:
    median, lowest = statistics.median(taken), statistics.median(floors)
    line = {
        "bench": name,
        "n": len(taken),
        "median_ms": round(median * 1000),
        "p95_ms": round(max(taken) * 1000),
        "floor_ms": round(lowest * 1000),
        "ratio": round(median / lowest, 2),
        "per_second": round(said["parcels"] / median),
    }
    print(json.dumps(line | said), flush=True)

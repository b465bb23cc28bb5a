"""Exports of 2,000,000 parcels: rows a second and memory of the command, beside `ogr2ogr`.

Each format is written by `manage.py export_collection` in a process of its own, whose peak memory
is what the system says of it, and by `ogr2ogr` from the same table, columns and rows (GDAL of the
machine; where it has no driver, the raw COPY of the rows). Then a large export is cancelled.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pyogrio
from django.conf import settings
from django.db import connection, connections
from pyarrow import parquet

from cadastre.models import CadastreCoverage, Parcel
from feeds.exporting import store, tasks
from feeds.exporting.asking import asked
from feeds.exporting.formats import FORMATS
from feeds.exporting.services import export_ask, export_cancel
from geo.accounts.scopes import scope_of_exports
from geo.core import rls
from geo.core.scope import Scope
from geo.core.sql import read_sql
from tests.support.database import parameters, test_database
from tests.support.factories import make_user
from tests.support.workers import database_url

PARCELS = 2_000_000
PER_COMMUNE = 5_000
# What a sheet or a Shapefile holds: forty communes.
PART = ",".join(f"93{number:03d}" for number in range(40))
COLUMNS = "id, idu, commune_code, prefix, section, number, contenance, millesime, source, invented"
PEAK = (
    "import os, subprocess, sys\n"
    "child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)\n"
    "_, status, used = os.wait4(child.pid, 0)\n"
    "print(used.ru_maxrss)\n"
    "sys.exit(os.waitstatus_to_exitcode(status))\n"
)


@dataclass(frozen=True)
class Case:
    """A format, the filter of its rows, and the GDAL driver of the floor (none: the raw COPY)."""

    code: str
    driver: str
    ending: str
    part: bool = False


CASES = (
    Case("gpkg", "GPKG", "gpkg"),
    Case("parquet", "", "parquet"),
    Case("fgb", "FlatGeobuf", "fgb"),
    Case("geojson", "GeoJSON", "geojson"),
    Case("csv", "CSV", "csv"),
    Case("xlsx", "XLSX", "xlsx", part=True),
    Case("shp", "ESRI Shapefile", "shp.zip", part=True),
)


def run(only: tuple[str, ...]) -> None:
    """Fill a database of its own and print one line for each format, then the cancellation."""
    names = [f"export_{case.code}" for case in CASES] + ["export_cancel"]
    if only and not any(word in name for word in only for name in names):
        return
    with test_database("exports"), tempfile.TemporaryDirectory() as folder:
        fill()
        settings.EXPORTS_DIR = Path(folder) / "store"
        for case in CASES:
            if not only or any(word in f"export_{case.code}" for word in only):
                _measure(case, Path(folder))
        if not only or any(word in "export_cancel" for word in only):
            _cancel()
        connections["default"].close()


def fill() -> None:
    """Two million parcels, and the communes that they make whole."""
    if Parcel.objects.count() != PARCELS:
        with connection.cursor() as cursor:
            cursor.execute(read_sql(__file__, "export_parcels"), {"parcels": PARCELS})
        CadastreCoverage.objects.bulk_create(
            CadastreCoverage(
                commune_code=f"93{number:03d}",
                millesime="banc",
                source="inventé",
                parcels=PER_COMMUNE,
                invented=True,
            )
            for number in range(PARCELS // PER_COMMUNE)
        )
    with psycopg.connect(**parameters("owner"), autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE parcel")


def _measure(case: Case, folder: Path) -> None:
    path = folder / f"parcels.{case.ending}"
    query = ["--query", f"commune={PART}"] if case.part else []
    command = [sys.executable, "-W", "ignore", "manage.py", "export_collection", "parcels"]
    command += ["--format", case.code, "--output", str(path), *query]
    taken, peak_kb = _timed(command)
    rows = _rows(path, case.code)
    expected = 40 * PER_COMMUNE if case.part else PARCELS
    assert rows == expected, (case.code, rows)
    size = path.stat().st_size
    path.unlink()
    floor, floor_kb = _timed(_floor(case, folder))
    for each in folder.glob("floor*"):
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    line = {
        "bench": f"export_{case.code}",
        "n": 1,
        "rows": rows,
        "median_ms": round(taken * 1000),
        "floor_ms": round(floor * 1000),
        "ratio": round(taken / floor, 2),
        "floor_is": f"ogr2ogr -f {case.driver}" if case.driver else "COPY of the rows",
        "rows_per_s": round(rows / taken),
        "floor_rows_per_s": round(rows / floor),
        "peak_mb": round(peak_kb / 1000),
        "floor_peak_mb": round(floor_kb / 1000),
        "bytes": size,
    }
    print(json.dumps(line, ensure_ascii=False), flush=True)


def _floor(case: Case, folder: Path) -> list[str]:
    where = f" WHERE commune_code IN ('{PART.replace(',', chr(39) + ',' + chr(39))}')"
    sql = f"SELECT {COLUMNS}, geom FROM parcel{where if case.part else ''}"
    known = parameters("default")
    source = " ".join(f"{name}={value}" for name, value in known.items())
    if not case.driver:
        return ["psql", source, "-qc", f"\\copy ({sql}) TO /dev/null"]
    target = str(folder / f"floor.{case.ending.removesuffix('.zip')}")
    options = ["-lco", "GEOMETRY=AS_WKT"] if case.driver == "CSV" else []
    ogr = ["ogr2ogr", "-f", case.driver, target, f"PG:{source}", "-sql", sql, "-nln", "p"]
    return [*ogr, *options]


def _timed(command: list[str]) -> tuple[float, int]:
    """Seconds, and the peak memory in kB, of a process of its own."""
    environ = os.environ | {
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
    }
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *command],
        env=environ,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return time.monotonic() - began, int(done.stdout.split()[-1])


def _rows(path: Path, code: str) -> int:
    """How many rows another program reads in the file."""
    if code == "parquet":
        return int(parquet.read_metadata(path).num_rows)
    if code in {"geojson", "csv"}:
        # Counted as text: a line each, a heading, and the two ends of the collection.
        with path.open("rb") as file:
            return sum(1 for _ in file) - (1 if code == "csv" else 2)
    layer = {"gpkg": "parcels", "xlsx": "Données"}.get(code)
    found = pyogrio.read_info(path, layer=layer, force_feature_count=True)["features"]
    return int(found)


def _cancel() -> None:
    """A job under way, cancelled after three seconds: how long until it has stopped."""
    with rls.reading(Scope.nation()):
        user = make_user("national_admin", email=f"banc.{os.getpid()}@example.test")
        wanted = asked("parcels", {}, scope_of_exports(user))
        export = export_ask(
            by=user, wanted=wanted, form=FORMATS["gpkg"], about=PARCELS, request_id="banc"
        )
    job = threading.Thread(target=_job, args=(export.pk,))
    job.start()
    time.sleep(3)
    export.refresh_from_db()
    began = time.monotonic()
    export_cancel(by=user, export_id=export.pk)
    job.join()
    left = list(store.folder().iterdir())
    assert left == []
    line = {
        "bench": "export_cancel",
        "n": 1,
        "median_ms": round((time.monotonic() - began) * 1000),
        "rows_read": export.rows,
        "files_left": len(left),
    }
    print(json.dumps(line), flush=True)


def _job(export_id: int) -> None:
    try:
        tasks.make_export(export_id=export_id)
    finally:
        connections.close_all()

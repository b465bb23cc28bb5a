"""What the second wall costs over 100,000 sites, for readers from the nation to a commune.

A tile and a page of 1,000 features, as the product's own SQL makes them, with the policies and
without, beside hand-written SQL for the same rows by the owner, whom no policy binds here. Sessions
and HTTP are left out: `cases` measures them.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
from django.db import connection

from feeds import sql as feed_sql
from geo.core import collections, rls
from geo.core.params import Filters
from geo.core.scope import Areas, DataClass, Reach, Scope
from geo.core.sources import Request
from geo.core.sql import read_sql
from geo.core.when import parse_when
from geo.sites.models import Site
from geo.territories.models import Commune
from tests.bench import data, ground
from tests.bench.cases import address
from tests.support.database import parameters, test_database
from tiles.sql import Address, Asked, tile_bytes

SITES, PAGE, ROUNDS, CALLS = 100_000, 1_000, 8, 6
# On the border of the mixed reader's commune: some sites of the tile are exact, some are not.
AT = (199, 150)
ROW_TABLES = ("site", "site_location", "site_population", "site_living", "site_closure")


@dataclass(frozen=True)
class Case:
    """A reader, and the same rows in hand-written SQL: a condition for each geometry."""

    scope: Scope
    exact: str
    grid: str = ""


def cases() -> dict[str, Case]:
    """From everything to a home commune read exactly in a departement read on the grid."""
    home = "s.commune_code = '93012'"
    around = "s.departement_code = '93'"
    return {
        "nation": Case(Scope.nation(), "true"),
        "region": Case(_reads(exact=Areas(regions=("11",))), "s.region_code = '11'"),
        "departement": Case(_reads(exact=Areas(departements=("93",))), around),
        "commune": Case(
            _reads(exact=Areas(communes=("93012",)), grid=Areas(departements=("93",))),
            home,
            f"{around} AND NOT {home}",
        ),
    }


def run(only: tuple[str, ...]) -> None:
    """Fill a database of its own and print one line for each reader and answer."""
    if only and not any(word in "wall_tile wall_items" for word in only):
        return
    with test_database("walls"), psycopg.connect(**parameters("owner"), autocommit=True) as owner:
        fill(owner)
        for table in rls.protected_tables():
            owner.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        owner.execute("VACUUM ANALYZE")
        for name, case in cases().items():
            _tile(owner, name, case)
            _page(owner, name, case)


def _tile(owner: psycopg.Connection[Any], name: str, case: Case) -> None:
    z, x, y = tile_at(15)
    layers = [(collections.get("sites", case.scope), Filters())]
    when = parse_when(None)
    rows = read_sql(__file__, "wall_tile")
    parts = [(case.exact, "l.geom_3857", "exact"), (case.grid, "s.grid_point_3857", "500m")]
    floor = " UNION ALL ".join(
        rows.format(where=where, geom=geom, precision=precision)
        for where, geom, precision in parts
        if where
    )
    text = f"SELECT ST_AsMVT(t, 'sites', 4096, 'geom', 'id') FROM ({floor}) t"

    def product() -> Any:
        return tile_bytes(Asked(layers, case.scope, when, Address(z, x, y)))

    def raw() -> Any:
        return owner.execute(text, {"z": z, "x": x, "y": y}).fetchone()[0]  # type: ignore[index]

    _measure(owner, f"wall_tile_{name}", case.scope, product, raw)


def _page(owner: psycopg.Connection[Any], name: str, case: Case) -> None:
    request = Request(
        collections.get("sites", case.scope), case.scope, parse_when(None), limit=PAGE
    )
    rows = read_sql(__file__, "wall_items")
    parts = [(case.exact, "l.geom", "exact"), (case.grid, "s.grid_point", "500m")]
    floor = " UNION ALL ".join(
        "(" + rows.format(where=where, geom=geom, precision=precision) + ")"
        for where, geom, precision in parts
        if where
    )
    text = f"SELECT id, feature FROM ({floor}) f ORDER BY id LIMIT {PAGE}"

    def product() -> Any:
        return [json.loads(feature)["id"] for feature in feed_sql.page(request).features]

    def raw() -> Any:
        return [key for key, _ in owner.execute(text).fetchall()]

    with rls.reading(case.scope):
        assert product() == raw()
        assert len(product()) == PAGE
    _measure(
        owner,
        f"wall_items_{name}",
        case.scope,
        lambda: feed_sql.page(request),
        lambda: owner.execute(text).fetchall(),
    )


def _measure(
    owner: psycopg.Connection[Any],
    name: str,
    scope: Scope,
    product: Callable[[], Any],
    raw: Callable[[], Any],
) -> None:
    """Rounds with the policies, without them, and by hand take turns on the same machine."""
    taken: dict[str, list[float]] = {"with": [], "without": [], "floor": []}
    with rls.reading(scope):
        for _ in range(ROUNDS):
            for walled in (True, False):
                _switch(owner, on=walled)
                product(), product(), raw()
                for _ in range(CALLS):
                    taken["with" if walled else "without"].append(_milliseconds(product))
                    taken["floor"].append(_milliseconds(raw))
        _switch(owner, on=True)
    walled, plain, floor = (statistics.median(taken[key]) for key in ("with", "without", "floor"))
    line = {
        "bench": name,
        "n": ROUNDS * CALLS,
        "median_ms": round(walled, 2),
        "p95_ms": round(sorted(taken["with"])[round(0.95 * ROUNDS * CALLS) - 1], 2),
        "floor_ms": round(floor, 2),
        "ratio": round(walled / floor, 2),
        "one_wall_ms": round(plain, 2),
        "wall_ratio": round(walled / plain, 2),
        "best_ms": [round(min(taken[key]), 2) for key in ("with", "without", "floor")],
    }
    print(json.dumps(line), flush=True)


def _switch(owner: psycopg.Connection[Any], *, on: bool) -> None:
    for table in ROW_TABLES:
        owner.execute(f"ALTER TABLE {table} {'ENABLE' if on else 'DISABLE'} ROW LEVEL SECURITY")


def fill(owner: psycopg.Connection[Any]) -> None:
    """One hundred thousand sites over four departements, with their series."""
    with rls.reading(Scope.nation()):
        if Site.objects.exists():
            return
        if not Commune.objects.exists():
            data.territories()
    connection.close()
    draw = np.random.default_rng(20261101)
    columns, rows = draw.integers(1, 2_000, SITES), draw.integers(1, 2_000, SITES)
    with owner.transaction():
        owner.execute(rls.context_sql(Scope.nation()))
        owner.execute(
            "CREATE TEMP TABLE placed (n bigint, lon float8, lat float8, commune_code text)"
        )
        with owner.cursor().copy("COPY placed FROM STDIN") as copy:
            places = zip(ground.positions(columns, rows), columns, rows, strict=True)
            for number, ((lon, lat), column, row) in enumerate(places, start=1):
                copy.write_row((number, lon, lat, _commune(int(column), int(row))))
        for table in ROW_TABLES:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        owner.execute(read_sql(__file__, "wall_fill"))
        owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ROW_TABLES:
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _commune(column: int, row: int) -> str:
    across, up = column // ground.DEPARTEMENT_CELLS, row // ground.DEPARTEMENT_CELLS
    code = next(code for code, at in data.DEPARTEMENTS.items() if at == (across, up))
    x, y = (n % ground.DEPARTEMENT_CELLS // ground.COMMUNE_CELLS for n in (column, row))
    return f"{code}{y * 10 + x + 1:03d}"


def tile_at(z: int) -> tuple[int, int, int]:
    """A tile on the border of the mixed reader's commune."""
    lon, lat = ground.positions(np.array([AT[0]]), np.array([AT[1]]))[0]
    return address(z, lon, lat)


def _reads(**reach: Areas) -> Scope:
    return Scope(reaches=((DataClass.GENERAL, Reach(**reach)),))


def _milliseconds(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000

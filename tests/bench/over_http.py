"""Tiles and feeds over HTTP, with rights and a token: 100,000 sites, 2,000,000 parcels.

Each answer stands beside hand-written SQL on a connection of its own, and tiles of parcels beside
django-vectortiles on the same table (no rights on its side). tipg does not start here: it asks for
`ST_EstimatedExtent`, which is nobody's, for it tells of hidden rows. Answers that cost no query of
their own stand beside an empty answer of the same server with the same token. Leaves servers to
`served`.
"""

from __future__ import annotations

import json
import os
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import mapbox_vector_tile
import psycopg
from django.db import connection, connections

from geo.accounts.life.charter import charter_accept, charter_in_force
from geo.accounts.tokens import token_create
from geo.core import rls
from geo.core.scope import Scope
from geo.core.sql import read_sql
from tests.bench import exports, served, walls
from tests.bench.cases import address
from tests.support.database import parameters, test_database
from tests.support.factories import make_user

CALLS, CONNECTIONS, RATE_S = 40, 8, 5
# In the lattice of parcels: a place in a town of it, then others around.
AT = (1.5, 47.4)
EMPTY = "/ogc/conformance"


class Compared:
    """Our server, the floor and the peers, all on one filled database."""

    def __init__(self, only: Sequence[str], owner: psycopg.Connection[Any], stack: ExitStack):
        self.only, self.owner = only, owner
        port, token = stack.enter_context(served.product()), _token()
        self.port = port
        self.headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
        self.ours = served.Connection(port, self.headers)
        self.vectortiles = served.Connection(stack.enter_context(served.vectortiles()))

    def wanted(self, name: str) -> bool:
        """Whether this line was asked for."""
        return not self.only or any(word in name for word in self.only)

    def measure(self, name: str, calls: dict[str, Callable[[], Any]], **said: Any) -> None:
        """Print one line: `ours` beside `floor`, and the peers; calls take turns."""
        if not self.wanted(name):
            return
        taken: dict[str, list[float]] = {who: [] for who in calls}
        for turn in range(CALLS + 3):
            for who, call in calls.items():
                if who == "ours" and said.get("cold"):
                    self.owner.execute("DELETE FROM tile_kept")
                began = time.perf_counter()
                call()
                if turn >= 3:
                    taken[who].append((time.perf_counter() - began) * 1000)
        ours, floor = (statistics.median(taken[who]) for who in ("ours", "floor"))
        line: dict[str, Any] = {
            "bench": name,
            "n": CALLS,
            "median_ms": round(ours, 2),
            "p95_ms": round(sorted(taken["ours"])[round(0.95 * CALLS) - 1], 2),
            "floor_ms": round(floor, 2),
            "ratio": round(ours / floor, 2),
            "more_ms": round(ours - floor, 2),
        }
        for who in set(calls) - {"ours", "floor"}:
            line[f"{who}_ms"] = round(statistics.median(taken[who]), 2)
            line[f"{who}_ratio"] = round(statistics.median(taken[who]) / ours, 2)
        print(json.dumps(line | said), flush=True)

    def rate(self, path: str, status: int, **headers: str) -> float:
        """Answers a second over eight connections."""
        counts = [0] * CONNECTIONS
        end = time.monotonic() + RATE_S

        def ask(number: int) -> None:
            line = served.Connection(self.port, self.headers | headers)
            while time.monotonic() < end:
                line.get(path, status)
                counts[number] += 1

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts) / RATE_S


def run(only: tuple[str, ...]) -> None:
    """Fill a database of its own, start the servers, print one line for each answer."""
    if only and not any(word.startswith("http") for word in only):
        return
    with (
        test_database("http"),
        psycopg.connect(**parameters("owner"), autocommit=True) as owner,
        ExitStack() as stack,
    ):
        walls.fill(owner)
        with rls.reading(Scope.nation()):
            exports.fill()
        owner.execute("VACUUM ANALYZE")
        for table in rls.protected_tables():
            owner.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        connections["default"].close()
        compared = Compared(only, owner, stack)
        _tiles(compared)
        _pages(compared)
        _rates(compared)


def _tiles(at: Compared) -> None:
    sql = read_sql(__file__, "parcel_tile")
    for z in (14, 16):
        place = address(z, *AT)
        path = "/tiles/parcels/{}/{}/{}.mvt".format(*place)
        values = dict(zip("zxy", place, strict=True))
        calls: dict[str, Callable[[], Any]] = {
            "ours": lambda path=path: at.ours.get(path),
            "floor": lambda values=values: at.owner.execute(sql, values).fetchone(),
            "vectortiles": lambda place=place: at.vectortiles.get("/tiles/{}/{}/{}".format(*place)),
        }
        drawn = mapbox_vector_tile.decode(at.vectortiles.get("/tiles/{}/{}/{}".format(*place)))
        features = len(drawn["parcels"]["features"])
        at.measure(f"http_tile_parcels_z{z}", calls, cold=True, features=features)
    for z in (6, 10, 14):
        _site_tile(at, z)


def _site_tile(at: Compared, z: int) -> None:
    place = walls.tile_at(z)
    values = dict(zip("zxy", place, strict=True))
    rows = read_sql(__file__, "wall_tile").format(
        where="true", geom="l.geom_3857", precision="exact"
    )
    sql = f"SELECT ST_AsMVT(t, 'sites', 4096, 'geom', 'id') FROM ({rows}) t"
    for names in ("sites", "communes,sites") if z == 14 else ("sites",):
        path = "/tiles/{}/{}/{}/{}.mvt".format(names, *place)
        at.measure(
            f"http_tile_{names.replace(',', '_')}_z{z}",
            {
                "ours": lambda path=path: at.ours.get(path),
                "floor": lambda: at.owner.execute(sql, values).fetchone(),
            },
            cold=True,
            floor_is="every site in the tile, one by one",
        )


def _pages(at: Compared) -> None:
    items = "/ogc/collections/parcels/items?limit="
    sql = read_sql(__file__, "parcel_items")
    deep = _deep(at, f"{items}1000")
    for name, path, text in (
        ("first_1000", f"{items}1000", sql),
        ("first_10000", f"{items}10000", sql.replace("1000", "10000")),
        ("deep_1000", deep, sql),
    ):
        at.measure(
            f"http_items_parcels_{name}",
            {
                "ours": lambda path=path: at.ours.get(path),
                "floor": lambda text=text: at.owner.execute(text).fetchall(),
            },
        )
    rows = read_sql(__file__, "wall_items").format(where="true", geom="l.geom", precision="exact")
    at.measure(
        "http_items_sites_1000",
        {
            "ours": lambda: at.ours.get("/ogc/collections/sites/items?limit=1000"),
            "floor": lambda: at.owner.execute(rows).fetchall(),
        },
    )


def _deep(at: Compared, path: str) -> str:
    """The address of the twenty-first page, followed as a client does."""
    for _ in range(20):
        links = json.loads(_plain(at, path))["links"]
        href = next(link["href"] for link in links if link["rel"] == "next")
        path = "/" + href.split("/", 3)[3]
    return path


def _plain(at: Compared, path: str) -> bytes:
    return served.Connection(at.port, at.headers | {"Accept-Encoding": "identity"}).get(path)


def _rates(at: Compared) -> None:
    """What costs no query of its own, beside an empty answer with the same token."""
    if not at.wanted("http_rate"):
        return
    z, x, y = walls.tile_at(10)
    path = f"/tiles/sites/{z}/{x}/{y}.mvt"
    at.ours.get(path)
    tag = at.ours.etag
    empty = at.rate(EMPTY, 200)
    for name, status, headers in (
        ("304", 304, {"If-None-Match": tag}),
        ("kept", 200, {}),
    ):
        found = at.rate(path, status, **headers)
        line = {
            "bench": f"http_rate_{name}",
            "n": CONNECTIONS,
            "per_second": round(found),
            "empty_per_second": round(empty),
            "of_empty": round(found / empty, 2),
        }
        print(json.dumps(line), flush=True)


def _token() -> str:
    with rls.reading(Scope.nation()):
        person = make_user("national_admin", email=f"banc.{os.getpid()}@example.test")
        charter_accept(user=person, version=charter_in_force().number)
        _, clear = token_create(user=person, name="Banc", purpose="Mesures")
    connection.close()
    return clear

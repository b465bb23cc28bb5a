"""Measures what the product answers beside a floor taken in the same run, one JSON line each.

The product is called through its whole HTTP stack in process (`django.test.Client`: middleware,
session, scope, view, compression; no socket). The floor is hand-written SQL through psycopg on a
connection of its own, as the same role, for the same rows. Calls alternate, so that both meet the
same machine. Leaves what is measured to `cases`.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connections
from django.test import Client

from geo.accounts.life.charter import charter_accept, charter_in_force
from geo.core import rls
from geo.core.scope import Scope
from tests.bench import data
from tests.support.database import parameters, test_database
from tests.support.factories import make_user
from tests.support.signing import install

Call = Callable[[int], Any]


@dataclass(frozen=True, slots=True)
class Bench:
    """The filled database as seen from the product (`client`) and from the floor (`floor`)."""

    client: Client
    floor: psycopg.Connection[Any]
    only: tuple[str, ...]

    def measure(self, name: str, n: int, product: Call, floor: Call, **said: Any) -> None:
        """Print one line; `product` and `floor` take the number of the call, from 0 to n - 1."""
        if self.only and not any(word in name for word in self.only):
            return
        # The first calls of each meet cold caches and unprepared statements: not counted.
        for i in range(min(n, 5)):
            product(i)
            floor(i)
        taken, floors = [], []
        for i in range(n):
            taken.append(_milliseconds(product, i))
            floors.append(_milliseconds(floor, i))
        median, lowest = statistics.median(taken), statistics.median(floors)
        line = {
            "bench": name,
            "n": n,
            "median_ms": round(median, 2),
            "p95_ms": round(sorted(taken)[max(0, round(0.95 * n) - 1)], 2),
            "floor_ms": round(lowest, 2),
            "ratio": round(median / lowest, 2),
        }
        print(json.dumps(line | said, ensure_ascii=False), flush=True)

    def rows(self, sql: str, values: Any = None) -> list[tuple[Any, ...]]:
        """The floor: one statement on its own connection."""
        with self.floor.cursor() as cursor:
            return cursor.execute(sql, values).fetchall()


@contextmanager
def prepared(only: tuple[str, ...]) -> Iterator[Bench]:
    """A database of its own, filled and analysed; dropped at the end unless `TEST_KEEP_DB=1`."""
    with test_database("bench"):
        began = time.monotonic()
        counts = _filled()
        with psycopg.connect(**parameters("owner"), autocommit=True) as owner:
            owner.execute("VACUUM ANALYZE")
        _say(f"{counts}, {time.monotonic() - began:.1f} s")
        client = Client()
        reader = make_user("national_admin", email=f"banc.{os.getpid()}@example.test")
        charter_accept(user=reader, version=charter_in_force().number)
        install()
        client.force_login(reader)
        with psycopg.connect(**application_parameters(), autocommit=True) as floor:
            for name, value in rls.rights(Scope.nation()).items():
                floor.execute("SELECT set_config(%s, %s, false)", [f"atlas.{name}", value])
            yield Bench(client, floor, only)


def _filled() -> dict[str, int]:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM parcel), (SELECT count(*) FROM site)")
        parcels, sites = cursor.fetchone()
    return {"parcels": parcels, "sites": sites} if sites else data.fill()


def application_parameters() -> dict[str, Any]:
    """psycopg parameters of the application's role: the floor obeys the same policies."""
    settings = connections["default"].settings_dict
    names = {
        "dbname": "NAME",
        "user": "USER",
        "password": "PASSWORD",
        "host": "HOST",
        "port": "PORT",
    }
    return {key: settings[name] for key, name in names.items() if settings[name]}


def _milliseconds(call: Call, i: int) -> float:
    began = time.perf_counter()
    call(i)
    return (time.perf_counter() - began) * 1000


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)

"""Ten minutes of readers over eight connections while sites are edited: no error, no stale answer,
no byte of another territory, memory that stays flat.

`SOAK_MINUTES` shortens it. The server is the real one, in processes of its own.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest
from django.db import connections

from geo.accounts.enums import Level, Role
from geo.accounts.life.charter import charter_accept, charter_in_force
from geo.accounts.tokens import token_create
from geo.core import rls
from geo.core.scope import Scope
from geo.sites.services import site_update
from tests.bench import served
from tests.bench.cases import address
from tests.support.factories import make_site, make_territories, make_user

pytestmark = [
    pytest.mark.soak,
    pytest.mark.django_db(transaction=True),
    # The pipes of the server's processes are left to the collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
MINUTES = float(os.environ.get("SOAK_MINUTES", "10"))
READERS = 8
ITEMS = "/ogc/collections/sites/items"
CANARIES = {"93": "CANARI-93-", "13": "CANARI-13-"}
PLACES = {"93": (2.35, 48.93), "13": (5.4, 43.3)}
# Memory of the processes once warm may still move by this share.
GROWTH = 1.25


class Storm:
    """What readers and writers share: the sites, how far each was written, what went wrong."""

    def __init__(self) -> None:
        self.written = dict.fromkeys(CANARIES, 0)
        self.sites: dict[str, Any] = {}
        self.tokens: dict[str, str] = {}
        self.faults: list[str] = []
        self.answers = 0
        self.edits = 0
        self.end = time.monotonic() + 60 * MINUTES

    def going(self) -> bool:
        """True until the time is over or something went wrong."""
        return time.monotonic() < self.end and not self.faults

    def read(self, port: int, departement: str, seed: int) -> None:
        """Ask as one reader, each answer checked against what was written before it was asked."""
        draw = random.Random(seed)
        other = next(code for code in CANARIES if code != departement)
        line = served.Connection(port, {"Authorization": f"Bearer {self.tokens[departement]}"})
        asked: list[Callable[[], None]] = [
            lambda: self._items(line, departement, other),
            lambda: self._tile(line, departement),
            lambda: self._tile(line, other, empty=True),
        ]
        while self.going():
            try:
                draw.choice(asked)()
                self.answers += 1
            except Exception as error:  # noqa: BLE001 # told by the test
                self.faults.append(f"{departement}: {type(error).__name__} {error}")

    def _items(self, line: served.Connection, own: str, other: str) -> None:
        before = self.written[own]
        body = line.get(f"{ITEMS}?limit=10").decode()
        assert CANARIES[other] not in body, "a name of another territory"
        (feature,) = json.loads(body)["features"]
        told = int(feature["properties"]["name"].rpartition("-")[2])
        assert told >= before, f"stale: {told} after {before}"

    def _tile(self, line: served.Connection, at: str, *, empty: bool = False) -> None:
        lon, lat = PLACES[at]
        z, x, y = address(12, lon, lat)
        path = f"/tiles/sites/{z}/{x}/{y}.mvt"
        if empty:
            line.get(path, 204)
            return
        before = self.written[at]
        (feature,) = mapbox_vector_tile.decode(line.get(path))["sites"]["features"]
        assert feature["id"] == self.sites[at].pk
        kind = "land" if before % 2 else "building"
        after = self.written[at]
        # Between two edits the tile tells the kind of the last one.
        assert before != after or feature["properties"]["field_type"] == kind, "stale tile"

    def write(self, departement: str) -> None:
        """Edit one site again and again; each edit says its number."""
        try:
            with rls.reading(Scope.nation()):
                while self.going():
                    number = self.written[departement] + 1
                    site_update(
                        by=None,
                        scope=Scope.nation(),
                        site_id=self.sites[departement].pk,
                        name=f"{CANARIES[departement]}{number}",
                        field_type="land" if number % 2 else "building",
                    )
                    self.written[departement] = number
                    self.edits += 1
                    time.sleep(0.2)
        except Exception as error:  # noqa: BLE001 # told by the test
            self.faults.append(f"writer: {type(error).__name__} {error}")
        finally:
            connections.close_all()


def test_readers_and_writers_for_minutes() -> None:
    storm = Storm()
    with rls.reading(Scope.nation()):
        make_territories()
        for code, place in PLACES.items():
            storm.sites[code] = make_site(*place, name=f"{CANARIES[code]}0", field_type="building")
            person = make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, code)
            charter_accept(user=person, version=charter_in_force().number)
            _, storm.tokens[code] = token_create(user=person, name="Essai", purpose="Essai")
    with served.product() as port:
        threads = [
            threading.Thread(target=storm.read, args=(port, list(CANARIES)[n % 2], n))
            for n in range(READERS)
        ]
        threads += [threading.Thread(target=storm.write, args=(code,)) for code in CANARIES]
        for thread in threads:
            thread.start()
        time.sleep(min(60.0, 30 * MINUTES))
        warm = _memory_kb(port)
        for thread in threads:
            thread.join()
        last = _memory_kb(port)
    print(f"{storm.answers} answers, {storm.edits} edits, {warm} kB then {last} kB")
    assert not storm.faults, storm.faults[:5]
    assert storm.answers > 100 * MINUTES
    assert last < warm * GROWTH


def _memory_kb(port: int) -> int:
    """The resident memory of the server's processes."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            command = (status.parent / "cmdline").read_bytes()
            if f"127.0.0.1:{port}".encode() in command:
                (line,) = (each for each in status.read_text().splitlines() if "VmRSS" in each)
                total += int(line.split()[1])
        except (OSError, ValueError):
            continue
    return total

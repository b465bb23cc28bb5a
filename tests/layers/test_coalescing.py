"""Many readers who want one tile at once cost one call upstream."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from layers.models import Layer
from layers.tiles import LayerAway, Tile, tile_get
from tests.fakes.geoplateforme import PICTURES, Geoplateforme, status

ADDRESS = (12, 2074, 1408)
PROCESSES, THREADS = 3, 6
SCRIPT = """
import sys, threading, time
from concurrent.futures import ThreadPoolExecutor
import django
django.setup()
from django.conf import settings
from pathlib import Path
url, folder, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
settings.SOURCES = settings.SOURCES | {"geopf": url}
settings.CACHE_DIR = folder
from layers.curated import BY_SLUG
from layers.selectors import layer_default
from layers.tiles import tile_get
layer = layer_default(BY_SLUG["plan-ign"], 0)
print("ready", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(threads) as pool:
    found = list(pool.map(lambda _: tile_get(layer, 12, 2074, 1408), range(threads)))
print(sum(tile.body is not None for tile in found), flush=True)
"""


def storm(layer: Layer, readers: int) -> list[Tile | LayerAway]:
    """As many readers at once for one tile, each with a thread of its own."""
    together = threading.Barrier(readers)

    def one(_: int) -> Tile | LayerAway:
        together.wait(10)
        try:
            return tile_get(layer, *ADDRESS)
        except LayerAway as away:
            return away

    with ThreadPoolExecutor(readers) as pool:
        return list(pool.map(one, range(readers)))


def test_a_hundred_readers_cost_one_call(fake: Geoplateforme, plan: Layer) -> None:
    fake.delay_s = 0.3
    found = storm(plan, 100)
    assert all(isinstance(tile, Tile) and tile.body == PICTURES["image/png"] for tile in found)
    assert len(fake.calls("/wmts")) == 1
    assert sum(isinstance(tile, Tile) and tile.origin == "miss" for tile in found) == 1


def test_a_hundred_readers_of_a_failing_tile_cost_one_call(
    fake: Geoplateforme, plan: Layer
) -> None:
    fake.delay_s = 0.3
    fake.always(status(500))
    found = storm(plan, 100)
    assert all(isinstance(tile, LayerAway) for tile in found)
    assert len(fake.calls("/wmts")) == 1


def test_several_processes_cost_one_call(fake: Geoplateforme, settings: Any) -> None:
    fake.delay_s = 0.5
    folder = Path(settings.CACHE_DIR)
    running = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", SCRIPT, fake.url, str(folder), str(THREADS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings.test"},
        )
        for _ in range(PROCESSES)
    ]
    for process in running:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    answers = []
    for process in running:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in running:
        out, _ = process.communicate(timeout=30)
        answers.append(out.strip())
    assert answers == [str(THREADS)] * PROCESSES
    assert len(fake.calls("/wmts")) == 1

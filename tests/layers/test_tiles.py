"""One tile: what is asked upstream, what is kept, what happens when the service fails."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from geo.core.errors import NotFound
from layers import tiles, upstream
from layers.models import Layer
from layers.tiles import LayerAway, breaker_of, tile_get
from tests.fakes.geoplateforme import (
    PICTURES,
    Geoplateforme,
    broken_answers,
    cut_short,
    picture,
    status,
)
from tests.fakes.server import Reply

PNG, JPEG = PICTURES["image/png"], PICTURES["image/jpeg"]
ADDRESS = (12, 2074, 1408)


def age(layer: Layer, seconds: float, address: tuple[int, int, int] = ADDRESS) -> None:
    """Make the copy of a tile older."""
    key = tiles._key(layer, *address)
    path = tiles._folder() / "tiles" / key[:2] / key[2:]
    os.utime(path, (time.time(), time.time() - seconds))


def test_a_tile_is_asked_with_the_ten_parameters_then_kept(
    fake: Geoplateforme, plan: Layer
) -> None:
    found = tile_get(plan, *ADDRESS)
    assert (found.body, found.media_type, found.origin) == (PNG, "image/png", "miss")
    (asked,) = fake.calls("/wmts")
    assert asked.query == {
        "SERVICE": "WMTS",
        "REQUEST": "GetTile",
        "VERSION": "1.0.0",
        "LAYER": "GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2",
        "STYLE": "normal",
        "FORMAT": "image/png",
        "TILEMATRIXSET": "PM",
        "TILEMATRIX": "12",
        "TILECOL": "2074",
        "TILEROW": "1408",
    }
    again = tile_get(plan, *ADDRESS)
    assert (again.body, again.origin) == (PNG, "hit")
    assert len(fake.asked) == 1


def test_a_jpeg_layer_and_a_style_with_a_blank(
    fake: Geoplateforme, photos: Layer, parcels: Layer
) -> None:
    assert tile_get(photos, *ADDRESS).body == JPEG
    parcels.style = "PCI vecteur"
    assert tile_get(parcels, *ADDRESS).body == PNG
    assert fake.asked[-1].query["STYLE"] == "PCI vecteur"


def test_a_tile_where_the_layer_has_nothing_is_kept_as_nothing(
    fake: Geoplateforme, parcels: Layer
) -> None:
    fake.empty = lambda z, x, y: True
    assert tile_get(parcels, *ADDRESS).body is None
    assert tile_get(parcels, *ADDRESS).origin == "hit"
    assert len(fake.asked) == 1
    age(parcels, tiles.EMPTY_FRESH_S + 1)
    fake.empty = lambda z, x, y: False
    assert tile_get(parcels, *ADDRESS).body == PNG


@pytest.mark.parametrize(
    "address",
    [(20, 0, 0), (3, 8, 0), (3, 0, 8), (12, 10**30, 0), (5, 31, 31), (8, 0, 90)],
    ids=["zoom", "column", "row", "huge", "south of the box", "west of the box"],
)
def test_an_address_outside_the_layer_never_goes_upstream(
    fake: Geoplateforme, parcels: Layer, address: tuple[int, int, int]
) -> None:
    with pytest.raises(NotFound):
        tile_get(parcels, *address)
    assert fake.asked == []


def test_the_edge_rows_of_a_layer_of_the_whole_world_exist(
    fake: Geoplateforme, plan: Layer
) -> None:
    for y in (0, 2**5 - 1):
        assert tile_get(plan, 5, 16, y).body == PNG


def test_a_new_edition_is_asked_anew(fake: Geoplateforme, parcels: Layer) -> None:
    tile_get(parcels, *ADDRESS)
    parcels.edition = "2026-10-01"
    assert tile_get(parcels, *ADDRESS).origin == "miss"


def test_an_old_copy_is_renewed(fake: Geoplateforme, plan: Layer) -> None:
    tile_get(plan, *ADDRESS)
    age(plan, tiles.FRESH_S + 1)
    fake.pictures["image/png"] = newer = picture("image/png", (1, 2, 3))
    assert tile_get(plan, *ADDRESS).body == newer
    assert tile_get(plan, *ADDRESS).origin == "hit"


def test_a_lost_write_is_not_taken_for_a_tile(fake: Geoplateforme, plan: Layer) -> None:
    tile_get(plan, *ADDRESS)
    key = tiles._key(plan, *ADDRESS)
    path = tiles._folder() / "tiles" / key[:2] / key[2:]
    for lost in (b"", PNG[:50]):
        path.write_bytes(lost)
        assert tile_get(plan, *ADDRESS).body == PNG


@pytest.mark.parametrize("kind", list(broken_answers("image/png")))
@pytest.mark.parametrize("media_type", ["image/png", "image/jpeg"])
def test_an_answer_that_is_no_tile_is_neither_shown_nor_kept(
    fake: Geoplateforme, plan: Layer, photos: Layer, media_type: str, kind: str
) -> None:
    layer = plan if media_type == "image/png" else photos
    fake.fault(broken_answers(media_type)[kind])
    with pytest.raises(LayerAway):
        tile_get(layer, *ADDRESS)
    assert not list((tiles._folder()).glob("tiles/*/*"))
    assert tile_get(layer, 12, 2074, 1409).body == PICTURES[media_type]


@pytest.mark.parametrize("fault", [status(502), cut_short], ids=["502", "cut body"])
def test_one_fault_is_tried_again_at_once(
    fake: Geoplateforme, plan: Layer, fault: Callable[[], Reply]
) -> None:
    fake.fault(fault)
    assert tile_get(plan, *ADDRESS).body == PNG
    assert len(fake.asked) == 2


def test_an_old_copy_is_given_while_the_service_is_away(fake: Geoplateforme, plan: Layer) -> None:
    tile_get(plan, *ADDRESS)
    age(plan, tiles.FRESH_S + 100)
    fake.always(status(500))
    for _ in range(4):
        found = tile_get(plan, *ADDRESS)
        assert (found.body, found.origin) == (PNG, "stale")
        assert found.ttl_s < 0


def test_two_failures_stop_the_calls_for_a_while(
    fake: Geoplateforme, plan: Layer, photos: Layer
) -> None:
    fake.always(status(500))
    for y in range(1400, 1420):
        with pytest.raises(LayerAway) as away:
            tile_get(plan, 12, 2074, y)
        assert 1 <= away.value.retry_after_s <= 60
    assert len(fake.asked) == 2
    assert breaker_of(plan).pause_s() > 3
    fake.always(None)
    assert tile_get(photos, *ADDRESS).body == JPEG


def test_a_tile_that_fails_alone_does_not_stop_the_others(fake: Geoplateforme, plan: Layer) -> None:
    for y in range(1400, 1406):
        fake.fault(status(500))
        with pytest.raises(LayerAway):
            tile_get(plan, *ADDRESS)
        assert tile_get(plan, 12, 2074, y + 100).body == PNG
        (tiles._folder() / "locks" / tiles._key(plan, *ADDRESS)[:3]).unlink()


def test_a_tile_that_just_failed_is_not_asked_again_at_once(
    fake: Geoplateforme, plan: Layer
) -> None:
    fake.fault(status(500))
    for _ in range(5):
        with pytest.raises(LayerAway):
            tile_get(plan, *ADDRESS)
    assert len(fake.asked) == 1


def test_a_429_is_never_slept_out_beyond_the_deadline(
    fake: Geoplateforme, plan: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "DEADLINE_S", 1.0)
    fake.always(fake.too_many)
    started = time.monotonic()
    for y in range(1400, 1410):
        with pytest.raises(LayerAway):
            tile_get(plan, 12, 2074, y)
    assert time.monotonic() - started < 2
    assert len(fake.asked) == 1


def test_a_service_that_hangs_costs_one_wait(
    fake: Geoplateforme, plan: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upstream, "DEADLINE_S", 0.4)
    fake.always(fake.hang)
    with pytest.raises(LayerAway):
        tile_get(plan, *ADDRESS)
    started = time.monotonic()
    for y in range(1402, 1450):
        with pytest.raises(LayerAway):
            tile_get(plan, 12, 2074, y)
    assert time.monotonic() - started < 0.4
    assert len(fake.asked) == 1


def test_a_layer_that_the_service_lost_is_not_asked(fake: Geoplateforme, plan: Layer) -> None:
    tile_get(plan, *ADDRESS)
    age(plan, tiles.FRESH_S + 1)
    plan.available = False
    assert tile_get(plan, *ADDRESS).origin == "stale"
    with pytest.raises(LayerAway) as away:
        tile_get(plan, 12, 2074, 1409)
    assert away.value.retry_after_s == 3600
    assert len(fake.asked) == 1


def test_without_a_disk_tiles_are_still_given(
    fake: Geoplateforme, plan: Layer, settings: Any, tmp_path: Path
) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("a file where the folder should be")
    settings.CACHE_DIR = occupied
    for _ in range(2):
        assert tile_get(plan, *ADDRESS).origin == "miss"
    assert len(fake.asked) == 2


def test_nothing_is_asked_inside_a_transaction(
    fake: Geoplateforme, plan: Layer, settings: Any, db: None
) -> None:
    settings.TESTING = False
    with pytest.raises(RuntimeError, match="transaction"):
        tile_get(plan, *ADDRESS)
    assert fake.asked == []

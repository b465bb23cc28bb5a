"""Symbols and names on paper: one for each site, nothing unreadable."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import pytest

from atlas.drawing.page import page_svg
from atlas.labels import Wish, place
from atlas.paper import Rect
from atlas.placement import FARTHEST_MM, TOUCH, radius_of
from tests.atlas import reading
from tests.atlas.conftest import FIVE, settle

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("code", FIVE)
def test_names_cover_neither_names_nor_symbols(
    five: None, sheet_of: Callable[..., Any], code: str
) -> None:
    settle(code, count=30, spread=0.06)
    sheet = sheet_of(code)
    for panel in filter(None, (sheet.main, sheet.inset)):
        assert panel.labels
        for one, other in itertools.combinations(panel.labels, 2):
            assert not one.box.meets(other.box), (one.text, other.text)
        for label in panel.labels:
            assert panel.frame.rect.holds(label.box)
            touched = [mark.site for mark in panel.marks if mark.box.grown(-0.05).meets(label.box)]
            assert not touched, label.text


def test_crowded_symbols_are_told_apart(five: None, sheet_of: Callable[..., Any]) -> None:
    sites = settle("93", count=40, spread=0.02)
    sheet = sheet_of("93", paper="a3")
    assert sorted(mark.site for mark in sheet.marks) == sorted(site.pk for site in sites)
    for panel in filter(None, (sheet.main, sheet.inset)):
        for one, other in itertools.combinations(panel.marks, 2):
            gap = math.dist((one.x, one.y), (other.x, other.y))
            assert gap >= (one.radius + other.radius) * TOUCH - 1e-6
        assert all(mark.shift <= FARTHEST_MM * sheet.layout.factor for mark in panel.marks)
    leaders = reading.of_class(reading.parsed(page_svg(sheet)), "leaders")
    moved = [mark for mark in sheet.marks if mark.shift >= max(0.5, mark.radius * 0.5)]
    assert sum(len(group) for group in leaders) == 2 * len(moved) > 0


def test_the_inset_takes_the_crowd_and_each_site_is_drawn_once(
    five: None, sheet_of: Callable[..., Any]
) -> None:
    sites = settle("973", count=40, spread=0.1)
    sheet = sheet_of("973")
    assert sheet.inset is not None
    assert sheet.spot is not None
    main, inner = ({m.site for m in p.marks} for p in (sheet.main, sheet.inset))
    assert not main & inner
    assert main | inner == {site.pk for site in sites}
    assert sheet.inset.frame.scale < sheet.main.frame.scale / 2
    assert not sheet.spot.zone.meets(sheet.spot.box)
    root = reading.parsed(page_svg(sheet))
    assert len(reading.of_class(root, "site")) == len(sites)


def test_sizes_go_by_the_square_root_of_people() -> None:
    assert radius_of(250, 1) / radius_of(75, 1) == pytest.approx(2)
    assert radius_of(20, 1) < radius_of(60, 1) < radius_of(120, 1) < radius_of(900, 1)
    assert radius_of(120, 1.2) == pytest.approx(1.2 * radius_of(199, 1))


def test_a_name_without_room_is_left_out_unless_needed() -> None:
    paper = Rect(0, 0, 60, 20)
    everywhere = [Rect(0, 0, 60, 20)]
    spots = ((30.0, 10.0), (20.0, 10.0))
    assert place([Wish("Bobigny", 3, spots)], everywhere, paper) == []
    (kept,) = place([Wish("Bobigny", 3, spots, needed=True)], everywhere, paper)
    assert paper.holds(kept.box)
    same = place(
        [Wish("Mer", 2, spots, apart=math.inf), Wish("Mer", 2, ((50, 5),), apart=90)], [], paper
    )
    assert len(same) == 1

"""Five sheets measured: the prefecture's place, the scale bar, the ratio, against pyproj alone."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest

from atlas.drawing.page import page_svg
from tests.atlas import reading
from tests.atlas.conftest import FIVE, PREFECTURES, approximation, record_of, settle

pytestmark = pytest.mark.django_db
# The legal projections, typed here a second time on purpose.
SRIDS = {"93": 2154, "13": 2154, "59": 2154, "971": 5490, "973": 2972}
RATIO = re.compile(r"^Échelle 1:([\d\u00a0]+) ")


@pytest.mark.parametrize("code", FIVE)
def test_prefecture_scale_bar_and_ratio(
    five: None, sheet_of: Callable[..., Any], code: str
) -> None:
    settle(code, count=8)
    for paper in ("a4", "a3"):
        measure(reading.parsed(page_svg(sheet_of(code, paper=paper))), code)


def measure(root: Any, code: str) -> None:
    """Check a drawing against pyproj."""
    record = record_of(code)
    map_ = reading.calibrate(root, record.contour, SRIDS[code])

    (main, *_) = reading.of_class(root, "main")
    (seat,) = [e for e in reading.of_class(main, "seat") if e.tag == f"{reading.SVG}rect"]
    x, y = reading.centre(seat)
    wanted = map_.to_mm(record.point.x, record.point.y)
    assert math.dist((x, y), wanted) < 0.3

    name = PREFECTURES[code][0]
    (label, *_) = [e for e in reading.of_class(main, "seat") if e.text == name]
    assert math.dist((float(label.get("x")), float(label.get("y"))), (x, y)) < 25

    (strip,) = reading.of_class(root, "strip")
    (bar,) = reading.of_class(strip, "scale-bar")
    (scale,) = reading.of_class(strip, "scale")
    told = [e.text for e in scale.iter(f"{reading.SVG}text")][-1]
    number, unit = told.split("\u00a0")
    metres = float(number.replace(",", ".")) * (1000 if unit == "km" else 1)
    middle = reading.points(reading.of_class(root, "outline")[0])
    centre_x = sum(px for px, _ in middle) / len(middle)
    centre_y = sum(py for _, py in middle) / len(middle)
    width = float(bar.get("width"))
    truth = map_.ground_length(centre_x - width / 2, centre_y, width)
    assert abs(metres / truth - 1) < 0.01

    (ratio,) = [
        found[1].replace("\u00a0", "")
        for e in strip.iter(f"{reading.SVG}text")
        if (found := RATIO.match(e.text or ""))
    ]
    assert abs(1000 / map_.mm_per_m / float(ratio) - 1) < 0.005


@pytest.mark.parametrize("code", FIVE)
def test_each_site_is_at_its_place_or_tied_to_it(
    five: None, sheet_of: Callable[..., Any], code: str
) -> None:
    sites = settle(code, count=6, spread=0.4 if code == "973" else 0.12)
    sheet = sheet_of(code, paper="a3")
    root = reading.parsed(page_svg(sheet))
    map_ = reading.calibrate(root, record_of(code).contour, SRIDS[code])
    drawn = {mark.site: mark for mark in sheet.main.marks}
    assert sheet.inset is None
    assert set(drawn) == {site.pk for site in sites}
    for site in sites:
        wanted = map_.to_mm(site.location.geom.x, site.location.geom.y)
        mark = drawn[site.pk]
        assert math.dist((mark.true_x, mark.true_y), wanted) < 0.3
        assert math.dist((mark.x, mark.y), wanted) < 9 * sheet.layout.factor + 0.3


def test_the_ground_is_kept_under_its_vertices(five: None, sheet_of: Callable[..., Any]) -> None:
    settle("59")
    sheet = sheet_of("59", paper="a0")
    assert 100 < sheet.vertices <= 60_000


def test_a_sheet_follows_its_box(five: None, sheet_of: Callable[..., Any]) -> None:
    from geo.core.params import BBox

    settle("13")
    whole, part = sheet_of("13"), sheet_of("13", bbox=BBox(5.3, 43.2, 5.5, 43.4))
    assert part.main.frame.scale < whole.main.frame.scale
    for lon, lat in ((5.3, 43.2), (5.5, 43.4)):
        x, y = part.main.frame.lonlat_to_mm(lon, lat)
        rect = part.main.frame.rect
        assert rect.x < x < rect.right
        assert rect.y < y < rect.bottom


# As published: the sub-prefectures of two departements.
SEATS = {
    "13": {"Aix-en-Provence", "Arles", "Istres"},
    "59": {"Avesnes-sur-Helpe", "Cambrai", "Douai", "Dunkerque", "Valenciennes"},
}


@pytest.mark.parametrize("code", sorted(SEATS))
def test_sub_prefectures_are_named_at_their_place(
    five: None, sheet_of: Callable[..., Any], code: str
) -> None:
    settle(code, count=8)
    sheet = sheet_of(code, paper="a3")
    (main, *_) = reading.of_class(reading.parsed(page_svg(sheet)), "main")
    map_ = reading.calibrate(main, record_of(code).contour, SRIDS[code])
    signs = [reading.centre(sign) for sign in reading.of_class(main, "minor-seat")]
    assert len(signs) == len(SEATS[code])
    for name in SEATS[code]:
        point = next(r.point for r in approximation().by_level("commune") if r.name == name)
        assert min(math.dist(map_.to_mm(point.x, point.y), sign) for sign in signs) < 0.3
        assert [e for e in reading.of_class(main, "seat") if e.text == name]

"""The inset: a window of a larger scale where symbols crowd, laid where the sheet is empty.

Each site is drawn once: in the inset when it lies in its zone, on the main map otherwise. Leaves
ink to `atlas.drawing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from atlas.frame import MM_PER_M, Frame, scales
from atlas.paper import Rect
from atlas.placement import TOUCH, Mark

RATIOS = (2.0, 14.0)
# Symbols freed, each pair counted by the share it overlaps: fewer are told apart by small shifts.
LEAST_FREED = 5.0
# Above this share of land under it the inset would hide more than it explains.
WORST = 0.1
SHARES = (
    (0.42, 0.5),
    (0.5, 0.3),
    (0.36, 0.44),
    (0.44, 0.25),
    (0.31, 0.36),
    (0.27, 0.3),
    (0.34, 0.22),
)
# The strip under the inset that bears its scale.
CAPTION_MM = 6.4
LETTER_MM = 3.2


@dataclass(frozen=True, slots=True)
class Inset:
    """`zone` is the box of the main map, in millimetres, that `frame` shows larger.

    `box` is what it covers of the main map, its caption included.
    """

    zone: Rect
    frame: Frame
    box: Rect

    def letter(self, side: float) -> Rect:
        """The square of the letter above the zone's corner."""
        return Rect(self.zone.x, self.zone.y - side, side, side)


def inset_on(frame: Frame, outline: Any, marks: Sequence[Mark], factor: float) -> Inset | None:
    """The inset that helps most, or None where the map reads well or has no room for one.

    `outline` is the territory in the frame's millimetres.
    """
    if len(marks) < LEAST_FREED:
        return None
    places = np.array([(mark.true_x, mark.true_y) for mark in marks])
    radii = np.array([mark.radius for mark in marks])
    best: tuple[float, Inset] | None = None
    for box, hidden in _spots(frame.rect, outline, factor):
        rect = Rect(box.x, box.y, box.width, box.height - CAPTION_MM * factor)
        for scale in scales():
            ratio = frame.scale / scale
            if not RATIOS[0] <= ratio <= RATIOS[1]:
                continue
            zone = _densest(places, rect.width / ratio, rect.height / ratio, frame.rect)
            inside = _inside(places, zone)
            covered = _inside(places, box.grown(2)) & ~inside
            if zone.grown(3).meets(box) or covered.any():
                continue
            freed = _overlapping(places[inside], radii[inside]) - _overlapping(
                places[inside] * ratio, radii[inside]
            )
            if freed < LEAST_FREED:
                continue
            score = float(freed) * (1 - 5 * hidden)
            if best is None or score > best[0]:
                best = (score, Inset(zone, _frame(frame, zone, rect, scale), box))
    return best[1] if best else None


def _spots(within: Rect, outline: Any, factor: float) -> Iterator[tuple[Rect, float]]:
    """Rectangles along the sides of the map, with the share of each that hides the territory."""
    gap = 2.5 * factor
    shapely.prepare(outline)
    for wide, high in SHARES:
        width, height = within.width * wide, within.height * high
        rows = np.linspace(within.y + gap, within.bottom - gap - height, 5)
        columns = np.linspace(within.x + gap, within.right - gap - width, 5)
        for x in columns:
            for y in rows:
                if x not in (columns[0], columns[-1]) and y not in (rows[0], rows[-1]):
                    continue
                rect = Rect(float(x), float(y), width, height)
                box = shapely.box(*rect.to_box())
                hidden = shapely.area(shapely.intersection(outline, box)) / shapely.area(box)
                if hidden <= WORST:
                    yield rect, float(hidden)


def _densest(places: np.ndarray, width: float, height: float, within: Rect) -> Rect:
    """The window of that size with the most marks, centred on them."""
    near_x = np.abs(places[:, 0, None] - places[None, :, 0]) <= width / 2
    near_y = np.abs(places[:, 1, None] - places[None, :, 1]) <= height / 2
    near = near_x & near_y
    members = places[near[int(np.argmax(near.sum(axis=1)))]]
    centre = (members.min(axis=0) + members.max(axis=0)) / 2
    x = min(max(float(centre[0]) - width / 2, within.x), within.right - width)
    y = min(max(float(centre[1]) - height / 2, within.y), within.bottom - height)
    return Rect(x, y, width, height)


def _overlapping(places: np.ndarray, radii: np.ndarray) -> float:
    """How much symbols overlap at these places: the sum over pairs of the share they overlap."""
    gaps = np.hypot(
        places[:, 0, None] - places[None, :, 0], places[:, 1, None] - places[None, :, 1]
    )
    over = np.clip(1 - gaps / ((radii[:, None] + radii[None, :]) * TOUCH), 0, 1)
    return float(np.triu(over, 1).sum())


def _inside(places: np.ndarray, rect: Rect) -> np.ndarray:
    xmin, ymin, xmax, ymax = rect.to_box()
    return (
        (places[:, 0] >= xmin)
        & (places[:, 0] <= xmax)
        & (places[:, 1] >= ymin)
        & (places[:, 1] <= ymax)
    )


def _frame(main: Frame, zone: Rect, rect: Rect, scale: float) -> Frame:
    west = main.west + (zone.x - main.rect.x) * main.scale / MM_PER_M
    north = main.north - (zone.y - main.rect.y) * main.scale / MM_PER_M
    return Frame(main.srid, scale, rect, west, north)

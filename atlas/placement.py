"""Where each site stands on paper: a symbol, its size, and a small shift where symbols crowd.

One mark for each site, so that the map, the table and the feeds count the same. Leaves ink to
`atlas.drawing`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from atlas.facilities import Facilities
from atlas.frame import Frame
from atlas.matter import Matter
from atlas.paper import Rect
from atlas.rows import Row
from geo.core.collections import Collection, Symbol

# Classes of people: lower bound, words, and the number whose square root gives the size.
CLASSES: tuple[tuple[int, str, int], ...] = (
    (200, "200 personnes et plus", 300),
    (100, "100 à 199", 150),
    (50, "50 à 99", 75),
    (10, "10 à 49", 30),
    (0, "moins de 10", 8),
)
UNKNOWN = "nombre inconnu"
LARGEST_MM = 3.1
UNKNOWN_MM = 1.15
SMALLEST_MM = 0.75
CLOSED_MM = 1.25
# Symbols may touch and overlap a little before one of them is moved.
TOUCH = 0.9
FARTHEST_MM = 9.0
FACILITY_MM, FACILITY_GAP_MM = 0.95, 0.15
# A facility drawn farther from its place would seem to be elsewhere.
FACILITY_REACH_MM = 4.0
GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))


@dataclass(frozen=True, slots=True)
class Mark:
    """One site on paper, in millimetres: `x`, `y` where it is drawn, `true_x`, `true_y` its place.

    `kind` is the id of the collection of its closing, or its status; `unit` is the code of the
    part of the territory it lies in; `people` is None where unknown; `pinned` is False when the
    reader's precision gives it no place of its own.
    """

    site: int
    kind: str
    symbol: Symbol
    unit: str
    people: int | None
    radius: float
    x: float
    y: float
    true_x: float
    true_y: float
    pinned: bool = True

    @property
    def shift(self) -> float:
        """How far from its place it is drawn."""
        return math.hypot(self.x - self.true_x, self.y - self.true_y)

    @property
    def box(self) -> Rect:
        """The square it covers."""
        return Rect(self.x - self.radius, self.y - self.radius, 2 * self.radius, 2 * self.radius)


def radius_of(people: int | None, factor: float) -> float:
    """Radius in millimetres of an open site's symbol: square-root steps of people."""
    if people is None:
        return UNKNOWN_MM * factor
    typical = next(size for bound, _, size in CLASSES if people >= bound)
    return factor * max(SMALLEST_MM, LARGEST_MM * math.sqrt(typical / CLASSES[0][2]))


def class_of(people: int | None) -> str:
    """The words of the class of a number of people."""
    if people is None:
        return UNKNOWN
    return next(words for bound, words, _ in CLASSES if people >= bound)


def marks_of(matter: Matter, frame: Frame, factor: float, *, level: str) -> list[Mark]:
    """One mark for each site at its place, the largest first."""
    unit = "departement" if level == "region" else "commune"
    kinds = {
        row.properties["site"]: name
        for name, layer in matter.closures.items()
        for row in layer.rows
    }
    marks = []
    for row in matter.sites.rows:
        kind, symbol = _symbol(row, matter, kinds.get(row.id))
        x, y = frame.lonlat_to_mm(row.geometry.x, row.geometry.y)
        alive = row.properties["status"] != "closed"
        people = row.properties.get("people")
        radius = radius_of(people, factor) if alive else CLOSED_MM * factor
        marks.append(
            Mark(
                row.id,
                kind,
                symbol,
                row.properties[unit],
                people,
                radius,
                x,
                y,
                x,
                y,
                pinned=row.properties["precision"] != "commune",
            )
        )
    return sorted(marks, key=lambda mark: (-mark.radius, mark.site))


def moved_into(marks: Sequence[Mark], old: Frame, new: Frame) -> list[Mark]:
    """The same marks seen in another frame of the same projection."""
    found = []
    for mark in marks:
        easting = old.west + (mark.true_x - old.rect.x) * old.scale / 1000
        northing = old.north - (mark.true_y - old.rect.y) * old.scale / 1000
        x, y = new.grid_to_mm(easting, northing)
        found.append(replace(mark, x=x, y=y, true_x=x, true_y=y))
    return found


def spread(
    marks: Sequence[Mark], within: Rect, obstacles: Sequence[Rect], factor: float
) -> list[Mark]:
    """The marks with the least shifts that keep each readable, inside `within`.

    A mark that finds no room within `FARTHEST_MM` stays at its place.
    """
    return [mark for mark, _ in _shifted(marks, within, obstacles, factor)]


def facilities_on(
    facilities: Facilities | None,
    frame: Frame,
    obstacles: Sequence[Rect],
    factor: float,
    *,
    without: Rect | None = None,
) -> list[Mark]:
    """The facilities that find room in a frame, beside what matters more; the others are left out.

    `without` is the zone that the inset shows instead.
    """
    if facilities is None:
        return []
    marks = list(_facility_marks(facilities, frame, factor, without))
    clear = [rect.grown(FACILITY_GAP_MM * factor) for rect in obstacles]
    shifted = _shifted(marks, frame.rect, clear, factor, reach=FACILITY_REACH_MM, drop=True)
    return [mark for mark, free in shifted if free]


def _facility_marks(
    facilities: Facilities, frame: Frame, factor: float, without: Rect | None
) -> Iterator[Mark]:
    style = str(facilities.collection.style_property)
    for row in facilities.rows:
        x, y = (float(v) for v in frame.lonlat_to_mm(row.geometry.x, row.geometry.y))
        spot = Rect(x, y, 0, 0)
        if not frame.rect.holds(spot) or (without is not None and without.holds(spot)):
            continue
        kind = row.properties[style]
        symbol = symbol_for(facilities.collection, kind)
        yield Mark(row.id, kind, symbol, "", None, FACILITY_MM * factor, x, y, x, y)


def _shifted(
    marks: Sequence[Mark],
    within: Rect,
    obstacles: Sequence[Rect],
    factor: float,
    *,
    reach: float = FARTHEST_MM,
    drop: bool = False,
) -> Iterator[tuple[Mark, bool]]:
    """Each mark at its nearest free spot, or at its own place and False where there is none.

    With `drop` a mark without a spot takes no room from the next ones.
    """
    step = 0.35 * factor
    turns = np.arange(int((reach * factor / step) ** 2))
    offsets = np.column_stack(
        [
            step * np.sqrt(turns) * np.cos(turns * GOLDEN_ANGLE),
            step * np.sqrt(turns) * np.sin(turns * GOLDEN_ANGLE),
        ]
    )
    boxes = np.array([rect.to_box() for rect in obstacles]).reshape(-1, 4)
    done = np.empty((len(marks), 3))
    count = 0
    for mark in marks:
        spots = offsets + np.array([mark.true_x, mark.true_y])
        far = reach * factor + mark.radius
        free = _free(spots, mark.radius, *_around(mark, far, done[:count], boxes), within)
        found = bool(free.any())
        x, y = spots[int(np.argmax(free))] if found else (mark.true_x, mark.true_y)
        if found or not drop:
            done[count] = (x, y, mark.radius)
            count += 1
        yield replace(mark, x=float(x), y=float(y)), found


def _around(
    mark: Mark, far: float, done: np.ndarray, boxes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The marks and boxes that a mark may meet when it is moved: the others cost for nothing."""
    x, y = mark.true_x, mark.true_y
    near = np.hypot(done[:, 0] - x, done[:, 1] - y) <= far + done[:, 2]
    gap_x = np.clip(x, boxes[:, 0], boxes[:, 2]) - x
    gap_y = np.clip(y, boxes[:, 1], boxes[:, 3]) - y
    return done[near], boxes[np.hypot(gap_x, gap_y) <= far]


def _free(
    spots: np.ndarray, radius: float, done: np.ndarray, boxes: np.ndarray, within: Rect
) -> np.ndarray:
    """Which spots hold a mark of that radius clear of marks and boxes."""
    xmin, ymin, xmax, ymax = within.grown(-radius).to_box()
    free = (
        (spots[:, 0] >= xmin)
        & (spots[:, 0] <= xmax)
        & (spots[:, 1] >= ymin)
        & (spots[:, 1] <= ymax)
    )
    if len(done):
        gaps = np.hypot(spots[:, 0, None] - done[None, :, 0], spots[:, 1, None] - done[None, :, 1])
        free &= (gaps >= (done[None, :, 2] + radius) * TOUCH).all(axis=1)
    if len(boxes):
        nearest_x = np.clip(spots[:, 0, None], boxes[None, :, 0], boxes[None, :, 2])
        nearest_y = np.clip(spots[:, 1, None], boxes[None, :, 1], boxes[None, :, 3])
        gaps = np.hypot(spots[:, 0, None] - nearest_x, spots[:, 1, None] - nearest_y)
        free &= (gaps >= radius).all(axis=1)
    return free


def _symbol(row: Row, matter: Matter, closing: str | None) -> tuple[str, Symbol]:
    status = row.properties["status"]
    if status == "closed" and closing is not None:
        return closing, matter.closures[closing].collection.symbols[0]
    return status, symbol_for(matter.sites.collection, status)


def symbol_for(collection: Collection, value: str) -> Symbol:
    """The symbol that a collection gives to a value of its style property."""
    return next((s for s in collection.symbols if s.value == value), collection.symbols[0])

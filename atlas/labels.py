"""Names on the map, placed one after the other where they cover neither a symbol nor a name.

Greedy, by priority, each name trying its own places in order; a name without a place is left out.
Leaves ink to `atlas.drawing`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from atlas.fonts import text_width
from atlas.paper import Rect

ASCENT, DESCENT = 0.74, 0.24


@dataclass(frozen=True, slots=True)
class Label:
    """A placed name: `x` is the middle of the text, `y` its baseline, in millimetres."""

    text: str
    x: float
    y: float
    size: float
    weight: int
    style: str
    box: Rect


@dataclass(frozen=True, slots=True)
class Wish:
    """A name to place. `spots` are centres of its box, the best first.

    A `needed` name takes its least bad place when every one covers a symbol; one that is `apart`
    keeps that distance, in millimetres, from the same name.
    """

    text: str
    size: float
    spots: tuple[tuple[float, float], ...]
    weight: int = 400
    style: str = "town"
    needed: bool = False
    apart: float = 0


def box_size(text: str, size: float, weight: int = 400) -> tuple[float, float]:
    """Width and height of a name's box."""
    return text_width(text, size, weight) + 0.5, size * (ASCENT + DESCENT)


def around_point(
    x: float, y: float, gap: float, text: str, size: float, *, weight: int = 400
) -> tuple[tuple[float, float], ...]:
    """The eight places around a point: right, left, then the corners, above and below."""
    width, height = box_size(text, size, weight)
    dx, dy = gap + width / 2, gap + height / 2
    corner = gap * 0.6 + width / 2
    return (
        (x + dx, y),
        (x - dx, y),
        (x + corner, y - dy),
        (x + corner, y + dy),
        (x - corner, y - dy),
        (x - corner, y + dy),
        (x, y - dy),
        (x, y + dy),
    )


def in_area(
    area: Any, text: str, size: float, *, whole: bool = False
) -> tuple[tuple[float, float], ...]:
    """Places of a name inside an area (shapely, millimetres), from its middle outwards.

    Places whose whole box is inside come first; with `whole` they are the only ones.
    """
    if area.is_empty:
        return ()
    middle = shapely.point_on_surface(area)
    centre = shapely.centroid(area)
    if area.contains(centre):
        middle = centre
    width, height = box_size(text, size)
    xmin, ymin, xmax, ymax = area.bounds
    spots = []
    shapely.prepare(area)
    for row in range(-6, 7):
        for column in range(-4, 5):
            x, y = middle.x + column * width / 3, middle.y + row * height * 0.6
            if xmin <= x <= xmax and ymin <= y <= ymax and area.contains(shapely.Point(x, y)):
                out = not area.contains(
                    shapely.box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
                )
                if not (whole and out):
                    spots.append((out, abs(row) * 0.6 + abs(column) * width / 3 / height, x, y))
    spots.sort()
    return tuple((x, y) for _, _, x, y in spots)


def around_group(
    boxes: Sequence[Rect], text: str, size: float, weight: int
) -> tuple[tuple[float, float], ...]:
    """The places around a group of symbols, nearest its middle; empty without symbols."""
    if not boxes:
        return ()
    xmin, ymin = min(box.x for box in boxes), min(box.y for box in boxes)
    xmax, ymax = max(box.right for box in boxes), max(box.bottom for box in boxes)
    width, height = box_size(text, size, weight)
    x, y = (xmin + xmax) / 2, (ymin + ymax) / 2
    above, below = ymin - height / 2 - 0.2, ymax + height / 2 + 0.2
    right, left = xmax + width / 2 + 0.4, xmin - width / 2 - 0.4
    return (
        (x, below),
        (x, above),
        (right, y),
        (left, y),
        *((side, level) for level in (below, above) for side in (x + width / 3, x - width / 3)),
        *((side, level) for level in (ymin, ymax) for side in (right, left)),
    )


def place(wishes: Iterable[Wish], obstacles: Sequence[Rect], within: Rect) -> list[Label]:
    """Place the names in their order; `obstacles` are the boxes of symbols and furniture."""
    shapes = [shapely.box(*rect.to_box()) for rect in obstacles]
    tree = shapely.STRtree(shapes)
    placed: list[Label] = []
    for wish in wishes:
        label = _place(wish, tree, shapes, placed, within)
        if label is not None:
            placed.append(label)
    return placed


def _place(
    wish: Wish, tree: Any, shapes: Sequence[Any], placed: Sequence[Label], within: Rect
) -> Label | None:
    width, height = box_size(wish.text, wish.size, wish.weight)
    best: tuple[float, Rect] | None = None
    for x, y in wish.spots:
        rect = Rect(x - width / 2, y - height / 2, width, height)
        if not within.grown(-0.6).holds(rect):
            continue
        if any(label.box.grown(0.3).meets(rect) or _near(wish, label, x, y) for label in placed):
            continue
        shape = shapely.box(*rect.to_box())
        covered = sum(
            shapely.intersection(shape, shapes[index]).area for index in tree.query(shape)
        )
        if covered == 0:
            return _label(wish, rect)
        if wish.needed and (best is None or covered < best[0]):
            best = (covered, rect)
    return _label(wish, best[1]) if best else None


def _near(wish: Wish, label: Label, x: float, y: float) -> bool:
    """Whether the same name already stands too near."""
    return label.text == wish.text and math.hypot(label.x - x, label.y - y) < wish.apart


def _label(wish: Wish, rect: Rect) -> Label:
    x, _ = rect.centre
    baseline = rect.y + wish.size * ASCENT
    return Label(wish.text, x, baseline, wish.size, wish.weight, wish.style, rect)

"""What a map needs to be measured: degree ticks, scale bar, scale, north.

Leaves the map itself to `atlas.drawing.panel`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from atlas.drawing import svg
from atlas.drawing.panel import letter
from atlas.fonts import text_width
from atlas.frame import MM_PER_M, Frame, round_step
from atlas.paper import Rect
from atlas.words import SPACE, number
from geo.core.crs import WGS84, geodesic_distance_m, transformer

# Steps of the graticule, in minutes of arc.
STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600)
TICK_GAP_MM = 32.0
BAR_SHARE = 0.3


def ground_to_mm(frame: Frame) -> float:
    """Millimetres on paper of one true metre going east-west through the middle of the map."""
    easting, northing = (frame.west + frame.east) / 2, (frame.south + frame.north) / 2
    half = (frame.east - frame.west) / 8
    back = transformer(frame.srid, WGS84)
    west = back.transform(easting - half, northing)
    east = back.transform(easting + half, northing)
    return 2 * half * MM_PER_M / frame.scale / geodesic_distance_m(*west, *east)


def scale_bar(frame: Frame, x: float, y: float, longest: float, factor: float) -> str:
    """A bar of a round length (1, 2 or 5), halved once, at most `longest` millimetres."""
    per_m = ground_to_mm(frame)
    length_m = round_step(longest / per_m)
    width = length_m * per_m
    height, size = 1.1 * factor, 2.2 * factor
    unit = "km" if length_m >= 1000 else "m"
    shown = length_m / 1000 if unit == "km" else length_m
    parts = [
        svg.rect(x, y, width / 2, height, fill=svg.INK),
        svg.rect(
            x,
            y,
            width,
            height,
            fill="none",
            stroke=svg.INK,
            stroke_width=0.22 * factor,
            class_="scale-bar",
            data_metres=f"{length_m:g}",
        ),
    ]
    for share in (0, 0.5, 1):
        words = number(round(shown * share, 2)) + (f"{SPACE}{unit}" if share == 1 else "")
        parts.append(svg.text(x + width * share, y + height + size, words, size, anchor="middle"))
    return svg.group(parts, class_="scale")


def ratio(frame: Frame) -> str:
    """`1:250 000`."""
    return f"1:{number(frame.scale)}"


def strip(frame: Frame, rect: Rect, factor: float) -> str:
    """The line under the map: scale bar, ratio and projection, north."""
    size, top = 2.2 * factor, rect.y + 3.2 * factor
    angle = frame.true_north()
    side = "est" if angle >= 0 else "ouest"
    degrees = f"{abs(angle):.1f}".replace(".", ",")
    if abs(angle) < 0.05:
        told = "Nord de la grille, confondu ici avec le nord géographique"
    else:
        told = f"Nord de la grille ; nord géographique à {degrees}° vers l’{side}"
    x_right = rect.right
    arrow_x = x_right - 2.2 * factor
    words_x = arrow_x - 3.4 * factor
    left = rect.x + 4.5 * factor
    bar = scale_bar(frame, left, top, rect.width * BAR_SHARE, factor)
    return svg.group(
        [
            bar,
            svg.text(
                words_x,
                top + 1.1 * factor,
                f"Échelle {ratio(frame)} · {frame.grid_name()} (EPSG:{frame.srid})",
                size,
                anchor="end",
                weight=600,
            ),
            svg.text(
                words_x, top + 4.2 * factor, told, size * 0.95, anchor="end", fill=svg.PALE_INK
            ),
            _north(arrow_x, top + 2.2 * factor, factor),
        ],
        class_="strip",
    )


def _north(x: float, y: float, factor: float) -> str:
    """Half-filled arrow to grid north, 7 mm high on A4."""
    up, down, half = 3.4 * factor, 2.6 * factor, 1.25 * factor
    n = svg.num
    left = f"M{n(x)} {n(y - up)}L{n(x - half)} {n(y + down)}L{n(x)} {n(y + down - 1.1 * factor)}Z"
    right = f"M{n(x)} {n(y - up)}L{n(x + half)} {n(y + down)}L{n(x)} {n(y + down - 1.1 * factor)}Z"
    return (
        svg.path(left, fill=svg.INK)
        + svg.path(right, fill="#ffffff", stroke=svg.INK, stroke_width=0.2 * factor)
        + svg.path(left, fill="none", stroke=svg.INK, stroke_width=0.2 * factor)
        + svg.text(x, y + down + 2.3 * factor, "N", 2.3 * factor, anchor="middle", weight=700)
    )


def ticks(frame: Frame, factor: float) -> str:
    """Degrees along the four sides, written on the upper and left ones."""
    return svg.group([*_meridians(frame, factor), *_parallels(frame, factor)], class_="ticks")


def _step(span_degrees: float, length: float, factor: float) -> int:
    """Minutes between two ticks so that they stand about `TICK_GAP_MM` apart."""
    wanted = span_degrees * 60 * TICK_GAP_MM * factor / length
    return next((step for step in STEPS if step >= wanted), STEPS[-1])


def _meridians(frame: Frame, factor: float) -> Iterator[str]:
    box, rect = frame.bbox(), frame.rect
    step = _step(box.east - box.west, rect.width, factor)
    for y, out, middle_lat in (
        (rect.y, -1, frame.north),
        (rect.bottom, 1, frame.south),
    ):
        for minutes in range(math.ceil(box.west * 60 / step), math.floor(box.east * 60 / step) + 1):
            x = _crossing(frame, minutes * step / 60, middle_lat, vertical=True)
            if rect.x + 1 <= x <= rect.right - 1:
                yield _tick(x, y, x, y + out * 1.1 * factor, factor)
                words = angle_words(minutes * step, "E", "O")
                if out < 0:
                    yield _figure(x, y - 1.6 * factor, words, factor)


def _parallels(frame: Frame, factor: float) -> Iterator[str]:
    box, rect = frame.bbox(), frame.rect
    step = _step(box.north - box.south, rect.height, factor)
    for x, out, easting in ((rect.x, -1, frame.west), (rect.right, 1, frame.east)):
        for minutes in range(
            math.ceil(box.south * 60 / step), math.floor(box.north * 60 / step) + 1
        ):
            y = _crossing(frame, minutes * step / 60, easting, vertical=False)
            if rect.y + 1 <= y <= rect.bottom - 1:
                yield _tick(x, y, x + out * 1.1 * factor, y, factor)
                if out < 0:
                    words = angle_words(minutes * step, "N", "S")
                    place = x - 1.6 * factor
                    turn = f"rotate(-90 {svg.num(place)} {svg.num(y)})"
                    yield _figure(place, y, words, factor, turn)


def _crossing(frame: Frame, degrees: float, side: float, *, vertical: bool) -> float:
    """Where a meridian meets a horizontal side (a parallel a vertical one), millimetres."""
    forward, back = transformer(WGS84, frame.srid), transformer(frame.srid, WGS84)
    easting = (frame.west + frame.east) / 2 if vertical else side
    northing = side if vertical else (frame.south + frame.north) / 2
    # Two rounds: the other coordinate at the crossing follows the curve of the graticule.
    for _ in range(3):
        lon, lat = back.transform(easting, northing)
        if vertical:
            easting, _ = forward.transform(degrees, lat)
        else:
            _, northing = forward.transform(lon, degrees)
    x, y = frame.grid_to_mm(easting, northing)
    return float(x if vertical else y)


def angle_words(minutes: int, positive: str, negative: str) -> str:
    """`2°30′ E`."""
    degrees, rest = divmod(abs(minutes), 60)
    side = positive if minutes >= 0 else negative
    return f"{degrees}°{rest:02d}′{SPACE}{side}" if rest else f"{degrees}°{SPACE}{side}"


def _tick(x1: float, y1: float, x2: float, y2: float, factor: float) -> str:
    return svg.line(x1, y1, x2, y2, stroke="#3a3a3a", stroke_width=0.2 * factor)


def _figure(x: float, y: float, words: str, factor: float, turn: str | None = None) -> str:
    return svg.text(x, y, words, 1.75 * factor, anchor="middle", fill=svg.PALE_INK, transform=turn)


def inset_caption(frame: Frame, box: Rect, factor: float) -> str:
    """The strip under the inset: its letter, its ratio and a scale bar of its own."""
    top, size, side = frame.rect.bottom, 2.1 * factor, 3.2 * factor
    words = ratio(frame)
    start = box.x + side + 2 * factor
    bar_x = start + text_width(words, size, 600) + 5 * factor
    longest = max(box.right - bar_x - 8 * factor, 6 * factor)
    return svg.group(
        [
            svg.rect(box.x, top, box.width, box.bottom - top, fill="#ffffff"),
            letter(box.x + 0.8 * factor, top + 1.5 * factor, 2.3 * factor, side),
            svg.text(start, top + 3.9 * factor, words, size, weight=600),
            scale_bar(frame, bar_x, top + 1.8 * factor, longest, factor * 0.85),
        ],
        class_="inset-caption",
    )

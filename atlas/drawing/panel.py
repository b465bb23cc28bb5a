"""One map in ink: ground, flows, facilities, symbols, names.

Leaves what surrounds it to `atlas.drawing.furniture`.
"""

from __future__ import annotations

import math

from atlas.drawing import svg
from atlas.drawing.symbols import symbol
from atlas.inset import LETTER_MM
from atlas.labels import Label
from atlas.matter import Matter
from atlas.paper import Rect
from atlas.placement import Mark
from atlas.sheet import MINOR_RADIUS_MM, TOWN_RADIUS_MM, Flow, Panel
from atlas.surroundings import foreign_land

SEA, ABROAD, NEIGHBOUR, LAND = "#e3eef4", "#f1f0ec", "#ecebe5", "#fffdf6"
INNER_BORDER, OUTER_BORDER, OUTLINE = "#cfc9ba", "#b3ae9f", "#4a4a46"
# Shown on the main map around the place of the inset.
FRAME_INK = "#3a3a3a"
LABEL_INK = {
    "seat": "#161616",
    "unit": "#3a3a3a",
    "neighbour": "#8a877d",
    "country": "#9a968a",
    "sea": "#6f93a8",
}
SHORTEST_FLOW_MM = 1.2
INSET_LETTER = "A"


def panel_svg(
    panel: Panel, matter: Matter, factor: float, name: str, zone: Rect | None = None
) -> tuple[str, str]:
    """The definitions and the body of a map; `name` tells its clipping path from the others.

    `zone` is the place of the inset on it.
    """
    rect = panel.frame.rect
    definitions = svg.clip(f"clip-{name}", rect.x, rect.y, rect.width, rect.height)
    body = [
        *_ground(panel, factor),
        zone_svg(zone, factor) if zone else "",
        svg.group((_flow(flow, matter, factor) for flow in panel.flows), class_="flows"),
        svg.group((_leader(mark, factor) for mark in panel.facilities), class_="ties"),
        svg.group((_facility(mark) for mark in panel.facilities), class_="facilities"),
        svg.group((_leader(mark, factor) for mark in panel.marks), class_="leaders"),
        svg.group((_mark(mark) for mark in panel.marks), class_="marks"),
        svg.group(
            (seat_svg(x, y, factor, minor=town.minor) for town, x, y in panel.seats), class_="seats"
        ),
        svg.group((_label(label, factor) for label in panel.labels), class_="labels"),
    ]
    return definitions, svg.group(body, clip_path=f"url(#clip-{name})", class_=f"panel {name}")


def frame_svg(rect: Rect, factor: float) -> str:
    """The line around a map."""
    return svg.rect(
        rect.x,
        rect.y,
        rect.width,
        rect.height,
        fill="none",
        stroke=FRAME_INK,
        stroke_width=0.3 * factor,
    )


def zone_svg(zone: Rect, factor: float) -> str:
    """The place of the inset on the main map, with its letter."""
    size, side = 2.3 * factor, LETTER_MM * factor
    box = svg.rect(
        zone.x,
        zone.y,
        zone.width,
        zone.height,
        fill="#ffffff",
        fill_opacity=0.5,
        stroke=FRAME_INK,
        stroke_width=0.22 * factor,
    )
    return svg.group([box, letter(zone.x, zone.y - side, size, side)], class_="zone")


def letter(x: float, y: float, size: float, side: float) -> str:
    """The letter that ties the inset to its place."""
    return svg.rect(x, y, side, side, fill=FRAME_INK) + svg.text(
        x + side / 2,
        y + side / 2 + size * 0.35,
        INSET_LETTER,
        size,
        anchor="middle",
        weight=700,
        fill="#ffffff",
    )


def _ground(panel: Panel, factor: float) -> list[str]:
    rect, ground = panel.frame.rect, panel.ground
    join = {"stroke_linejoin": "round"}
    return [
        svg.rect(rect.x, rect.y, rect.width, rect.height, fill=SEA),
        svg.path(svg.shape_data(foreign_land(panel.frame)), fill=ABROAD),
        svg.path(
            "".join(svg.shape_data(part) for _, part in ground.neighbours),
            fill=NEIGHBOUR,
            stroke=NEIGHBOUR,
            stroke_width=0.2,
        ),
        svg.path(
            svg.shape_data(ground.outer_borders),
            fill="none",
            stroke=OUTER_BORDER,
            stroke_width=0.18 * factor,
            **join,
        ),
        svg.path(svg.shape_data(ground.outline), fill=LAND, fill_rule="evenodd"),
        svg.path(
            svg.shape_data(ground.inner_borders),
            fill="none",
            stroke=INNER_BORDER,
            stroke_width=0.14 * factor,
            **join,
        ),
        svg.path(
            svg.shape_data(ground.outline),
            fill="none",
            stroke=OUTLINE,
            stroke_width=0.42 * factor,
            class_="outline",
            **join,
        ),
    ]


def _mark(mark: Mark) -> str:
    hollow = mark.people is None and mark.kind in {"open", "resorption"}
    drawn = symbol(mark.symbol, mark.x, mark.y, mark.radius, hollow=hollow)
    return svg.group([drawn], class_=f"site {mark.kind}")


def _facility(mark: Mark) -> str:
    drawn = symbol(mark.symbol, mark.x, mark.y, mark.radius)
    return svg.group([drawn], class_=f"facility {mark.kind}")


def _leader(mark: Mark, factor: float) -> str:
    """A hair line from a moved symbol to its place."""
    if not mark.pinned or mark.shift < max(0.5, mark.radius * 0.5):
        return ""
    ink = {"stroke": "#5b5b5b", "stroke_width": 0.13 * factor}
    return svg.line(mark.x, mark.y, mark.true_x, mark.true_y, **ink) + svg.circle(
        mark.true_x, mark.true_y, 0.26 * factor, fill="#5b5b5b"
    )


def seat_svg(x: float, y: float, factor: float, *, minor: bool = False) -> str:
    """A town marked at its exact place: a ringed square, unlike any site; empty when `minor`."""
    half = (MINOR_RADIUS_MM if minor else TOWN_RADIUS_MM) * factor
    outer = svg.rect(
        x - half,
        y - half,
        2 * half,
        2 * half,
        fill="#ffffff",
        stroke="#161616",
        stroke_width=0.32 * factor,
        class_="minor-seat" if minor else "seat",
    )
    if minor:
        return outer
    inner = half * 0.42
    return outer + svg.rect(x - inner, y - inner, 2 * inner, 2 * inner, fill="#161616")


def _label(label: Label, factor: float) -> str:
    return svg.text(
        label.x,
        label.y,
        label.text,
        label.size,
        anchor="middle",
        weight=label.weight,
        fill=LABEL_INK[label.style],
        halo=0.75 * factor if label.style in {"seat", "unit"} else 0,
        italic=label.style in {"sea", "country", "neighbour"},
        class_=f"label {label.style}",
    )


def _flow(flow: Flow, matter: Matter, factor: float) -> str:
    """A bent arrow from the site left to the site of arrival, its head at the symbol's edge."""
    if matter.reinstallations is None:
        return ""
    (x1, y1), (x2, y2) = flow.start, flow.end
    length = math.hypot(x2 - x1, y2 - y1)
    if length < SHORTEST_FLOW_MM:
        return ""
    bend = min(0.16, 9 * factor / length)
    cx = (x1 + x2) / 2 - (y2 - y1) * bend
    cy = (y1 + y2) / 2 + (x2 - x1) * bend
    reach = math.hypot(x2 - cx, y2 - cy)
    ux, uy = (x2 - cx) / reach, (y2 - cy) / reach
    gap = min(flow.gap + 0.25 * factor, length * 0.4)
    tip_x, tip_y = x2 - ux * gap, y2 - uy * gap
    return arrow(
        (x1, y1),
        (cx, cy),
        (tip_x, tip_y),
        matter.reinstallations.collection.symbols[0].stroke,
        factor,
    )


def arrow(
    start: tuple[float, float],
    control: tuple[float, float],
    tip: tuple[float, float],
    colour: str,
    factor: float,
) -> str:
    """A curve with a head at `tip`, on a white edge."""
    reach = math.hypot(tip[0] - control[0], tip[1] - control[1]) or 1.0
    ux, uy = (tip[0] - control[0]) / reach, (tip[1] - control[1]) / reach
    head, half = 1.5 * factor, 0.55 * factor
    base = (tip[0] - ux * head, tip[1] - uy * head)
    n = svg.num
    data = (
        f"M{n(start[0])} {n(start[1])}Q{n(control[0])} {n(control[1])} "
        f"{n(base[0] + ux * head * 0.3)} {n(base[1] + uy * head * 0.3)}"
    )
    left = (base[0] - uy * half, base[1] + ux * half)
    right = (base[0] + uy * half, base[1] - ux * half)
    triangle = f"M{n(tip[0])} {n(tip[1])}L{n(left[0])} {n(left[1])}L{n(right[0])} {n(right[1])}Z"
    return (
        svg.path(
            data, fill="none", stroke="#ffffff", stroke_width=0.75 * factor, stroke_opacity=0.7
        )
        + svg.path(data, fill="none", stroke=colour, stroke_width=0.36 * factor)
        + svg.path(triangle, fill=colour)
    )

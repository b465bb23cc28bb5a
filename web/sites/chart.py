"""A small chart of a population series, as the numbers that an SVG template draws.

Leaves the series itself, which the table beside the chart tells in full, to the selectors.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from geo.sites.models import Population

WIDTH, HEIGHT = 480, 150
LEFT, RIGHT, TOP, BOTTOM = 44, 14, 14, 26


@dataclass(frozen=True, slots=True)
class Mark:
    """A number at its place in the drawing; `text` is for people."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A stepped line: each count holds until the next one."""

    width: int
    height: int
    left: int
    right: int
    base: float
    path: str
    points: tuple[Mark, ...]
    ticks: tuple[Mark, ...]
    years: tuple[Mark, ...]


def people(series: Sequence[Population], closed_on: dt.date | None = None) -> Chart | None:
    """The chart of the people counted (`series` from the newest), None for fewer than two.

    The last count holds until the site closed, else until today.
    """
    known = [(row.observed_on, row.people) for row in reversed(series) if row.people is not None]
    if len(known) < 2:
        return None
    first, last = known[0][0], max(known[-1][0], closed_on or timezone.localdate())
    top = _ceiling(max(count for _, count in known))

    def x(day: dt.date) -> float:
        share = (day - first).days / max((last - first).days, 1)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(count: float) -> float:
        return round(HEIGHT - BOTTOM - count / top * (HEIGHT - TOP - BOTTOM), 1)

    steps = [f"M{x(known[0][0])} {y(known[0][1])}"]
    steps += [f"H{x(day)}V{y(count)}" for day, count in known[1:]]
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        base=y(0),
        path="".join([*steps, f"H{x(last)}"]),
        points=tuple(
            Mark(x(day), y(count), f"{count} personnes le {day:%d/%m/%Y}") for day, count in known
        ),
        ticks=tuple(Mark(LEFT, y(count), f"{count:g}") for count in (0, top / 2, top)),
        years=_years(first, last, x),
    )


def _ceiling(count: int) -> int:
    """The next round number: 1, 2 or 5 times a power of ten, and even so that its half is whole."""
    scale = 10 ** max(math.floor(math.log10(max(count, 1))), 0)
    return next(step * scale for step in (1, 2, 4, 6, 10, 20) if step * scale >= max(count, 2))


def _years(first: dt.date, last: dt.date, x: object) -> tuple[Mark, ...]:
    starts = [dt.date(year, 1, 1) for year in range(first.year + 1, last.year + 1)]
    every = max(1, math.ceil(len(starts) / 6))
    shown = starts[::every]
    if not shown:
        return (
            Mark(LEFT, HEIGHT, f"{first:%m/%Y}"),
            Mark(WIDTH - RIGHT, HEIGHT, f"{last:%m/%Y}"),
        )
    return tuple(Mark(x(day), HEIGHT, str(day.year)) for day in shown)  # type: ignore[operator]

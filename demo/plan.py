"""How many sites open and close in each departement between the steps of the timeline.

Stocks and closures meet every published count exactly; the rest follows the invented weights.
Leaves days and sites to `lives`.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from demo import figures
from demo.figures import IDF, MAINLAND, Step
from demo.spread import spread

KINDS = ("evacuation", "resorption", "other")


@dataclass(frozen=True, slots=True)
class Interval:
    """What happens after `start` and until the end of `end` in one departement."""

    departement: str
    start: dt.date
    end: dt.date
    opened: int
    closed: dict[str, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """The sites present at the first step, and the intervals that follow, in order of time."""

    first_day: dt.date
    present: dict[str, int]
    intervals: tuple[Interval, ...]


def plans() -> tuple[Plan, ...]:
    """The plan of the mainland and the one of overseas; always the same."""
    return tuple(
        _plan(tuple(step for step in figures.timeline() if step.world == world))
        for world in (MAINLAND, figures.OVERSEAS)
    )


def _plan(steps: tuple[Step, ...]) -> Plan:
    stock = present = _stocks(steps[0])
    intervals: list[Interval] = []
    for before, after in pairwise(steps):
        wanted = _stocks(after)
        closed = _closures(before, after, stock, wanted)
        for code in sorted(wanted):
            kinds = {kind: closed[kind][code] for kind in KINDS}
            opened = wanted[code] - stock[code] + sum(kinds.values())
            intervals.append(Interval(code, before.until, after.until, opened, kinds))
        stock = wanted
    return Plan(steps[0].until, present, tuple(intervals))


def _stocks(step: Step) -> dict[str, int]:
    """The sites of each departement at the end of a step; one at least where there are any."""
    weights = {
        place.code: place.weight(step.until)
        for place in figures.places()
        if place.world == step.world
    }
    totals = [(frozenset(weights), step.sites)]
    if step.idf_sites is not None:
        totals.append((IDF, step.idf_sites))
    totals += [
        (figure.members, figure.value)
        for figure in figures.published()
        if figure.measure == "sites"
        and figure.start == step.until
        and step.world == MAINLAND
        and figure.members != IDF
        and figure.members != frozenset(weights)
    ]
    return spread(totals, weights, {code: 1 for code, weight in weights.items() if weight})


def _closures(
    before: Step, after: Step, stock: Mapping[str, int], wanted: Mapping[str, int]
) -> dict[str, dict[str, int]]:
    """Closures of each kind and departement: where the stock falls, at least that many."""
    rng = random.Random(f"atlas plan {after.world} {after.until}")
    everywhere = frozenset(stock)
    shares = {
        kind: {
            code: (stock[code] + wanted[code]) / 2 * rng.uniform(0.5, 1.5)
            for code in sorted(everywhere)
        }
        for kind in KINDS
    }
    out = {
        kind: spread([(everywhere, total)], shares[kind], {})
        for kind, total in (("resorption", after.resorptions), ("other", after.others))
    }
    low = {
        code: max(0, stock[code] - wanted[code] - out["resorption"][code] - out["other"][code])
        for code in everywhere
    }
    totals = [(everywhere, after.evacuations), *_evacuations(before, after)]
    out["evacuation"] = spread(totals, shares["evacuation"], low)
    return out


def _evacuations(before: Step, after: Step) -> list[tuple[frozenset[str], int]]:
    """The published evacuations of a period that holds the interval, by the share of its days."""
    found = []
    for figure in figures.published():
        inside = figure.start <= before.until + dt.timedelta(1) and after.until <= figure.end
        if figure.measure == "evacuations" and after.world == MAINLAND and inside:
            days = (figure.end - figure.start).days + 1
            start, end = ((step.until - figure.start).days + 1 for step in (before, after))
            count = _rounded(figure.value, end, days) - _rounded(figure.value, start, days)
            found.append((figure.members, count))
    return found


def _rounded(value: int, days: int, of: int) -> int:
    return (2 * value * days + of) // (2 * of)

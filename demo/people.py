"""How many people live on each invented site at each date: a series fitted to the surveys.

At every published survey the sites' populations add up to the published number. Leaves the
details of a population (households, children, dwellings) to `households`.
"""

from __future__ import annotations

import datetime as dt
import math
import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from demo import figures
from demo.lives import Life
from demo.spread import spread

OFFICIAL_MIN = 10
UNKNOWN_SHARE = 0.05
YEARLY_FALL = 0.06
OVERSEAS_FACTOR = 1.7


@dataclass(slots=True)
class Series:
    """The people of a site by date, in order; `eu_only` sites are those of the official scope.

    A site that nobody counted has no value.
    """

    life: Life
    base: float
    counted: bool
    eu_only: bool = False
    people: dict[dt.date, int] = field(default_factory=dict)


def series(lives: Sequence[Life], until: dt.date) -> list[Series]:
    """The series of every site, in the same order as the lives."""
    found = [_start(life) for life in lives]
    _choose_eu(found)
    for day in sorted({figure.start for figure in _surveys()}):
        if day <= until:
            _survey(found, day)
    for one in found:
        if one.counted:
            _between(one, until)
    return found


def _start(life: Life) -> Series:
    rng = life.rng("size")
    base = math.exp(rng.gauss(math.log(27), 0.8))
    if len(life.departement) == 3:
        base *= OVERSEAS_FACTOR
    return Series(life, min(max(base, 3.0), 420.0), counted=rng.random() > UNKNOWN_SHARE)


def _surveys() -> list[figures.Published]:
    return [figure for figure in figures.published() if figure.measure in {"people", "eu_people"}]


def _choose_eu(found: list[Series]) -> None:
    """Mark as many sites « Exclusivement UE » as were published; six in ten elsewhere."""
    surveys = sorted(
        (figure for figure in figures.published() if figure.measure == "eu_sites"),
        key=lambda figure: figure.start,
        reverse=True,
    )
    settled: set[int] = set()
    for figure in surveys:
        there = [
            one
            for one in found
            if one.counted
            and one.life.departement in figure.members
            and one.life.lives_on(figure.start)
        ]
        missing = figure.value - sum(one.eu_only for one in there)
        free = [one for one in there if one.life.number not in settled]
        free.sort(key=lambda one: one.life.rng("eu").random())
        for one in free[: max(missing, 0)]:
            one.eu_only = True
        settled |= {one.life.number for one in there}
    for one in found:
        if one.life.number not in settled:
            one.eu_only = len(one.life.departement) < 3 and one.life.rng("eu").random() < 0.6


def _survey(found: list[Series], day: dt.date) -> None:
    """Count everybody on a survey day so that each published total holds."""
    figures_of_day = [figure for figure in _surveys() if figure.start == day]
    mainland = figures.members("country", "FRM")
    there = {
        one.life.number: one
        for one in found
        if one.counted and one.life.lives_on(day) and one.life.departement in mainland
    }
    weights = {
        number: one.base * one.life.rng(f"survey {day}").uniform(0.8, 1.25)
        for number, one in there.items()
    }
    low = {n: OFFICIAL_MIN if one.eu_only else 1 for n, one in there.items()}
    totals = [
        (
            frozenset(
                number
                for number, one in there.items()
                if one.life.departement in figure.members
                and (one.eu_only or figure.measure == "people")
            ),
            figure.value,
        )
        for figure in figures_of_day
    ]
    for number, people in spread(totals, weights, low).items():
        there[number].people[day] = people


def _between(one: Series, until: dt.date) -> None:
    """Add the visits between the surveys: drawn towards the values around them."""
    life, rng = one.life, one.life.rng("visits")
    last = min(life.closed_on or until, until)
    day = life.opened_on + dt.timedelta(rng.randint(0, 40))
    known = sorted(one.people)
    days = set(known)
    while day < last:
        if all(abs((day - other).days) > 45 for other in days):
            days.add(day)
        day += dt.timedelta(rng.randint(190, 520))
    if not days and life.opened_on <= last:
        days.add(life.opened_on)
    surveys = [(other, one.people[other]) for other in known]
    for visit in sorted(days - set(known)):
        people = max(1, round(_expected(surveys, visit, one.base) * rng.uniform(0.85, 1.18)))
        one.people[visit] = _doubled(people, rng)
    one.people = dict(sorted(one.people.items()))


def _expected(surveys: list[tuple[dt.date, int]], day: dt.date, base: float) -> float:
    if not surveys:
        return base
    index = bisect_left([survey for survey, _ in surveys], day)
    if index == 0:
        return surveys[0][1]
    if index == len(surveys):
        last, people = surveys[-1]
        return people * max(0.7, 1 - YEARLY_FALL * (day - last).days / 365)
    (left, before), (right, after) = surveys[index - 1], surveys[index]
    return before + (after - before) * (day - left).days / (right - left).days


def _doubled(people: int, rng: random.Random) -> int:
    """One visit in sixty finds twice as many people: what an alert looks for."""
    return people * 2 if rng.random() < 1 / 60 else people

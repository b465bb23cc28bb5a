"""The lives of the invented sites: when each opens and closes, and how.

Each departement is played day by day from its own seed, so that a change in one moves no other.
Leaves what the sites are like to the modules that describe them.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from demo.plan import KINDS, Interval, Plan, plans

YEAR = dt.timedelta(365)
SHORTEST = dt.timedelta(12)


@dataclass(frozen=True, slots=True)
class Life:
    """A site's life: `number` is its place in the whole demonstration, from 1.

    `closed_on` and `kind` (evacuation, resorption, other) are None while it is open.
    """

    number: int
    departement: str
    opened_on: dt.date
    closed_on: dt.date | None = None
    kind: str | None = None

    def lives_on(self, day: dt.date) -> bool:
        """True when the site is open at the end of `day`."""
        return self.opened_on <= day and (self.closed_on is None or day < self.closed_on)

    def rng(self, subject: str) -> random.Random:
        """A generator of its own for each subject: adding one changes no other."""
        return random.Random(f"atlas site {self.departement} {self.number} {subject}")


def lives(until: dt.date) -> list[Life]:
    """Every life as known on `until`: what comes later is not there."""
    played = [
        life
        for plan in plans()
        for code in sorted(plan.present)
        for life in _departement(code, plan)
    ]
    known = []
    for number, life in enumerate(played, start=1):
        if life.opened_on > until:
            continue
        ended = life.closed_on is not None and life.closed_on <= until
        kept = life if ended else replace(life, closed_on=None, kind=None)
        known.append(replace(kept, number=number))
    return known


def _departement(code: str, plan: Plan) -> list[Life]:
    rng = random.Random(f"atlas lives {code}")
    living = [
        Life(0, code, plan.first_day - dt.timedelta(rng.randint(5, 900)))
        for _ in range(plan.present[code])
    ]
    ended: list[Life] = []
    for interval in plan.intervals:
        if interval.departement == code:
            living = _interval(interval, living, ended, rng)
    return sorted([*ended, *living], key=_order)


def _order(life: Life) -> tuple[dt.date, dt.date]:
    return life.opened_on, life.closed_on or dt.date.max


def _interval(
    interval: Interval, living: list[Life], ended: list[Life], rng: random.Random
) -> list[Life]:
    """Open and close in order of days; a closing that finds nobody waits for the next opening."""
    days = (interval.end - interval.start).days
    openings = sorted(rng.randint(1, max(1, int(days * 0.85))) for _ in range(interval.opened))
    closings = sorted(
        (rng.randint(1, days), kind) for kind in KINDS for _ in range(interval.closed[kind])
    )
    now = list(living)
    for day, kind in closings:
        when = interval.start + dt.timedelta(day)
        while openings and (openings[0] <= day or not _ready(now, when)):
            opened = min(openings.pop(0), max(1, day - SHORTEST.days - 1))
            now.append(Life(0, interval.departement, interval.start + dt.timedelta(opened)))
        chosen = _chosen(now, when, kind, rng)
        now.remove(chosen)
        ended.append(replace(chosen, closed_on=max(when, chosen.opened_on), kind=kind))
    now += [Life(0, interval.departement, interval.start + dt.timedelta(day)) for day in openings]
    return now


def _ready(living: Iterable[Life], when: dt.date) -> bool:
    return any(life.opened_on + SHORTEST <= when for life in living)


def _chosen(living: list[Life], when: dt.date, kind: str, rng: random.Random) -> Life:
    """Who closes: a résorption takes one to three years, an evacuation comes early."""
    old_enough = [life for life in living if life.opened_on + SHORTEST <= when]
    if not old_enough:
        return min(living, key=lambda life: life.opened_on)
    if kind == "resorption":
        mature = [life for life in old_enough if life.opened_on + YEAR <= when]
        return rng.choice(mature) if mature else min(old_enough, key=lambda life: life.opened_on)
    weights = [1.0 / (1.0 + (when - life.opened_on).days / 365) for life in old_enough]
    return rng.choices(old_enough, weights)[0]


@dataclass(frozen=True, slots=True)
class Move:
    """People of a closed site who settled on a new one of the same departement."""

    origin: Life
    site: Life


def moves(all_lives: Iterable[Life]) -> Iterator[Move]:
    """About four evacuations in ten are followed within 90 days by a site made of their people."""
    by_departement: dict[str, list[Life]] = {}
    for life in all_lives:
        by_departement.setdefault(life.departement, []).append(life)
    for code in sorted(by_departement):
        here = sorted(by_departement[code], key=lambda life: (life.opened_on, life.number))
        taken: set[int] = set()
        for origin in sorted(here, key=lambda life: (life.closed_on or dt.date.max, life.number)):
            if origin.closed_on is None or origin.kind == "resorption":
                continue
            rng = origin.rng("move")
            if rng.random() > (0.75 if origin.kind == "evacuation" else 0.3):
                continue
            after = [
                site
                for site in here
                if site.number not in taken and 0 <= (site.opened_on - origin.closed_on).days <= 90
            ]
            if after:
                chosen = rng.choice(after[:3])
                taken.add(chosen.number)
                yield Move(origin, chosen)

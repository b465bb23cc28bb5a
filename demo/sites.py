"""The rows of the invented sites, unsaved: from lives, people and ground to model instances.

Values pass the checks of the services and levels come from the product's own functions. Leaves
writing to `load`.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from django.contrib.gis.geos import Point

from demo.closings import closing
from demo.conditions import livings
from demo.ground import FAVOURED, Ground, Town
from demo.households import populations
from demo.invented import address, moment, name, reference, stable_id
from demo.lives import Life, Move, moves
from demo.outlines import area_of, outline
from demo.people import Series, series
from demo.restricted import Drawn
from geo.core.crs import WGS84
from geo.sites.checks import check_living, check_population
from geo.sites.enums import AddressPrecision, FieldType, LocationAccuracy
from geo.sites.living import levels
from geo.sites.models import (
    Closure,
    ClosureSolution,
    CostEstimate,
    Footprint,
    HealthWatch,
    Judicial,
    Living,
    Population,
    Reinstallation,
    Site,
    SiteLocation,
    SiteOwner,
)

Authors = Mapping[str, int | None]
ANYONE = ""  # the key of the author of the departements that have none of their own


@dataclass(slots=True)
class Rows:
    """Unsaved rows by table, in the order in which they can be written."""

    sites: list[Site] = field(default_factory=list)
    locations: list[SiteLocation] = field(default_factory=list)
    footprints: list[Footprint] = field(default_factory=list)
    populations: list[Population] = field(default_factory=list)
    livings: list[Living] = field(default_factory=list)
    closures: list[Closure] = field(default_factory=list)
    solutions: list[ClosureSolution] = field(default_factory=list)
    reinstallations: list[Reinstallation] = field(default_factory=list)
    owners: list[SiteOwner] = field(default_factory=list)
    judicials: list[Judicial] = field(default_factory=list)
    health_watches: list[HealthWatch] = field(default_factory=list)
    cost_estimates: list[CostEstimate] = field(default_factory=list)

    @property
    def restricted(self) -> tuple[list[Any], ...]:
        """The rows of the restricted classes, by table."""
        return self.owners, self.judicials, self.health_watches, self.cost_estimates

    def extend(self, other: Rows) -> None:
        """Add the rows of another."""
        for one in fields(self):
            getattr(self, one.name).extend(getattr(other, one.name))


@dataclass(frozen=True, slots=True)
class Frame:
    """What the rows are drawn on: contours, the town of each site, who wrote, the last day.

    `only` limits to some departements; empty is all of them.
    """

    ground: Ground
    towns: Mapping[int, Town]
    authors: Authors
    until: dt.date
    only: frozenset[str] = frozenset()

    def draws_in(self, departement: str) -> bool:
        """False for a departement left out, or that the database does not know."""
        wanted = not self.only or departement in self.only
        return wanted and self.ground.holds(departement)

    def author(self, life: Life) -> int | None:
        """The id of who wrote a site."""
        return self.authors.get(life.departement, self.authors.get(ANYONE))


def site_id(life: Life) -> int:
    """The id of a life's site."""
    return stable_id("site", life.number)


def build(lives: Sequence[Life], frame: Frame) -> Rows:
    """Every row of these lives; departements that the database does not know are left out."""
    rows = Rows()
    flows = {move.site.number: move for move in moves(lives)}
    known = {one.life.number: one for one in series(lives, frame.until)}
    for number, one in known.items():
        if frame.draws_in(one.life.departement):
            rows.extend(_site(one, number in flows, frame))
    rows.reinstallations = [
        _flow(move, known) for move in flows.values() if frame.draws_in(move.site.departement)
    ]
    return rows


def _site(one: Series, moved: bool, frame: Frame) -> Rows:
    life, rows = one.life, Rows()
    visits = list(one.people) or [life.opened_on]
    building = life.rng("type").random() < 0.28
    town = frame.towns[life.number]
    lon, lat = frame.ground.place(town, life.rng("place"))
    rows.sites.append(_record(life, moved, visits, building, frame))
    rows.locations.append(_location(life, town, Point(lon, lat, srid=WGS84)))
    rows.footprints.extend(_footprints(one, town, (lon, lat), building, frame))
    rows.populations, rows.livings = _observations(one, visits, building, frame)
    if life.closed_on is not None:
        last = next(reversed(one.people.values()), None)
        ended = closing(life, site_id=site_id(life), people=last, author=frame.author(life))
        rows.closures.append(ended.closure)
        rows.solutions.extend(ended.solutions)
    _restrict(rows, one, town, frame)
    return rows


def _restrict(rows: Rows, one: Series, town: Town, frame: Frame) -> None:
    life = one.life
    drawn = Drawn(life, site_id=site_id(life), author=frame.author(life), until=frame.until)
    rows.owners.extend(drawn.owners(town.code))
    rows.judicials.extend(drawn.procedures(rows.closures[0] if rows.closures else None))
    rows.health_watches.extend(drawn.watches())
    rows.cost_estimates.extend(drawn.estimates(next(reversed(one.people.values()), None)))


def _observations(
    one: Series, visits: list[dt.date], building: bool, frame: Frame
) -> tuple[list[Population], list[Living]]:
    life, author = one.life, frame.author(one.life)
    rng = life.rng("entry")
    counted = [
        Population(
            site_id=site_id(life),
            observed_on=day,
            entered_at=moment(day, rng, within_days=9),
            entered_by_id=author,
            **check_population(values),
        )
        for day, values in populations(one)
    ]
    seen = [
        Living(
            site_id=site_id(life),
            observed_on=day,
            entered_at=moment(day, rng, within_days=9),
            entered_by_id=author,
            **check_living(answers),
            **levels(answers),
        )
        for day, answers in livings(life, visits, building=building)
    ]
    return counted, seen


def _record(life: Life, moved: bool, visits: list[dt.date], building: bool, frame: Frame) -> Site:
    rng, until, author = life.rng("record"), frame.until, frame.author(life)
    last_day = min(life.closed_on or until, until)
    built = rng.random() < 0.82
    lag = rng.choice((0, 3, 8, 15, 30, 60, 120)) if built else 0
    declared = min(life.opened_on + dt.timedelta(lag), last_day)
    confirmed = _confirmed(life, visits, rng, until)
    kind = FieldType.BUILDING if building else FieldType.LAND
    if rng.random() < 0.03:
        kind = rng.choice((FieldType.OTHER, FieldType.UNKNOWN))
    started = _started(life, rng, until)
    return Site(
        id=site_id(life),
        reference=reference(life.departement, life.number),
        field_type=kind,
        built_on=life.opened_on if built else None,
        declared_on=declared,
        heatwave_risk=rng.random() < 0.15,
        is_reinstallation=True if moved else rng.choice((False, False, None)),
        reinstallation_comments="Précision inventée." if moved else "",
        resorption_started_on=started,
        resorption_target=_target(life, started, rng, until),
        confirmed_on=confirmed,
        confirmed_by_id=author,
        created_at=moment(declared, rng, within_days=5),
        created_by_id=author,
        updated_at=moment(max(confirmed, declared), rng, within_days=9),
    )


def _confirmed(life: Life, visits: list[dt.date], rng: random.Random, until: dt.date) -> dt.date:
    """The last sign of life of the sheet: fresh, ageing or stale."""
    if life.closed_on is not None:
        return life.closed_on
    draw = rng.random()
    if draw < 0.4:
        fresh = until - dt.timedelta(rng.randint(0, 80))
    elif draw < 0.65:
        fresh = until - dt.timedelta(rng.randint(92, 175))
    else:
        fresh = visits[-1]
    return max(fresh, visits[-1], life.opened_on)


def _started(life: Life, rng: random.Random, until: dt.date) -> dt.date | None:
    """When the résorption began: one to three years before it ended; one open site in seven."""
    if life.kind == "resorption" and life.closed_on is not None:
        return max(life.opened_on, life.closed_on - dt.timedelta(rng.randint(330, 1000)))
    if life.closed_on is None and rng.random() < 0.14:
        return max(life.opened_on, until - dt.timedelta(rng.randint(20, 800)))
    return None


def _target(life: Life, started: dt.date | None, rng: random.Random, until: dt.date) -> int | None:
    if life.closed_on is not None:
        return life.closed_on.year if started and rng.random() < 0.7 else None
    if started or rng.random() < 0.06:
        return until.year + rng.choice((0, 1, 1, 2))
    return None


def _location(life: Life, town: Town, point: Point) -> SiteLocation:
    rng = life.rng("location")
    precision = rng.choices(
        (AddressPrecision.STREET, AddressPrecision.HOUSENUMBER, AddressPrecision.MUNICIPALITY),
        (5, 3, 1),
    )[0]
    accuracy = rng.choices(
        (LocationAccuracy.EXACT, LocationAccuracy.HUNDRED, LocationAccuracy.COMMUNE), (15, 4, 1)
    )[0]
    return SiteLocation(
        site_id=site_id(life),
        geom=point,
        name=name(life.departement, life.number, rng),
        address_label=address(town.name, rng) if rng.random() > 0.06 else "",
        address_precision=precision,
        location_accuracy=accuracy,
        access_details="Accès inventé, par le nord." if rng.random() < 0.2 else "",
    )


def _footprints(
    one: Series, town: Town, place: tuple[float, float], building: bool, frame: Frame
) -> list[Footprint]:
    """None for some sites, one for most, a second one when the site has changed much."""
    life = one.life
    rng = life.rng("footprint")
    share = 0.95 if town.code in FAVOURED else 0.45 if building else 0.65
    if rng.random() > share or not one.people:
        return []
    days = list(one.people)
    chosen = {days[0], days[-1]} if len(days) > 3 and rng.random() < 0.35 else {days[0]}
    parts = 2 if not building and rng.random() < 0.12 else 1
    found = []
    for day in sorted(chosen):
        # The same seeds for each date: the same shape, larger or smaller.
        area = area_of(one.people[day], building=building, rng=life.rng("area"))
        shape = outline(*place, area_m2=area, parts=parts, rng=life.rng("outline"))
        found.append(
            Footprint(
                id=stable_id("footprint", f"{life.number} {day}"),
                site_id=site_id(life),
                observed_on=day,
                geom=shape,
                entered_at=moment(day, rng, within_days=9),
                entered_by_id=frame.author(life),
            )
        )
    return found


def _flow(move: Move, known: Mapping[int, Series]) -> Reinstallation:
    rng = move.site.rng("flow")
    before = list(known[move.origin.number].people.values())
    after = list(known[move.site.number].people.values())
    people = round(min(before[-1], after[0]) * rng.uniform(0.4, 1)) if before and after else None
    return Reinstallation(
        id=stable_id("reinstallation", f"{move.origin.number} {move.site.number}"),
        origin_id=site_id(move.origin),
        site_id=site_id(move.site),
        people=max(1, people) if people is not None else None,
        happened_on=move.site.opened_on,
    )

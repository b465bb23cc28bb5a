"""What is asked for: a territory, a date, filters, a paper; read once from an address.

Leaves reading the data to `atlas.matter` and drawing to `atlas.drawing`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from atlas.paper import FORMATS, ORIENTATIONS
from geo.core import collections
from geo.core.errors import InvalidInput, NotFound
from geo.core.params import BBox, Filters, check_names, parse_bbox, parse_filters
from geo.core.scope import Reach, Scope
from geo.core.when import When, parse_when
from geo.sites.selectors import has_named_site
from geo.territories.models import Commune, Territory
from geo.territories.selectors import SINGULAR, territory_get

OWN_NAMES = ("format", "orientation", "datetime", "bbox")


@dataclass(frozen=True, slots=True)
class Order:
    """A sheet to make. `level` is singular; an empty `orientation` leaves the choice to the engine.

    `partial` is True when the reader sees only some of the territory's communes; `printed_for`
    names the account that the sheet bears.
    """

    territory: Territory
    level: str
    scope: Scope
    when: When = field(default_factory=When.now)
    filters: Filters = field(default_factory=Filters)
    bbox: BBox | None = None
    paper: str = "a4"
    orientation: str = ""
    partial: bool = False
    printed_for: str = ""

    @property
    def period(self) -> When:
        """The days whose closings are shown: the interval asked, else the year until the date."""
        if not self.when.instant:
            return When(self.when.start, self.when.state_on, instant=False)
        return When(dt.date(self.when.state_on.year, 1, 1), self.when.state_on, instant=False)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that a row of the territory bears; a main commune's arrondissements too."""
        if self.level != "commune":
            return (self.territory.code,)
        parts = Commune.objects.filter(main_commune__code=self.territory.code)
        return (self.territory.code, *sorted(parts.values_list("code", flat=True)))


def order_read(scope: Scope, level: str, code: str, query: Mapping[str, str]) -> Order:
    """The order of an address: plural `level`, `code` and query parameters (contract, §4).

    Raises `NotFound` where the reader sees no site of the territory, `InvalidInput` naming the
    parameter at fault.
    """
    sites = collections.get("sites", scope)
    check_names(query, {*OWN_NAMES, *sites.parameters})
    return order_of(
        scope,
        level,
        code,
        when=parse_when(query.get("datetime")),
        filters=parse_filters(sites, query),
        bbox=parse_bbox(query.get("bbox")),
        paper=_choice(query, "format", tuple(FORMATS), "a4"),
        orientation=_choice(query, "orientation", ORIENTATIONS, ""),
    )


def order_of(
    scope: Scope,
    level: str,
    code: str,
    *,
    when: When,
    filters: Filters | None = None,
    bbox: BBox | None = None,
    paper: str = "a4",
    orientation: str = "",
) -> Order:
    """The order of typed values; the same errors as `order_read`."""
    collections.get("sites", scope)
    territory = territory_get(level, code)
    singular = SINGULAR.get(level, level)
    seen, all_of_it = coverage(scope.reach(), singular, code)
    if not seen:
        # Not an empty map: it would say that there is nothing there.
        raise NotFound("Aucun site lisible sur ce territoire.")
    return Order(
        territory,
        singular,
        scope,
        when,
        filters or Filters(),
        bbox,
        paper,
        orientation,
        partial=not all_of_it,
    )


@dataclass(frozen=True, slots=True)
class _Place:
    commune_id: str
    epci_id: str | None
    departement_id: str
    region_id: str


def coverage(reach: Reach, level: str, code: str) -> tuple[bool, bool]:
    """Whether some, and whether all, of a territory's communes lie in the areas read."""
    areas = reach.exact | reach.grid | reach.commune
    if areas.nation:
        return True, True
    column = "code" if level == "commune" else f"{level}_id"
    communes = Commune.objects.filter(**{column: code}, arrondissements=None)
    if level == "commune" and not communes.exists():
        communes = Commune.objects.filter(main_commune__code=code)
    rows = list(communes.values_list("code", "epci__code", "departement__code", "region__code"))
    inside = [areas.covers(_Place(*row)) for row in rows]
    seen = any(inside) or has_named_site(reach, [row[0] for row in rows])
    return seen, bool(inside) and all(inside)


def _choice(query: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str) -> str:
    value = query.get(name) or default
    if value not in (*allowed, default):
        raise InvalidInput(f"Valeurs acceptées : {', '.join(allowed)}.", field=name)
    return value

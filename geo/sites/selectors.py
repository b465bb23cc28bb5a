"""Reading one site: what its sheet shows, at the precision of its reader, and what lies near it.

Leaves many sites at once to `collections`, what others found about it to `ledger`, words to `web`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.contrib.gis.db.models.functions import Distance
from django.contrib.gis.geos import Point, Polygon
from django.db.models import BooleanField, Case, Model, Prefetch, Q, Value, When
from django.utils import timezone

from geo.core.errors import NotFound
from geo.core.exactly import EXACT_ONLY
from geo.core.scope import Precision, Reach, Scope
from geo.sites.collections import branches_of
from geo.sites.completion import FIELDS, KNOWN
from geo.sites.models import (
    Closure,
    Footprint,
    Living,
    Population,
    Reinstallation,
    Site,
    SiteLocation,
)

CONTOURS = ("contour", "contour_3857", "low_3857")
M_PER_DEGREE = 111_000
RECENTLY_CLOSED = dt.timedelta(days=730)


class Freshness(StrEnum):
    """How long ago the record was confirmed: under 3 months, 3 to 6, 6 and more."""

    FRESH = "fresh"
    AGEING = "ageing"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class NearSite:
    """A site near a place, and its geodesic distance in metres between the positions shown."""

    site: Site
    distance_m: float
    precision: Precision


@dataclass(frozen=True, slots=True)
class SiteSheet:
    """Everything general about one site, for one reader.

    `point` (WGS84) is the position at the reader's precision. `location`, `footprints` and the
    texts of `EXACT_ONLY` are empty for a reader of blurred places. Series go from the newest to the
    oldest.
    """

    site: Site
    precision: Precision
    point: Point
    location: SiteLocation | None
    footprints: tuple[Footprint, ...]
    populations: tuple[Population, ...]
    livings: tuple[Living, ...]
    closures: tuple[Closure, ...]
    arrivals: tuple[Reinstallation, ...]
    departures: tuple[Reinstallation, ...]
    known: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def state(self) -> str:
        """The `Status` today."""
        return str(self.site.state)  # type: ignore[attr-defined] # annotated by `at`

    @property
    def outline(self) -> Footprint | None:
        """The footprint that holds today; None where there is none, or no longer one."""
        today = timezone.localdate()
        return next((f for f in self.footprints if f.observed_on <= today < f.valid_until), None)

    @property
    def exact(self) -> bool:
        """True when the reader is told the exact place."""
        return self.precision == Precision.EXACT

    @property
    def closure(self) -> Closure | None:
        """The closing that holds today."""
        return next((closing for closing in self.closures if closing.reopened_on is None), None)

    @property
    def freshness(self) -> Freshness:
        """From the last confirmation, else from the last change."""
        return freshness(self.site.confirmed_on or self.site.updated_at.date())


def has_named_site(reach: Reach, communes: Sequence[str]) -> bool:
    """Whether one of the sites that a reader reads by name lies in these communes."""
    if not reach.sites:
        return False
    named = Site.objects.filter(pk__in=reach.sites)
    return named.filter(commune_id__in=communes).exists()


def site_get(scope: Scope, site_id: int) -> Site:
    """A site the reader may see, with its state today and its territories, or `NotFound`."""
    site = (
        Site.objects.visible_to(scope)
        .at(timezone.localdate())
        .select_related("commune", "epci", "departement", "region")
        .defer(*_heavy("commune", "epci", "departement", "region"))
        .annotate(**{f"known_{name}": _flag(condition) for name, condition in KNOWN.items()})
        .filter(pk=site_id)
        .first()
    )
    if site is None:
        raise NotFound("Site inconnu.")
    return site


def site_sheet(scope: Scope, site_id: int) -> SiteSheet:
    """The whole sheet of a site, or `NotFound` when the reader may not see it."""
    site = site_get(scope, site_id)
    precision = precision_of(scope, site)
    exact = precision == Precision.EXACT
    location = SiteLocation.objects.visible_to(scope).get(pk=site_id) if exact else None
    blurred = site.grid_point if precision == Precision.GRID else site.commune_point
    point = location.geom if location else blurred
    if point is None:
        raise NotFound("Site sans position.")
    populations = _series(Population.objects.visible_to(scope).filter(site=site))
    closures = tuple(
        Closure.objects.visible_to(scope)
        .filter(site=site)
        .prefetch_related(Prefetch("solutions"))
        .order_by("-closed_on")
    )
    if not exact:
        solutions = (row for closing in closures for row in closing.solutions.all())
        _hide((site, *populations, *closures, *solutions))
    return SiteSheet(
        site=site,
        precision=precision,
        point=point,
        location=location,
        footprints=_series(Footprint.objects.visible_to(scope).filter(site=site)) if exact else (),
        populations=populations,
        livings=_series(Living.objects.visible_to(scope).filter(site=site)),
        closures=closures,
        arrivals=_flows(scope, Q(site=site), "origin"),
        departures=_flows(scope, Q(origin=site), "site"),
        known=tuple(name for name in KNOWN if getattr(site, f"known_{name}")),
        missing=tuple(name for name in KNOWN if not getattr(site, f"known_{name}")),
    )


def precision_of(scope: Scope, site: Site) -> Precision:
    """How exactly the reader is told where a visible site is."""
    return scope.reach().precision(site.pk, site) or Precision.COMMUNE


def freshness(day: dt.date) -> Freshness:
    """The freshness of a record confirmed on a day (months of 30.4 days)."""
    months = (timezone.localdate() - day).days / 30.4
    if months < 3:
        return Freshness.FRESH
    return Freshness.AGEING if months < 6 else Freshness.STALE


def sites_near(
    scope: Scope, point: Point, *, metres: int, limit: int = 10, without: int | None = None
) -> list[NearSite]:
    """The visible sites within `metres` of a WGS84 point, nearest first.

    Measured from the position that the reader may see of each, never from a hidden one; sites at
    their commune's point are left out. Those closed over two years ago are left out too.
    """
    today = timezone.localdate()
    rows = Site.objects.at(today).filter(
        Q(closing__isnull=True) | Q(closing__closed_on__gte=today - RECENTLY_CLOSED)
    )
    if without is not None:
        rows = rows.exclude(pk=without)
    box = _box(point, metres)
    found: list[NearSite] = []
    for branch, path, precision in branches_of(scope, rows):
        if precision == Precision.COMMUNE:
            continue
        near = (
            branch.filter(**{f"{path}__bboverlaps": box})
            .annotate(away=Distance(path, point, spheroid=True))
            .select_related("location")
            .order_by("away")[:limit]
        )
        found += [NearSite(site, site.away.m, precision) for site in near if site.away.m <= metres]
    return sorted(found, key=lambda each: each.distance_m)[:limit]


def completion_of(sheet: SiteSheet) -> tuple[int, int]:
    """Known fields, and out of how many."""
    return len(sheet.known), FIELDS


def _hide(rows: Iterable[Model]) -> None:
    """Empty in these rows, which are read and never saved, what is told exactly."""
    for row in rows:
        for name in EXACT_ONLY.get(row._meta.db_table, ()):
            setattr(row, name, "")


def _flag(condition: Q) -> Case:
    return Case(
        When(condition, then=Value(True)), default=Value(False), output_field=BooleanField()
    )


def _heavy(*relations: str) -> list[str]:
    """The contours of these territories: megabytes that a sheet does not draw."""
    return [f"{relation}__{name}" for relation in relations for name in CONTOURS]


def _series(rows: Iterable[object]) -> tuple:  # type: ignore[type-arg]
    return tuple(rows.order_by("-observed_on"))  # type: ignore[attr-defined]


def _flows(scope: Scope, which: Q, other: str) -> tuple[Reinstallation, ...]:
    return tuple(
        Reinstallation.objects.visible_to(scope)
        .filter(which)
        .select_related(f"{other}__commune")
        .defer(*_heavy(f"{other}__commune"))
        .order_by("-happened_on")
    )


def _box(point: Point, metres: int) -> Polygon:
    """A box in degrees that holds the circle, everywhere below 60° of latitude."""
    reach = metres / M_PER_DEGREE
    box = Polygon.from_bbox(
        (point.x - 2 * reach, point.y - reach, point.x + 2 * reach, point.y + reach)
    )
    box.srid = 4326
    return box

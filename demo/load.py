"""Writing the invented sites: set-based, in one transaction, once for the same data and ground.

A site that somebody has edited since is theirs: it is never moved nor removed again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction

from demo.figures import FACTS, UNTIL
from demo.invented import stable_id
from demo.models import DemoLoad
from demo.sites import Rows
from geo.sites.models import Closure, Footprint, Reinstallation, Site, SiteLocation

BATCH = 2000
# Raised when what is drawn changes although the facts do not.
DATA_VERSION = 4
MOST_SITES = 3000


@dataclass(frozen=True, slots=True)
class Prints:
    """What the demonstration depends on: its own facts, and the territories of the database."""

    sites: str
    ground: str


@dataclass(slots=True)
class Report:
    """Sites written, moved onto new contours, and taken away because they are drawn no more."""

    written: int = 0
    moved: int = 0
    removed: int = 0


def prints_now(until: dt.date, only: frozenset[str] = frozenset()) -> Prints:
    """The prints of the facts and of the territories as they stand."""
    facts = hashlib.sha256(f"{DATA_VERSION} {until} {sorted(only)}".encode())
    for path in sorted(FACTS.glob("*.csv")):
        facts.update(path.read_bytes())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(millesime), max(millesime), count(*) FILTER (WHERE approximate), "
            "string_agg(DISTINCT source, '|' ORDER BY source) FROM commune"
        )
        ground = hashlib.sha256(repr(cursor.fetchone()).encode())
    return Prints(facts.hexdigest(), ground.hexdigest())


def is_loaded(prints: Prints) -> bool:
    """True when the sites of these prints are in the database."""
    return DemoLoad.objects.filter(sites=prints.sites, ground=prints.ground).exists()


@transaction.atomic
def sites_load(*, rows: Rows, prints: Prints, anew: bool = False) -> Report:
    """Write the rows that are missing, move the untouched sites whose ground changed.

    When the facts themselves changed, or `anew`, the untouched sites are taken away and written
    again.
    """
    report = Report()
    before = DemoLoad.objects.filter(pk=1).first()
    if anew or (before is not None and before.sites not in {"", prints.sites}):
        report.removed = _remove_untouched()
    known = dict(
        Site.objects.filter(pk__in=[site.pk for site in rows.sites]).values_list("pk", "version")
    )
    report.moved = _move(rows, {pk for pk, version in known.items() if version == 1})
    report.written = _write(rows, set(known))
    DemoLoad.objects.update_or_create(
        pk=1, defaults={"sites": prints.sites, "ground": prints.ground}
    )
    return report


def demo_site_ids() -> list[int]:
    """The ids that sites of the demonstration can have."""
    return [stable_id("site", number) for number in range(1, MOST_SITES + 1)]


def _write(rows: Rows, known: set[int]) -> int:
    new = [site for site in rows.sites if site.pk not in known]
    if not new:
        return 0
    Site.objects.bulk_create(new, BATCH)
    _create(SiteLocation, rows.locations, known)
    tables: tuple[list[Any], ...] = (rows.footprints, rows.populations, rows.livings)
    for dated in (*tables, *rows.restricted):
        if dated:
            _create(type(dated[0]), dated, known)
    _create(Closure, rows.closures, known)
    kept = {closure.pk for closure in rows.closures if closure.site_id not in known}
    solutions = [solution for solution in rows.solutions if solution.closure_id in kept]
    if solutions:
        type(solutions[0])._default_manager.bulk_create(solutions, BATCH)
    Reinstallation.objects.bulk_create(
        [flow for flow in rows.reinstallations if not {flow.site_id, flow.origin_id} & known],
        BATCH,
    )
    return len(new)


def _create(model: type[models.Model], rows: Iterable[Any], known: set[int]) -> None:
    model._default_manager.bulk_create([row for row in rows if row.site_id not in known], BATCH)


def _move(rows: Rows, untouched: set[int]) -> int:
    stored = dict(SiteLocation.objects.filter(pk__in=untouched).values_list("pk", "geom"))
    moved = [
        location
        for location in rows.locations
        if (before := stored.get(location.site_id)) is not None
        and not location.geom.equals_exact(before, 1e-9)
    ]
    if not moved:
        return 0
    SiteLocation.objects.bulk_update(moved, ["geom"], BATCH)
    ids = {location.site_id for location in moved}
    shapes = [footprint for footprint in rows.footprints if footprint.site_id in ids]
    Footprint.objects.bulk_update(shapes, ["geom"], BATCH)
    return len(moved)


def _remove_untouched() -> int:
    sites = Site.objects.filter(pk__in=demo_site_ids(), version=1)
    count = sites.count()
    sites.delete()
    return count


def horizon(today: dt.date) -> dt.date:
    """The last day of the demonstration: its own, or today where the clock is behind it."""
    return min(UNTIL, today)

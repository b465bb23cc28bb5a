"""The past of a site as its reader may know it: what changed step by step, and how it was.

Both come from the events that the database writes (docs/history.md). Leaves French words to `web`.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db.models import JSONField, Model, Q, QuerySet
from django.db.models.expressions import RawSQL

from geo.core.crs import geodesic_distance_m
from geo.core.exactly import blurred
from geo.core.history_models import Operation
from geo.core.scope import DataClass, Precision, Scope
from geo.sites.history_models import PLACE, SiteEvent, SiteEventQuerySet
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
    SiteActor,
    SiteLocation,
    SiteOwner,
)
from geo.sites.restricted.policies import precision_read

PAGE = 100
# What one request writes is one step; without a request, what one author writes so near.
TOGETHER = dt.timedelta(seconds=2)
# Numbers say the order of writing, but for what was set apart later (`history_sql.told_exactly`).
NEWEST = ("-at", "-pk")
# The tables of a site in the order of its sheet, and their class.
FOLLOWED: Mapping[type[Model], str] = {
    Site: DataClass.GENERAL.value,
    SiteLocation: PLACE,
    Footprint: PLACE,
    Population: DataClass.GENERAL.value,
    Living: DataClass.GENERAL.value,
    Closure: DataClass.GENERAL.value,
    ClosureSolution: DataClass.GENERAL.value,
    Reinstallation: DataClass.GENERAL.value,
    SiteActor: PLACE,
    SiteOwner: DataClass.OWNER.value,
    Judicial: DataClass.JUDICIAL.value,
    HealthWatch: DataClass.HEALTH.value,
    CostEstimate: DataClass.FINANCE.value,
}
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One row that changed: of an update the columns that did, else the whole row.

    `erased`: a rule of retention took the values away.
    """

    table: str
    object_id: int
    operation: str
    before: Row
    after: Row
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What was done at once: when, by whom and why (`context`, None outside the application)."""

    at: dt.datetime
    context: Mapping[str, Any] | None
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """A page of steps, the newest first; `older` is where the next one begins, None at the end.

    `classes` are the restricted ones that it tells something of.
    """

    steps: tuple[Step, ...]
    older: int | None
    classes: frozenset[DataClass]


def site_past(scope: Scope, site: Site, before: int | None = None) -> Past:
    """The steps of a site that the reader may know, from the event `before` on."""
    events = _events(scope, site)
    if before is not None:
        events = _earlier(events, before)
    found = list(events.order_by(*NEWEST)[: PAGE + 1])
    shown = found[:PAGE]
    steps = tuple(
        Step(group[0].at, group[0].context, tuple(_changes(list(reversed(group)))))
        for group in _together(shown)
    )
    told = {each.data_class for each in shown}
    return Past(
        steps,
        shown[-1].pk if len(found) > PAGE else None,
        frozenset(each for each in DataClass if each.value in told - {DataClass.GENERAL.value}),
    )


def classes_read(scope: Scope, site: Site) -> frozenset[str]:
    """The classes of the tables that the reader reads on a site, the place among them."""
    found = {each.value for each in DataClass if precision_read(scope, each, site) is not None}
    exact = precision_read(scope, DataClass.GENERAL, site) == Precision.EXACT
    return frozenset({*found, PLACE} if exact else found)


def site_as_of(scope: Scope, site: Site, moment: dt.datetime) -> dict[str, list[Row]]:
    """The rows of a site as they were written at a moment, by table, under the rights of today.

    The rows of now, less every change since. Columns that follow from others are as they are now.
    """
    readable = classes_read(scope, site)
    rows = {
        model._meta.db_table: _rows_now(scope, site, model, exact=PLACE in readable)
        for model, kind in FOLLOWED.items()
        if kind in readable
    }
    for event in _events(scope, site).filter(at__gt=moment).order_by(*NEWEST):
        kept = rows.get(event.source_table)
        if kept is None:
            continue
        if event.operation == Operation.INSERT:
            kept.pop(event.object_id, None)
        else:
            row = kept.get(event.object_id, {})
            kept[event.object_id] = row | _of_class(event, event.before)
    # Of a row that retention erased, nothing says any more what it was.
    told = {table: [row for row in kept.values() if row] for table, kept in rows.items()}
    return {table: several for table, several in told.items() if several}


def first_event_at(scope: Scope, site: Site) -> dt.datetime | None:
    """When the history of a site begins; before it nothing is known of its past."""
    return _events(scope, site).order_by("at").values_list("at", flat=True).first()


def moved_m(before: Mapping[str, Any], after: Mapping[str, Any]) -> float:
    """How far a point went, in metres, between two geometries as events keep them."""
    return geodesic_distance_m(*before["coordinates"][:2], *after["coordinates"][:2])


def _events(scope: Scope, site: Site) -> SiteEventQuerySet:
    """The events of a site that the reader may know."""
    return SiteEvent.objects.visible_to(scope).filter(site_id=site.pk)


def _rows_now(scope: Scope, site: Site, model: Any, *, exact: bool) -> dict[int, Row]:
    """The rows of one table as they are, whole; without what only the `exact` place gives."""
    table = model._meta.db_table
    rows: QuerySet[Any]
    if model is ClosureSolution:
        rows = model.objects.filter(closure__in=Closure.objects.visible_to(scope).filter(site=site))
    elif model is Reinstallation:
        rows = model.objects.visible_to(scope).filter(Q(site=site) | Q(origin=site))
    else:
        own = {"pk": site.pk} if model is Site else {"site": site}
        rows = model.objects.visible_to(scope).filter(**own)
    # The name of a table of ours.
    whole = RawSQL(f'to_jsonb("{table}")', [], output_field=JSONField())  # noqa: S611
    told = map(_loaded, rows.annotate(whole=whole).values_list("whole", flat=True))
    kept = told if exact else (blurred(table, row) for row in told)
    return {int(row.get("id") or row["site_id"]): row for row in kept}


def _loaded(row: Any) -> Row:
    return json.loads(row) if isinstance(row, str) else dict(row)


def _earlier(events: SiteEventQuerySet, than: int) -> SiteEventQuerySet:
    """The events before one that the reader may know; none before another."""
    at = events.filter(pk=than).values_list("at", flat=True).first()
    return events.filter(Q(at__lt=at) | Q(at=at, pk__lt=than)) if at else events.none()


def _changes(events: Sequence[SiteEvent]) -> Iterator[Change]:
    """The changes that events tell: what one change says exactly is an event of its own."""
    for _, parts in groupby(
        events, lambda each: (each.at, each.source_table, each.object_id, each.operation)
    ):
        several = list(parts)
        yield Change(
            several[0].source_table,
            several[0].object_id,
            several[0].operation,
            dict(ChainMap(*(_of_class(each, each.before) for each in several))),
            dict(ChainMap(*(_of_class(each, each.after) for each in several))),
            any(each.erasure_id is not None for each in several),
        )


def _of_class(event: SiteEvent, row: Row) -> Row:
    """What an event says under its class: of general data, nothing that is told exactly.

    Of a reinstallation from this site, where people settled: its event keeps where they came from.
    """
    if event.data_class == DataClass.GENERAL:
        row = blurred(event.source_table, row)
    if row.get("origin_id") == event.site_id:
        return row | {"site_id": event.other_site_id}
    return row


def _together(events: Sequence[SiteEvent]) -> Iterator[list[SiteEvent]]:
    """Runs of events of one request, or of one author at one moment."""
    run: list[SiteEvent] = []
    for event in events:
        if run and not _one_step(run[-1], event):
            yield run
            run = []
        run.append(event)
    if run:
        yield run


def _one_step(later: SiteEvent, earlier: SiteEvent) -> bool:
    one, other = later.context or {}, earlier.context or {}
    if one.get("request") or other.get("request"):
        return one.get("request") == other.get("request")
    return one == other and later.at - earlier.at < TOGETHER

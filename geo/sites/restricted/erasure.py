"""What retention erases of the restricted blocks, their history included; and erasing it again.

Health watches are deleted, procedures reduced to type and year, names of owners taken away. Leaves
the door and the ledger to `geo.sites.erasing`, the delays to `geo.sites.retention`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from itertools import groupby
from typing import Any

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone

from geo.core.erasing import ALIAS
from geo.sites.erasing import Entry, erasing, ledger_read, redact
from geo.sites.models import Closure, Effect, HealthWatch, Judicial, Site, SiteEvent, SiteOwner
from geo.sites.restricted.checks import JUDICIAL_FIELDS

HEALTH, JUDICIAL, OWNER_NAME = "health", "judicial", "owner_name"
WATCHES, PROCEDURES, OWNERS = (model._meta.db_table for model in (HealthWatch, Judicial, SiteOwner))
# What is left of a procedure: of which kind it was, and the years.
KINDS = (
    "owner_complaint",
    "justice_procedure",
    "justice_rendered",
    "existing_litigation",
    "evacuation_under_time_limit",
    "insalubrity_order",
)
POLICE = (None, "none", "requested", "refused", "granted")
FIRST = ("justice_rendered_on", "police_requested_on", "order_on", "insalubrity_on")
LAST = ("police_granted_on", "order_evacuation_on")
Ids = Collection[int]


def watches_due(limit: dt.datetime, using: str = "default") -> set[int]:
    """The health watches that nobody touched since, and those deleted of which events tell."""
    rows = HealthWatch.objects.using(using).filter(entered_at__lt=limit)
    return set(rows.values_list("pk", flat=True)) | _gone(HealthWatch, limit, using)


def watches_erase(limit: dt.datetime) -> int:
    """Delete them, and what their history says. Returns how many."""
    with erasing():
        due = watches_due(limit, ALIAS)
        return _watches_delete(due)


def procedures_due(limit: dt.datetime, using: str = "default") -> tuple[set[int], set[int]]:
    """Procedures of sites closed before then and touched by nobody since; and of deleted ones."""
    closed = Closure.objects.using(using).filter(
        reopened_on__isnull=True, closed_on__lte=timezone.localdate(limit)
    )
    whole = Judicial.objects.using(using).filter(reduced_on__isnull=True)
    recent = whole.filter(site=OuterRef("site"), entered_at__gte=limit)
    due = whole.filter(~Exists(recent), site__in=closed.values("site"))
    return set(due.values_list("pk", flat=True)), _gone(Judicial, limit, using)


def procedures_reduce(limit: dt.datetime) -> int:
    """Leave of them their type and their year, and nothing in their history."""
    with erasing():
        due, gone = procedures_due(limit, ALIAS)
        _reduce(due)
        redact(rule=JUDICIAL, effect=Effect.DELETE, table=PROCEDURES, untils=_now(gone))
        return len(due | gone)


def names_due(limit: dt.datetime, using: str = "default") -> QuerySet[SiteOwner]:
    """The named owners of sites closed by then."""
    closed = Closure.objects.using(using).filter(
        reopened_on__isnull=True, closed_on__lte=timezone.localdate(limit)
    )
    return SiteOwner.objects.using(using).filter(site__in=closed.values("site")).exclude(name="")


def names_erase(limit: dt.datetime, today: dt.date | None = None) -> int:
    """Take the names away; category and parcel stay. In the history no name is ever kept."""
    with erasing():
        return _unname(names_due(limit, ALIAS), today or timezone.localdate())


def again(*, dry_run: bool = False) -> dict[str, int]:
    """Apply the ledger once more, for a database that was restored; rows by rule.

    What is erased already is left as it is. Raises `LedgerUnreadable`.
    """
    entries = ledger_read()
    with erasing():
        watches = _alive(HealthWatch.objects, entries, WATCHES)
        procedures = _alive(Judicial.objects.filter(reduced_on__isnull=True), entries, PROCEDURES)
        named = _alive(SiteOwner.objects.exclude(name=""), entries, OWNERS)
        told = {table: _still_told(table, entries) for table in (WATCHES, PROCEDURES)}
        if not dry_run:
            _watches_delete(watches)
            _reduce(procedures)
            _unname(SiteOwner.objects.using(ALIAS).filter(pk__in=named), timezone.localdate())
            for rule, table in ((HEALTH, WATCHES), (JUDICIAL, PROCEDURES)):
                left = _still_told(table, entries)
                redact(rule=rule, effect=Effect.DELETE, table=table, untils=left)
    return {
        HEALTH: len(watches | told[WATCHES].keys()),
        JUDICIAL: len(procedures | told[PROCEDURES].keys()),
        OWNER_NAME: len(named),
    }


def reduced(rows: Iterable[Judicial]) -> dict[str, Any]:
    """The kinds and years of several situations of one year as one."""
    rows = list(rows)
    kept: dict[str, Any] = dict.fromkeys((*KINDS, *FIRST, *LAST, "police_status"))
    for name in KINDS:
        answers = {getattr(row, name) for row in rows} - {None}
        kept[name] = any(answers) if answers else None
    kept["police_status"] = max((row.police_status for row in rows), key=POLICE.index)
    for names, chosen in ((FIRST, min), (LAST, max)):
        for name in names:
            days = [day for row in rows if (day := getattr(row, name))]
            kept[name] = chosen(days).replace(month=1, day=1) if days else None
    blank = Judicial()
    return {name: getattr(blank, name) for name in JUDICIAL_FIELDS} | kept


def _watches_delete(ids: Ids) -> int:
    HealthWatch.objects.using(ALIAS).filter(pk__in=ids).delete()
    redact(rule=HEALTH, effect=Effect.DELETE, table=WATCHES, untils=_now(ids))
    return len(ids)


def _reduce(ids: Ids) -> None:
    """Reduce these situations, with those of their year that were reduced before."""
    sites = Judicial.objects.using(ALIAS).filter(pk__in=ids).values("site")
    # As whoever saves procedures does: nobody adds any meanwhile.
    locked = Site.objects.using(ALIAS).filter(pk__in=sites).select_for_update()
    for site in list(locked.order_by("pk")):
        rows = Judicial.objects.using(ALIAS).filter(site=site).order_by("observed_on")
        for year, several in groupby(list(rows), lambda row: row.observed_on.year):
            _year_reduce(year, list(several), ids)


def _year_reduce(year: int, rows: list[Judicial], ids: Ids) -> None:
    rows = [row for row in rows if row.pk in ids or row.reduced_on is not None]
    if all(row.pk not in ids for row in rows):
        return
    *merged, kept = rows
    values = reduced(rows)
    Judicial.objects.using(ALIAS).filter(pk__in=[row.pk for row in merged]).delete()
    Judicial.objects.using(ALIAS).filter(pk=kept.pk).update(
        **values,
        observed_on=dt.date(year, 1, 1),
        reduced_on=timezone.localdate(),
        entered_at=timezone.now(),
        entered_by=None,
    )
    gone = [row.pk for row in merged]
    redact(rule=JUDICIAL, effect=Effect.DELETE, table=PROCEDURES, untils=_now(gone))
    redact(rule=JUDICIAL, effect=Effect.REDUCE, table=PROCEDURES, untils=_now([kept.pk]))


def _unname(rows: QuerySet[SiteOwner], today: dt.date) -> int:
    ids = [row.pk for row in rows.select_for_update(of=("self",))]
    SiteOwner.objects.using(ALIAS).filter(pk__in=ids).update(
        name="", anonymised_on=today, entered_at=timezone.now()
    )
    redact(rule=OWNER_NAME, effect=Effect.NAME, table=OWNERS, untils=_now(ids))
    return len(ids)


def _gone(model: Any, limit: dt.datetime, using: str) -> set[int]:
    """The deleted rows whose last event is older, and of which the history still tells."""
    events = (
        SiteEvent.objects.using(using)
        .filter(source_table=model._meta.db_table, data_class=model.objects.all().data_class)
        .values("object_id")
        .annotate(last=Max("at"), told=Count("pk", filter=Q(erasure_id__isnull=True)))
        .filter(last__lt=limit, told__gt=0)
        .exclude(object_id__in=model.objects.using(using).values("pk"))
    )
    return {each["object_id"] for each in events}


def _alive(rows: Any, entries: Iterable[Entry], table: str) -> set[int]:
    ids = {each.object_id for each in entries if each.source_table == table}
    return set(rows.using(ALIAS).filter(pk__in=ids).values_list("pk", flat=True))


def _still_told(table: str, entries: Iterable[Entry]) -> dict[int, dt.datetime]:
    """The erased rows of which events from before their erasure still tell."""
    untils: dict[int, dt.datetime] = {}
    for each in entries:
        if each.source_table == table:
            untils[each.object_id] = max(each.moment, untils.get(each.object_id, each.moment))
    events = SiteEvent.objects.using(ALIAS).filter(
        source_table=table, object_id__in=untils, erasure_id__isnull=True
    )
    return {
        each.object_id: untils[each.object_id]
        for each in events
        if each.at <= untils[each.object_id]
    }


def _now(ids: Ids) -> dict[int, dt.datetime]:
    # The database's clock writes the events of this transaction: none is after this.
    return dict.fromkeys(ids, dt.datetime.max.replace(tzinfo=dt.UTC, year=9000))

"""The ledger of enrichment: who looked for what about a site, when, and when it is tried again.

Whoever knows a source writes its outcomes here (`enrichments_record`) and asks what is due
(`enrichments_due`); the sheet reads them under a scope (`enrichments_of_site`). Leaves what was
found to the tables of the package that found it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from geo.core.scope import Scope
from geo.core.sql import read_sql
from geo.sites.enums import EnrichmentStatus
from geo.sites.models import Enrichment, Site

# French names of the sources, as the sheet shows them; a source says its own with `name_source`.
_NAMES: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended for one site.

    `version` is the vintage of what was found; `detail` is French, fit for the screen, names no
    place and is kept without its last full stop; `next_try` is when the source is asked again
    (None: when the site or the source changes); `outside` says that the answer is an outside
    service's; `tried` is False for a run put off without anything having been asked.
    """

    site_id: int
    status: EnrichmentStatus
    version: str = ""
    detail: str = ""
    next_try: dt.datetime | None = None
    outside: bool = False
    tried: bool = True


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """The last run of one source for one site, as the sheet shows it."""

    source: str
    source_label: str
    status: str
    status_label: str
    version: str
    detail: str
    ran_at: dt.datetime
    next_try: dt.datetime | None
    attempts: int


def name_source(source: str, label: str) -> None:
    """Say how a source is called in French on the sheet."""
    _NAMES[source] = label


@dataclass(frozen=True, slots=True)
class LedgerState:
    """The last run of one source for a site, as those who run it need it."""

    status: str
    ran_at: dt.datetime
    site_updated_at: dt.datetime
    next_try: dt.datetime | None
    attempts: int
    outside: bool

    def holds(self, now: dt.datetime, lifetime: dt.timedelta) -> bool:
        """Whether an outside service need not be asked: it answered since the site's last change.

        Its answer holds for `lifetime`; a run that failed is left to its next try.
        """
        if self.ran_at < self.site_updated_at:
            return False
        if self.status in {EnrichmentStatus.WAITING, EnrichmentStatus.FAILED}:
            return self.next_try is not None
        return self.outside and now - self.ran_at < lifetime


@transaction.atomic
def enrichments_record(
    *, source: str, outcomes: Sequence[Outcome], ran_at: dt.datetime | None = None
) -> int:
    """Note how a run of `source` ended for these sites (each at most once); returns how many.

    `ran_at` is when the sites were read (now by default): a change after it is not in the outcome.
    A site deleted meanwhile is left out. `attempts` grows while nothing succeeds.
    """
    if not outcomes:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            read_sql(__file__, "record"),
            {
                "source": source,
                "now": ran_at or timezone.now(),
                "sites": [o.site_id for o in outcomes],
                "statuses": [str(o.status) for o in outcomes],
                "versions": [o.version[:80] for o in outcomes],
                "details": [_kept(o.detail) for o in outcomes],
                "outsides": [o.outside for o in outcomes],
                "tried": [int(o.tried) for o in outcomes],
                "next_tries": [o.next_try for o in outcomes],
            },
        )
        return int(cursor.rowcount)


def enrichments_put_off(*, source: str, until: dt.datetime, detail: str) -> int:
    """Put off to `until` what waits for `source` and would be tried before; returns how many.

    `detail` is what the sheet says of it, in French.
    """
    waiting = Enrichment.objects.filter(
        source=source, status=EnrichmentStatus.WAITING, next_try__lt=until
    )
    return waiting.update(next_try=until, detail=_kept(detail))


def enrichments_due(*, source: str, now: dt.datetime, limit: int) -> list[int]:
    """The sites whose next try of `source` has come, the longest due first."""
    rows = Enrichment.objects.filter(source=source, next_try__lte=now)
    return list(rows.order_by("next_try", "site_id").values_list("site_id", flat=True)[:limit])


def enrichments_missing(*, source: str, before: dt.datetime, limit: int) -> list[int]:
    """The sites created before a moment that `source` was never run for."""
    known = Enrichment.objects.filter(source=source, site_id=OuterRef("pk"))
    rows = Site.objects.filter(~Exists(known), created_at__lt=before)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def ledger_states(*, source: str, site_ids: Sequence[int]) -> dict[int, LedgerState]:
    """The last run of `source` for each of these sites that had one."""
    rows = Enrichment.objects.filter(source=source, site_id__in=site_ids).values_list(
        "site_id", "status", "ran_at", "site__updated_at", "next_try", "attempts", "outside"
    )
    return {row[0]: LedgerState(*row[1:]) for row in rows}


def enrichments_of_site(scope: Scope, site_id: int) -> tuple[LedgerLine, ...]:
    """Every source's last run for a site, by source; empty when its exact place is not visible."""
    rows = Enrichment.objects.visible_to(scope).filter(site_id=site_id).order_by("source")
    return tuple(_line(row) for row in rows)


def _kept(detail: str) -> str:
    return detail[:250].rstrip(". ")


def _line(row: Enrichment) -> LedgerLine:
    return LedgerLine(
        source=row.source,
        source_label=_NAMES.get(row.source, row.source),
        status=row.status,
        status_label=str(EnrichmentStatus(row.status).label),
        version=row.version,
        detail=row.detail,
        ran_at=row.ran_at,
        next_try=row.next_try,
        attempts=row.attempts,
    )

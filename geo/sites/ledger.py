"""The ledger of enrichment: who looked for what about a site, when, and when it is tried again.

Whoever knows a source writes its outcomes here (`enrichments_record`); the sheet reads them
(`enrichments_of_site`). Leaves what was found to the tables of the package that found it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from geo.core.scope import Scope
from geo.core.sql import read_sql
from geo.sites.enums import EnrichmentStatus
from geo.sites.models import Enrichment

# French names of the sources, as the sheet shows them; a source says its own with `name_source`.
_NAMES: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended for one site.

    `version` is the vintage of what was found; `detail` is French, fit for the screen, and names
    no place; `next_try` is when the source is asked again (None: when the site or the source
    changes); `tried` is False for a run put off without anything having been asked.
    """

    site_id: int
    status: EnrichmentStatus
    version: str = ""
    detail: str = ""
    next_try: dt.datetime | None = None
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


@transaction.atomic
def enrichments_record(*, source: str, outcomes: Sequence[Outcome]) -> int:
    """Note how a run of `source` ended for these sites (each at most once); returns how many.

    A site deleted meanwhile is left out. `attempts` grows while nothing succeeds.
    """
    if not outcomes:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            read_sql(__file__, "record"),
            {
                "source": source,
                "now": timezone.now(),
                "sites": [o.site_id for o in outcomes],
                "statuses": [str(o.status) for o in outcomes],
                "versions": [o.version[:80] for o in outcomes],
                "details": [o.detail[:250] for o in outcomes],
                "tried": [int(o.tried) for o in outcomes],
                "next_tries": [o.next_try for o in outcomes],
            },
        )
        return int(cursor.rowcount)


def enrichments_of_site(scope: Scope, site_id: int) -> tuple[LedgerLine, ...]:
    """Every source's last run for a site, by source; empty when its exact place is not visible."""
    rows = Enrichment.objects.visible_to(scope).filter(site_id=site_id).order_by("source")
    return tuple(_line(row) for row in rows)


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

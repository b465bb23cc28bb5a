"""The jobs of the cadastre; leaves the work to `services`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils import timezone

from cadastre import sections, services
from cadastre.selectors import SOURCE, sites_affected
from geo.core.jobs import enqueue, job, periodic
from geo.sites.ledger import enrichments_missing

BATCH = 50
# A site without any run after this long lost its job: it is taken up here.
FORGOTTEN = dt.timedelta(minutes=10)


@job("cadastre.enrich_site")
def enrich_site(site_id: int) -> None:
    """Find what lies under a site whose place changed."""
    services.site_enrich(site_id=site_id)


@job("cadastre.enrich_communes")
def enrich_communes(communes: Sequence[str]) -> None:
    """Look again the sites up that new parcels may concern."""
    if sites := sites_affected(communes):
        summary = services.sites_enrich(site_ids=sites)
        services.sites_queue(site_ids=summary.unanswered)


@job("cadastre.draw_sections", reader=None)
def draw_sections(communes: Sequence[str]) -> None:
    """Draw again the sections of communes whose parcels changed."""
    sections.sections_build(communes=communes)


@job("cadastre.enrich_all")
def enrich_all() -> None:
    """Look every site up again: contours changed, and with them what is known where."""
    summary = services.sites_enrich()
    services.sites_queue(site_ids=summary.unanswered)


@job("cadastre.ask_due")
def ask_due() -> None:
    """Ask the service about some sites whose next try has come, then go on while there are."""
    if sum(1 for _ in services.sites_ask_due(limit=BATCH)) == BATCH:
        enqueue(ask_due, lock="cadastre.ask", once="cadastre.ask")


@periodic("cadastre.catch_up", "* * * * *")
def catch_up(timestamp: int) -> None:
    """Every minute: what was never looked up, then what has to be tried again."""
    before = timezone.now() - FORGOTTEN
    if forgotten := enrichments_missing(source=SOURCE, before=before, limit=1_000):
        summary = services.sites_enrich(site_ids=forgotten)
        services.sites_queue(site_ids=summary.unanswered)
    if services.asks_due():
        enqueue(ask_due, lock="cadastre.ask", once="cadastre.ask")

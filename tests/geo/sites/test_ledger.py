"""The ledger of enrichment: what is noted, what is kept, who reads it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from geo.core.scope import Areas, DataClass, Reach, Scope
from geo.sites.enums import EnrichmentStatus
from geo.sites.ledger import Outcome, enrichments_of_site, enrichments_record, name_source
from geo.sites.models import Enrichment
from tests.support.factories import make_site

pytestmark = pytest.mark.django_db


def note(site_id: int, status: EnrichmentStatus, **fields: Any) -> None:
    enrichments_record(source="essai", outcomes=[Outcome(site_id, status, **fields)])


def test_failures_add_up_until_a_success_and_the_last_vintage_holds(territories: Any) -> None:
    site = make_site()
    later = timezone.now() + dt.timedelta(hours=1)
    note(site.pk, EnrichmentStatus.DONE, version="2026-01-01")
    for _ in range(2):
        note(site.pk, EnrichmentStatus.WAITING, detail="service injoignable", next_try=later)
    note(site.pk, EnrichmentStatus.WAITING, next_try=later, tried=False)
    (line,) = enrichments_of_site(Scope.nation(), site.pk)
    assert (line.status, line.version, line.attempts) == ("waiting", "2026-01-01", 2)
    assert line.next_try == later
    note(site.pk, EnrichmentStatus.EMPTY, version="2026-07-01")
    (line,) = enrichments_of_site(Scope.nation(), site.pk)
    assert (line.status, line.version, line.attempts, line.next_try) == (
        "empty",
        "2026-07-01",
        0,
        None,
    )
    assert Enrichment.objects.get().runs == 5


def test_a_site_deleted_meanwhile_is_left_out(territories: Any) -> None:
    kept, gone = make_site(), make_site(lon=2.36)
    gone_id = gone.pk
    gone.delete()
    outcomes = [Outcome(pk, EnrichmentStatus.DONE) for pk in (kept.pk, gone_id)]
    assert enrichments_record(source="essai", outcomes=outcomes) == 1
    assert enrichments_record(source="essai", outcomes=[]) == 0


def test_only_readers_of_the_exact_place_see_it(territories: Any) -> None:
    site = make_site()
    name_source("essai", "Un essai")
    note(site.pk, EnrichmentStatus.DONE)
    blurred = Scope(reaches=((DataClass.GENERAL, Reach(grid=Areas(nation=True))),))
    assert enrichments_of_site(blurred, site.pk) == ()
    assert enrichments_of_site(Scope.public(), site.pk) == ()
    (line,) = enrichments_of_site(Scope.nation(), site.pk)
    assert (line.source_label, line.status_label) == ("Un essai", "Fait")

"""Asking API Carto: its contract, each fault told apart, and what the ledger says of them."""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import Any

import pytest
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.core.management import call_command
from django.utils import timezone

from cadastre import apicarto, services, tasks
from cadastre.apicarto import AskRefused, UnusableAnswer, parcels_at
from cadastre.gate import SourcePaused
from cadastre.models import Parcel, SiteParcel, SourceGate
from cadastre.services import site_enrich, sites_ask_due, sites_enrich, sites_queue
from geo.core import http
from geo.core.errors import SourceUnavailable
from geo.core.scope import Scope
from geo.sites.models import Enrichment, Site
from geo.sites.services import site_update
from tests.fakes.apicarto import ApiCarto, broken_upstream, refusal
from tests.fakes.apicarto import reply as as_reply
from tests.fakes.server import Reply
from tests.support.factories import make_site
from tests.support.parcels import cover, make_parcel

pytestmark = pytest.mark.django_db

HERE = Point(2.3505, 48.9305, srid=4326)
IDU = "93066000AB0001"


@pytest.fixture
def stocked(fake: ApiCarto) -> ApiCarto:
    """Two parcels side by side."""
    fake.put(IDU, (2.350, 48.930, 2.351, 48.931))
    fake.put("93066000AB0002", (2.351, 48.930, 2.352, 48.931), contenance=...)
    return fake


def box(west: float, south: float, east: float, north: float) -> MultiPolygon:
    return MultiPolygon(Polygon.from_bbox((west, south, east, north)), srid=4326)


def noted(site: Any) -> Enrichment:
    return Enrichment.objects.get(site=site)


def test_a_point_is_posted_and_its_parcel_comes_back(stocked: ApiCarto) -> None:
    asked = parcels_at(HERE)
    assert (asked.idus, asked.contenances) == ([IDU], [1012])
    (call,) = stocked.asked
    assert call.body is not None
    assert json.loads(call.body) == {
        "geom": {"type": "Point", "coordinates": [2.3505, 48.9305]},
        "source_ign": "PCI",
        "_limit": 500,
        "_start": 0,
    }
    assert parcels_at(Point(2.36, 48.94, srid=4326)).idus == []


def test_a_footprint_of_two_parts_is_asked_part_by_part(stocked: ApiCarto) -> None:
    ground = MultiPolygon(
        Polygon.from_bbox((2.3502, 48.9302, 2.3504, 48.9304)),
        Polygon.from_bbox((2.3508, 48.9302, 2.3512, 48.9304)),
        srid=4326,
    )
    asked = parcels_at(ground)
    assert asked.idus == [IDU, "93066000AB0002"]
    assert asked.contenances == [1012, None]
    assert [json.loads(call.body or b"")["geom"]["type"] for call in stocked.asked] == [
        "Polygon",
        "Polygon",
    ]


def test_pages_are_walked_by_their_start_and_never_by_the_links(
    fake: ApiCarto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apicarto, "PAGE", 7)
    for n in range(20):
        fake.put(f"93066000AB{n:04d}", (2.35 + n * 1e-5, 48.93, 2.35 + (n + 1) * 1e-5, 48.931))
    ground = box(2.3499, 48.9301, 2.3503, 48.9305)
    assert len(parcels_at(ground).idus) == 20
    assert [json.loads(call.body or b"")["_start"] for call in fake.asked] == [0, 7, 14]
    # The cap is lowered without a word: shorter pages, and the same answer.
    fake.cap = 4
    assert len(parcels_at(ground).idus) == 20
    fake.grow = 1
    with pytest.raises(UnusableAnswer):
        parcels_at(ground)


def test_marseille_comes_by_arrondissement_whatever_the_form(fake: ApiCarto) -> None:
    fake.put("13215000AB0001", (5.36, 43.30, 5.361, 43.301))
    there = Point(5.3605, 43.3005, srid=4326)
    assert parcels_at(there).idus == ["13215000AB0001"]
    fake.district_form = True
    assert parcels_at(there).idus == ["13215000AB0001"]
    fake.put("13215000AB0001", (5.36, 43.30, 5.361, 43.301), idu=...)
    assert parcels_at(there).idus == ["13215000AB0001"]


FAULTS = {
    "429": (lambda: Reply(429, headers={"retry-after": "1"}), SourceUnavailable),
    "503": (lambda: Reply(503), SourceUnavailable),
    "xml-in-500": (broken_upstream, SourceUnavailable),
    "text": (lambda: Reply(200, "text/plain", b"Service indisponible"), SourceUnavailable),
    "html": (lambda: Reply(200, "text/html", b"<html></html>"), SourceUnavailable),
    "empty-body": (lambda: Reply(200), SourceUnavailable),
    "cut-body": (lambda: Reply(200, body=b'{"type":', cut=True), SourceUnavailable),
    "not-features": (lambda: as_reply({"type": "error"}), SourceUnavailable),
    "400-object": (lambda: refusal(geom="2.3505 48.9305 invalide"), AskRefused),
    "400-text": (lambda: as_reply({"code": 400, "message": "geom 2.3505"}, 400), AskRefused),
    "404-text": (lambda: Reply(404, "text/plain", b"Not Found"), AskRefused),
    "no-total": (lambda: as_reply({"type": "FeatureCollection", "features": []}), UnusableAnswer),
    "total-only": (
        lambda: as_reply({"type": "FeatureCollection", "features": [], "numberMatched": 3}),
        UnusableAnswer,
    ),
    "null-geometry": (
        lambda: as_reply(
            {
                "type": "FeatureCollection",
                "numberMatched": 1,
                "features": [{"geometry": None, "properties": {"idu": IDU}}],
            }
        ),
        UnusableAnswer,
    ),
    "no-identifier": (
        lambda: as_reply(
            {"type": "FeatureCollection", "numberMatched": 1, "features": [{"properties": {}}]}
        ),
        UnusableAnswer,
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_told_and_kept_in_the_ledger(
    stocked: ApiCarto, territories: Any, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    make, error = FAULTS[name]
    site = make_site(2.3505, 48.9305)
    stocked.always(make)
    with pytest.raises(error) as raised:
        parcels_at(HERE)
    assert type(raised.value) is error
    outcome = site_enrich(site_id=site.pk)
    assert outcome is not None
    row = noted(site)
    assert row.status == ("waiting" if error is SourceUnavailable else "failed")
    assert row.attempts == 1
    assert row.next_try is not None
    assert row.next_try > timezone.now()
    assert "API Carto" in row.detail
    # Neither the ledger nor the logs say where the site is, even when the service quotes it.
    for text in (row.detail, raised.value.message, caplog.text):
        assert "2.35" not in text
        assert "48.93" not in text
    assert not SiteParcel.objects.exists()
    # Well again: the same mechanism finds what it could not.
    stocked.always(None)
    SourceGate.objects.all().delete()
    Enrichment.objects.update(next_try=timezone.now())
    assert list(sites_ask_due(limit=10)) == [site.pk]
    row = noted(site)
    assert (row.status, row.attempts, row.next_try) == ("done", 0, None)
    assert SiteParcel.objects.get(site=site).parcel_id == IDU


def test_silence_is_bounded_in_time(stocked: ApiCarto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "READ_TIMEOUT_S", 0.2)
    stocked.always(stocked.hang)
    started = time.monotonic()
    with pytest.raises(SourceUnavailable, match="délai"):
        parcels_at(HERE)
    assert time.monotonic() - started < 5


def test_a_passing_fault_is_retried_at_once(stocked: ApiCarto) -> None:
    stocked.fault(lambda: Reply(503))
    assert parcels_at(HERE).idus == [IDU]
    assert not SourceGate.objects.filter(failures__gt=0).exists()


def test_an_answer_about_elsewhere_is_refused(stocked: ApiCarto) -> None:
    stocked.put("93066000ZZ0001", (2.39, 48.95, 2.391, 48.951))
    stocked.unfiltered = True
    with pytest.raises(UnusableAnswer, match="ailleurs"):
        parcels_at(HERE)


def test_a_truncated_page_is_refused(stocked: ApiCarto) -> None:
    stocked.cut = 1
    with pytest.raises(UnusableAnswer, match="tronquée"):
        parcels_at(HERE)


def test_a_service_that_is_away_is_asked_twice_and_then_left_alone(
    stocked: ApiCarto, territories: Any
) -> None:
    sites = [make_site(2.3505 + n * 1e-5, 48.9305) for n in range(15)]
    stocked.always(lambda: Reply(500))
    for site in sites:
        tasks.enrich_site(site_id=site.pk)
    assert len(stocked.asked) == 2
    assert Enrichment.objects.filter(status="waiting", next_try__gt=timezone.now()).count() == 15
    with pytest.raises(SourcePaused) as paused:
        apicarto.GATE.enter()
    assert dt.timedelta(0) < paused.value.until - timezone.now() <= dt.timedelta(seconds=30)
    # At the end of the pause one caller tries; the pause doubles when that fails.
    SourceGate.objects.update(paused_until=timezone.now())
    Enrichment.objects.update(next_try=timezone.now())
    tasks.ask_due()
    assert len(stocked.asked) == 3
    gate = SourceGate.objects.get()
    assert gate.paused_until is not None
    assert gate.paused_until - timezone.now() > dt.timedelta(seconds=45)
    # All the others are put off together: nobody asked for them.
    due = Enrichment.objects.filter(next_try__lt=timezone.now() + dt.timedelta(seconds=30))
    assert not due.exists()
    # Back again: everything is found without anyone's help.
    stocked.always(None)
    SourceGate.objects.update(paused_until=timezone.now())
    Enrichment.objects.update(next_try=timezone.now())
    tasks.catch_up(timestamp=0)
    tasks.ask_due()
    assert Enrichment.objects.filter(status="done").count() == 15
    assert SiteParcel.objects.count() == 15


def test_a_pause_never_grows_beyond_its_longest(stocked: ApiCarto) -> None:
    for _ in range(40):
        apicarto.GATE.failed()
    until = apicarto.GATE.paused_until()
    assert until - timezone.now() <= dt.timedelta(seconds=apicarto.GATE.longest_s)
    apicarto.GATE.succeeded()
    apicarto.GATE.enter()


def test_turns_are_given_at_the_pace_of_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr("cadastre.gate.time.sleep", waits.append)
    gate = type(apicarto.GATE)("essai", "Un essai", interval_s=10.0)
    for _ in range(4):
        gate.enter()
    assert waits == pytest.approx([0, 10, 20, 30], abs=1)


def test_only_sites_outside_the_local_cadastre_are_asked(
    stocked: ApiCarto, territories: Any
) -> None:
    make_parcel("93008000AB0001", (2.45, 48.93, 2.451, 48.931))
    cover("93008")
    here = make_site(2.4505, 48.9305)
    there = make_site(2.3509, 48.9303, footprint=box(2.3508, 48.9302, 2.3512, 48.9304))
    summary = sites_enrich()
    assert (summary.done, summary.unanswered) == (1, [there.pk])
    assert sites_queue(site_ids=summary.unanswered) == 1
    assert stocked.asked == []
    assert list(sites_ask_due(limit=10)) == [there.pk]
    found = {row.parcel_id: row.share for row in SiteParcel.objects.filter(site=there)}
    assert found == pytest.approx({IDU: 0.5, "93066000AB0002": 0.5})
    row = noted(there)
    assert (row.status, row.version) == ("done", timezone.localdate().isoformat())
    assert "API Carto" in row.detail
    assert noted(here).detail == "1 parcelle d'après le cadastre local"


def test_what_was_asked_holds_until_the_site_changes(stocked: ApiCarto, territories: Any) -> None:
    site = make_site(2.3505, 48.9305)
    tasks.enrich_site(site_id=site.pk)
    assert len(stocked.asked) == 1
    before = SiteParcel.objects.values().get()
    # The same job twice, the command, the job of a commune: the service is left alone.
    tasks.enrich_site(site_id=site.pk)
    assert sites_queue(site_ids=sites_enrich().unanswered) == 0
    tasks.enrich_communes(communes=["93066"])
    assert len(stocked.asked) == 1
    assert SiteParcel.objects.values().get() == before
    site_update(by=None, scope=Scope.nation(), site_id=site.pk, point=Point(2.3515, 48.9305))
    tasks.enrich_site(site_id=site.pk)
    assert len(stocked.asked) == 2
    assert SiteParcel.objects.get().parcel_id == "93066000AB0002"
    # A quarter later the cadastre has another vintage.
    old = timezone.now() - services.ASKED_HOLDS
    Site.objects.update(updated_at=old - dt.timedelta(days=1))
    Enrichment.objects.update(ran_at=old)
    assert sites_queue(site_ids=sites_enrich().unanswered) == 1


def test_a_site_whose_commune_is_no_longer_here_is_asked(
    stocked: ApiCarto, territories: Any
) -> None:
    coverage = cover("93066")
    on_parcel, on_road = make_site(2.3515, 48.9305), make_site(2.36, 48.94)
    make_parcel("93066000ZZ0001", (2.351, 48.930, 2.352, 48.931))
    assert sites_enrich().unanswered == []
    coverage.delete()
    Parcel.objects.all().delete()
    assert sites_queue(site_ids=sites_enrich().unanswered) == 2
    assert set(sites_ask_due(limit=10)) == {on_parcel.pk, on_road.pk}
    assert (noted(on_parcel).status, noted(on_road).status) == ("done", "empty")
    # Both are the service's answers, the empty one too: they hold.
    assert sites_queue(site_ids=sites_enrich().unanswered) == 0


def test_a_parcel_that_the_service_no_longer_names_leaves(
    stocked: ApiCarto, territories: Any
) -> None:
    site = make_site(2.3505, 48.9305)
    site_enrich(site_id=site.pk)
    del stocked.parcels[IDU]
    stocked.put("93066000AB0101", (2.350, 48.930, 2.351, 48.9306))
    stocked.put("93066000AB0102", (2.350, 48.9306, 2.351, 48.931))
    site_enrich(site_id=site.pk, again=True)
    assert set(SiteParcel.objects.values_list("parcel_id", flat=True)) == {"93066000AB0101"}
    assert set(Parcel.objects.values_list("idu", flat=True)) == {"93066000AB0101"}
    # Nothing there any more is an answer too, and not a failure.
    stocked.parcels.clear()
    outcome = site_enrich(site_id=site.pk, again=True)
    assert outcome is not None
    assert outcome.status == "empty"
    assert not SiteParcel.objects.exists()
    assert not Parcel.objects.exists()


def test_the_service_never_overwrites_a_commune_that_is_here(
    stocked: ApiCarto, territories: Any
) -> None:
    cover("93066")
    make_parcel(IDU, (2.350, 48.930, 2.3502, 48.931), contenance=5)
    site = make_site(2.3999, 48.9305, footprint=box(2.3997, 48.9302, 2.4003, 48.9304))
    stocked.put(IDU, (2.399, 48.930, 2.40, 48.931))
    stocked.put("93008000AB0001", (2.40, 48.930, 2.401, 48.931))
    outcome = site_enrich(site_id=site.pk)
    assert outcome is not None
    assert len(stocked.asked) == 1
    assert Parcel.objects.get(idu=IDU).contenance == 5
    assert set(SiteParcel.objects.values_list("parcel_id", flat=True)) == {"93008000AB0001"}


def test_sites_that_lost_their_job_are_taken_up(stocked: ApiCarto, territories: Any) -> None:
    site = make_site(2.3505, 48.9305)
    tasks.catch_up(timestamp=0)
    assert not Enrichment.objects.exists()
    Site.objects.update(created_at=timezone.now() - dt.timedelta(hours=1))
    tasks.catch_up(timestamp=0)
    assert noted(site).status == "waiting"
    tasks.ask_due()
    assert noted(site).status == "done"


def test_the_command_asks_by_itself_when_told_to(
    stocked: ApiCarto, territories: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    sites = [make_site(2.3505 + n * 1e-5, 48.9305) for n in range(5)]
    stocked.always(lambda: Reply(500))
    call_command("enrich_sites", "--ask")
    out = capsys.readouterr().out
    assert "0 sites demandés" in out
    assert "5 sites attendent" in out
    assert len(stocked.asked) == 1
    assert {noted(site).status for site in sites} == {"waiting"}
    stocked.always(None)
    Enrichment.objects.update(next_try=timezone.now())
    call_command("enrich_sites", "--ask")
    assert "5 sites demandés" in capsys.readouterr().out
    assert {noted(site).status for site in sites} == {"done"}


def test_no_question_inside_a_transaction(stocked: ApiCarto, settings: Any) -> None:
    settings.TESTING = False
    with pytest.raises(RuntimeError, match="transaction"):
        parcels_at(HERE)

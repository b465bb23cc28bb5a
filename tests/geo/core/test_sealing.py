"""Seals of the history: whole they hold; changed, erased or added events and seals do not."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from psycopg.types.json import Jsonb

from geo.core import rls, sealing
from geo.core.history_sql import told_exactly, unguarded
from geo.core.scope import Scope
from geo.core.tasks import history_seals
from geo.sites.models import Population, Site, SiteEvent
from geo.sites.services import reinstallation_declare
from tests.support.database import parameters
from tests.support.factories import make_site, make_user

# The owner's connection sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)
FREE = "ALTER TABLE site_event DISABLE TRIGGER site_event_kept"


@pytest.fixture(autouse=True)
def seals(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.HISTORY_SEALS_DIR = tmp_path / "seals"
    monkeypatch.setattr(sealing, "SETTLED_HOURS", 0)
    monkeypatch.setattr(sealing, "CHUNK", 5)
    return tmp_path / "seals" / sealing.FILE


@pytest.fixture
def site(territories: Any) -> Site:
    made: Site = make_site(population={"people": 40})
    make_user("national_admin")
    for people in range(41, 49):
        Population.objects.filter(site=made).update(people=people)
    return made


@pytest.fixture
def owner() -> Iterator[Any]:
    """Somebody who holds the database: the owner, with the guard of the events taken away."""
    options = connections["owner"].settings_dict["OPTIONS"]["options"]
    with psycopg.connect(**parameters("owner"), options=options, autocommit=True) as raw:
        raw.execute(FREE)
        yield raw.execute
        raw.execute(FREE.replace("DISABLE", "ENABLE"))


def verified(*options: str) -> str:
    out = StringIO()
    try:
        call_command("verify_history", *options, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


def test_new_events_are_sealed_once_and_hold(site: Site, seals: Path) -> None:
    with rls.reading(Scope.everything()):
        events = SiteEvent.objects.count()
        history_seals(timestamp=0)
    first = seals.read_text(encoding="utf-8")
    told = [json.loads(line) for line in first.splitlines()]
    assert sum(each["count"] for each in told if each["table"] == "site_event") == events
    assert {each["table"] for each in told} == {"site_event", "account_event"}
    assert len(told) > 3
    assert "conformes" in verified("--seal")
    assert seals.read_text(encoding="utf-8") == first
    Population.objects.filter(site=site).update(people=90)
    assert "1 événement(s) scellé(s)" in verified("--seal")
    assert seals.read_text(encoding="utf-8").startswith(first)


def test_what_is_young_waits(site: Site, seals: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "SETTLED_HOURS", 6)
    assert "0 événement(s) scellé(s)" in verified("--seal")


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("UPDATE site_event SET after = '{{\"people\": 7}}' WHERE id = {id}", "changé"),
        ("UPDATE site_event SET context = NULL, at = now() WHERE id = {id}", "changé"),
        ("DELETE FROM site_event WHERE id = {id}", "au lieu de"),
    ],
)
def test_an_event_tampered_with_is_told(site: Site, owner: Any, sql: str, told: str) -> None:
    assert "conformes" in verified("--seal")
    (number,) = owner("SELECT max(id) - 2 FROM site_event").fetchone()
    owner(sql.format(id=number))
    answer = verified()
    assert told in answer
    assert "1 écart" in answer
    assert "site_event, événements" in answer


def test_a_site_that_moves_keeps_its_seals(site: Site, owner: Any) -> None:
    assert "conformes" in verified("--seal")
    owner("UPDATE site_event SET areas = ARRAY['N', 'S1']")
    assert "conformes" in verified()


def test_the_file_is_chained(site: Site, seals: Path) -> None:
    verified("--seal")
    lines = seals.read_text(encoding="utf-8").splitlines()
    changed = json.loads(lines[1]) | {"count": 999}
    for broken in (
        [lines[0], json.dumps(changed), *lines[2:]],
        [lines[0], *lines[2:]],
        lines[1:],
    ):
        seals.write_text("\n".join(broken), encoding="utf-8")
        assert "la chaîne est rompue" in verified()
    seals.write_text("rien", encoding="utf-8")
    assert "ATLAS_HISTORY_SEALS" in verified()
    seals.unlink()
    assert "ATLAS_HISTORY_SEALS" in verified()


def test_events_that_get_the_class_of_the_place_keep_their_seals(site: Site, owner: Any) -> None:
    owner("SET atlas.visible = '*'")
    # From before the texts were set apart: one says both, one the text alone, one neither.
    for operation, before, after in (
        ("insert", {}, {"kind": "other", "context": "Contexte canari", "comment": ""}),
        ("update", {"comment": ""}, {"comment": "Réponse canari"}),
        ("update", {"kind": "other"}, {"kind": "resorption"}),
    ):
        owner(
            "INSERT INTO site_event (at, site_id, areas, data_class, source_table, object_id,"
            " operation, before, after) SELECT now() - interval '1 day', id, areas, 'general',"
            " 'site_closure', 7, %s, %s, %s FROM site",
            [operation, Jsonb(before), Jsonb(after)],
        )
    assert verified("--seal").count("dit ce qui le suit") == 2
    owner(told_exactly("site_closure", "context", "comment")[0])
    assert "conformes" in verified("--seal")
    events = SiteEvent.objects.filter(source_table="site_closure").order_by("pk")
    assert [(each.data_class, each.operation, set(each.after)) for each in events] == [
        ("place", "insert", {"kind", "context", "comment"}),
        ("place", "update", {"comment"}),
        ("general", "update", {"kind"}),
        ("general", "insert", {"kind"}),
    ]
    assert events[0].at == events[3].at
    # Opened to more readers by hand, they are told; another class than these two breaks the seal.
    owner(FREE)
    owner("UPDATE site_event SET data_class = 'general' WHERE source_table = 'site_closure'")
    assert "dit ce qui le suit" in verified()
    owner("UPDATE site_event SET data_class = 'health' WHERE source_table = 'site_closure'")
    assert "changé" in verified()


def test_a_reinstallation_of_before_joins_the_past_of_both_sites(site: Site, owner: Any) -> None:
    left = make_site(5.40, 43.30)
    reinstallation_declare(
        by=None,
        scope=Scope.nation(),
        site_id=site.pk,
        origin_id=left.pk,
        people=12,
        happened_on=dt.date(2025, 3, 1),
    )
    owner("SET atlas.visible = '*'")
    owner(f"DELETE FROM site_event WHERE site_id = {left.pk} AND other_areas IS NOT NULL")
    assert "conformes" in verified("--seal")
    both = import_module("geo.sites.migrations.0018_history_of_both").OF_ORIGINS
    for _ in range(2):
        owner(unguarded(both))
    assert "conformes" in verified("--seal")
    here, there = SiteEvent.objects.filter(source_table="reinstallation").order_by("pk")
    assert (here.site_id, here.other_site_id) == (site.pk, left.pk)
    assert (there.site_id, there.other_site_id) == (left.pk, site.pk)
    assert (there.at, there.after, there.areas) == (here.at, here.after, here.other_areas)

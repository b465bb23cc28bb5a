"""What retention erases of the restricted blocks: when, what stays, and nowhere a copy.

Times are frozen; the erasing role has a connection of its own, which sees what is committed.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections
from django.utils import timezone

from geo.core import erasing as core_erasing
from geo.core import retention, sealing
from geo.core.scope import Scope
from geo.sites import erasing
from geo.sites.history import site_as_of, site_past
from geo.sites.models import Erasure, HealthWatch, Judicial, Site, SiteEvent, SiteOwner
from geo.sites.restricted import services
from tests.support.database import parameters
from tests.support.factories import close_site, make_site
from tests.support.restricted import CANARIES, DAY, fill
from web.sites.history_words import told

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "erase"])
NOW = timezone.now()
CLOSED = dt.date(2025, 2, 10)
SECRETS = [text for texts in CANARIES.values() for text in texts]
ERASED = [
    "Étude Canari",
    "Tribunal Canari",
    "93066000ZZ7302",
    "Mesure sanitaire canari",
    "Propriétaire Canari",
    "requested",
    "poisoning",
]


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.HISTORY_SEALS_DIR = tmp_path
    monkeypatch.setattr(sealing, "SETTLED_HOURS", 0)
    monkeypatch.setattr(sealing, "CHUNK", 4)
    return tmp_path


@pytest.fixture
def site(territories: Any) -> Site:
    """A closed site with a row of each class, changed once since."""
    made: Site = make_site()
    fill(made)
    watch = HealthWatch.objects.get()
    watch.people = 4
    watch.save()
    services.judicial_save(
        by=None,
        scope=Scope.everything(),
        site_id=made.pk,
        observed_on=DAY + dt.timedelta(days=4),
        justice_procedure=True,
        bailiff="Étude Canari",
        police_status="granted",
        police_granted_on=DAY + dt.timedelta(days=2),
    )
    close_site(made, on=CLOSED)
    return made


@pytest.fixture
def owner() -> Iterator[Any]:
    """Somebody who holds the database, with the guards taken away."""
    options = connections["owner"].settings_dict["OPTIONS"]["options"]
    free = "ALTER TABLE site_event {0} TRIGGER USER; ALTER TABLE erasure {0} TRIGGER USER"
    with psycopg.connect(**parameters("owner"), options=options, autocommit=True) as raw:
        raw.execute(free.format("DISABLE"))
        yield raw.execute
        raw.execute(free.format("ENABLE"))


def done(code: str, now: dt.datetime, *, dry_run: bool = False) -> int:
    (rule,) = [each for each in retention.rules() if each.code == code]
    return (rule.count if dry_run else rule.apply)(rule.limit(now))


def days(name: str) -> dt.timedelta:
    return dt.timedelta(days=getattr(configured, name) + 1)


def everything() -> str:
    """Every value of every table that the application reads, as text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r'"
            " AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'spatial_ref_sys'"
            " AND has_table_privilege(c.oid, 'SELECT')"
        )
        tables = [name for (name,) in cursor.fetchall()]
        found = []
        for table in tables:
            # The names of sites make the reader's rights go along.
            cursor.execute(f'SELECT t::text, (SELECT min(id) FROM site) FROM "{table}" t')
            found += [row for row, _ in cursor.fetchall()]
    return "\n".join(found)


def verified(*options: str) -> str:
    out = StringIO()
    try:
        call_command("verify_history", *options, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


def erase_all() -> None:
    later = timezone.now() + days("JUDICIAL_KEPT_DAYS")
    assert [done(code, later) for code in ("health", "judicial", "owner_name")] == [1, 2, 1]


def test_health_watches_go_two_years_after_their_last_change(site: Site) -> None:
    term = HealthWatch.objects.get().entered_at + days("HEALTH_KEPT_DAYS") - dt.timedelta(days=1)
    assert done("health", term - dt.timedelta(minutes=1)) == 0
    after = term + dt.timedelta(minutes=1)
    assert done("health", after, dry_run=True) == done("health", after, dry_run=True) == 1
    assert "Mesure sanitaire canari" in everything()
    assert done("health", after) == 1
    assert done("health", after) == 0
    assert not HealthWatch.objects.exists()
    for text in ("Mesure sanitaire canari", "poisoning"):
        assert text not in everything()
    events = SiteEvent.objects.filter(source_table="site_health_watch").order_by("pk")
    assert [each.operation for each in events] == ["insert", "update", "delete"]
    assert all(each.erasure_id and each.content_digest and each.salt is None for each in events)
    # The other classes are as they were.
    assert "Étude Canari" in everything()


def test_a_watch_that_was_deleted_leaves_the_history_too(site: Site) -> None:
    HealthWatch.objects.all().delete()
    assert done("health", NOW + days("HEALTH_KEPT_DAYS") - dt.timedelta(days=2)) == 0
    assert done("health", timezone.now() + days("HEALTH_KEPT_DAYS")) == 1
    assert "Mesure sanitaire canari" not in everything()


def test_procedures_keep_their_kind_and_year_once_the_site_has_been_closed_long(
    site: Site, settings: Any
) -> None:
    term = Judicial.objects.latest("entered_at").entered_at + dt.timedelta(
        days=settings.JUDICIAL_KEPT_DAYS
    )
    assert done("judicial", term - dt.timedelta(minutes=1)) == 0
    after = term + dt.timedelta(minutes=1)
    assert done("judicial", after, dry_run=True) == 2
    assert Judicial.objects.count() == 2
    assert done("judicial", after) == 2
    assert done("judicial", after + dt.timedelta(days=4000)) == 0
    # Two situations of one year are one.
    row = Judicial.objects.get()
    assert row.observed_on == row.police_granted_on == dt.date(2025, 1, 1)
    assert (row.owner_complaint, row.justice_procedure, row.insalubrity_order) == (True,) * 3
    assert (row.police_status, row.existing_litigation, row.order_on) == ("granted", None, None)
    assert (row.bailiff, row.justice_rendered_by, row.insalubrity_parcels) == ("", "", [])
    assert (row.entered_by, row.valid_until) == (None, dt.date(9999, 12, 31))
    for text in ("Étude Canari", "Tribunal Canari", "93066000ZZ7302", "2025-02-05"):
        assert text not in everything()
    # Procedures written after that have a term of their own, and join the year.
    services.judicial_save(
        by=None,
        scope=Scope.everything(),
        site_id=site.pk,
        observed_on=DAY + dt.timedelta(days=9),
        bailiff="Autre étude",
        existing_litigation=True,
    )
    assert done("judicial", term) == 0
    assert done("judicial", timezone.now() + days("JUDICIAL_KEPT_DAYS")) == 1
    row = Judicial.objects.get()
    assert (row.bailiff, row.existing_litigation, row.owner_complaint) == ("", True, True)
    assert "Autre étude" not in everything()


def test_procedures_of_an_open_site_stay(territories: Any) -> None:
    fill(make_site())
    assert done("judicial", NOW + dt.timedelta(days=10_000)) == 0
    assert done("owner_name", NOW + dt.timedelta(days=10_000)) == 0


def test_the_names_of_owners_leave_and_no_event_has_them(site: Site, settings: Any) -> None:
    term = dt.datetime.combine(CLOSED, dt.time(), timezone.get_current_timezone()) + dt.timedelta(
        days=settings.OWNER_NAME_DAYS_AFTER_CLOSING
    )
    assert done("owner_name", term - dt.timedelta(minutes=1)) == 0
    assert done("owner_name", term, dry_run=True) == 1
    assert done("owner_name", term) == 1
    assert done("owner_name", term) == 0
    row = SiteOwner.objects.get()
    assert (row.name, row.category, row.parcel) == ("", "public_local", "93066000ZZ7301")
    assert row.anonymised_on == timezone.localdate(term)
    assert "Propriétaire Canari" not in everything()
    # What else the history says of an owner stays with it.
    events = SiteEvent.objects.filter(source_table="site_owner")
    assert events
    assert not events.filter(erasure_id__isnull=False).exists()


def test_the_page_of_the_past_says_that_values_were_erased(site: Site) -> None:
    before = timezone.now()
    erase_all()
    past = site_past(Scope.everything(), site)
    changes = [change for step in past.steps for change in step.changes]
    erased = {change.table for change in changes if change.erased}
    assert erased == {"site_health_watch", "site_judicial"}
    assert all(not change.before and not change.after for change in changes if change.erased)
    rows = site_as_of(Scope.everything(), site, before)
    assert "site_health_watch" not in rows
    assert "Étude Canari" not in str(rows)
    sentences = [
        text for step in told(Scope.everything(), site, past.steps) for text in step.sentences
    ]
    assert "Veille notée : contenu effacé, sa durée de conservation est passée" in sentences


def test_seals_hold_over_an_erasure_and_over_nothing_else(site: Site, owner: Any) -> None:
    assert "conformes" in verified("--seal")
    erase_all()
    assert Erasure.objects.count() == 4
    # Of events sealed before, and of those that the erasing itself wrote.
    assert "conformes" in verified()
    assert "conformes" in verified("--seal")
    emptied = SiteEvent.objects.filter(erasure_id__isnull=False).order_by("pk")
    first, other = emptied[0], SiteEvent.objects.filter(erasure_id__isnull=True).order_by("pk")[0]
    for sql, words in (
        # Who and when of an erased event are sealed still, and so is the digest of its values.
        (f"UPDATE site_event SET context = '{{}}' WHERE id = {first.pk}", "changé"),
        (f"UPDATE site_event SET content_digest = 'x' WHERE id = {first.pk}", "changé"),
        (f"UPDATE site_event SET after = '{{\"a\": 1}}' WHERE id = {first.pk}", "sans effacement"),
        # Emptied by hand, under no erasure or under that of another row.
        (
            (
                "UPDATE site_event SET before = '{}', after = '{}', salt = NULL, content_digest ="
                f" history_content(salt, before, after) WHERE id = {other.pk}"
            ),
            "sans effacement",
        ),
        (
            (
                "UPDATE site_event SET before = '{}', after = '{}', salt = NULL, content_digest ="
                f" history_content(salt, before, after), erasure_id = {first.erasure_id}"
                f" WHERE id = {other.pk}"
            ),
            "sans effacement",
        ),
        (f"UPDATE erasure SET rule = 'autre' WHERE id = {first.erasure_id}", "changé"),
        (f"DELETE FROM erasure WHERE id = {first.erasure_id}", "au lieu de"),
    ):
        kept = (
            "CREATE TEMP TABLE kept_{0} AS SELECT * FROM {0}",
            "DELETE FROM {0}",
            "INSERT INTO {0} OVERRIDING SYSTEM VALUE SELECT * FROM kept_{0}",
            "DROP TABLE kept_{0}",
        )
        tables = ("site_event", "erasure")
        for table in tables:
            owner(kept[0].format(table))
        owner(sql)
        answer = verified()
        assert words in answer, sql
        for table in tables:
            for each in kept[1:]:
                owner(each.format(table))
    assert "conformes" in verified()


def test_seals_of_the_first_form_hold_until_they_are_sealed_again(
    site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "FORM", 1)
    verified("--seal")
    monkeypatch.undo()
    monkeypatch.setattr(sealing, "SETTLED_HOURS", 0)
    lines = (folder / sealing.FILE).read_text(encoding="utf-8").splitlines()
    bare = []
    for line in lines:
        said = json.loads(line)
        assert said.pop("form") == 1
        bare.append(json.dumps(said))
    (folder / sealing.FILE).write_text("\n".join(bare) + "\n", encoding="utf-8")
    assert "conformes" in verified()
    assert "conformes" in verified("--seal")
    erase_all()
    assert "conformes" in verified("--seal")


def test_the_application_cannot_erase_the_past(site: Site) -> None:
    number = SiteEvent.objects.order_by("pk").values_list("pk", flat=True)[0]
    for sql in (
        "SELECT history_redact('x', 'delete', 'site_judicial', '{1}', '{now}')",
        (
            "UPDATE site_event SET before = '{}', after = '{}', salt = NULL, erasure_id = 1,"
            f" content_digest = history_content(salt, before, after) WHERE id = {number}"
        ),
        "INSERT INTO erasure (rule, effect, source_table, object_id) VALUES ('x','name','y',1)",
        "DELETE FROM erasure",
    ):
        with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
            cursor.execute(sql)
    # Nor does the erasing role, but through its door, and only what a rule may erase.
    for sql, words in (
        ("UPDATE site_event SET before = '{}', after = '{}'", "permission denied"),
        ("SELECT history_redact('x', 'delete', 'site', '{1}', '{now}')", "no rule erases site"),
    ):
        with pytest.raises(DatabaseError, match=words), connections["erase"].cursor() as cursor:
            cursor.execute(sql)


def test_without_the_erasing_role_the_rule_fails_and_says_why(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(core_erasing, "ALIAS", "absent")
    found = list(retention.run(now=NOW + days("JUDICIAL_KEPT_DAYS")))
    failed = {each.rule.code for each in found if each.failed}
    assert failed >= {"health", "judicial", "owner_name"}
    assert "DATABASE_ERASE_URL" in caplog.text
    assert "Étude Canari" in everything()


def test_a_restored_database_is_erased_again(site: Site, owner: Any, folder: Path) -> None:
    tables = ("site_owner", "site_judicial", "site_health_watch", "site_event", "erasure")
    for table in tables:
        owner(f"CREATE TABLE backup_{table} AS SELECT * FROM {table}")
    try:
        erase_all()
        reduced = Judicial.objects.values().get()
        ledger = folder / erasing.FILE
        lines = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
        assert sorted((each["rule"], each["effect"]) for each in lines) == [
            ("health", "delete"),
            ("judicial", "delete"),
            ("judicial", "reduce"),
            ("owner_name", "name"),
        ]
        assert not [text for text in SECRETS if text in ledger.read_text(encoding="utf-8")]
        # The database of before comes back, its ledger with it.
        for table in tables:
            columns = ", ".join(_columns(owner, table))
            owner(f"ALTER TABLE {table} DISABLE TRIGGER USER; DELETE FROM {table}")
            owner(
                f"INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE"
                f" SELECT {columns} FROM backup_{table}"
            )
            owner(f"ALTER TABLE {table} ENABLE TRIGGER USER; DROP TABLE backup_{table}")
    finally:
        for table in tables:
            owner(f"DROP TABLE IF EXISTS backup_{table}")
    assert not [text for text in ERASED if text not in everything()]
    assert replayed("--dry-run") == "health : 1, judicial : 2, owner_name : 1"
    assert not [text for text in ERASED if text not in everything()]
    assert replayed() == "health : 1, judicial : 2, owner_name : 1"
    assert not [text for text in ERASED if text in everything()]
    again = Judicial.objects.values().get()
    assert again | {"entered_at": None} == reduced | {"entered_at": None}
    assert replayed() == "health : 0, judicial : 0, owner_name : 0"


def replayed(*options: str) -> str:
    out = StringIO()
    call_command("replay_erasures", *options, stdout=out)
    steps = out.getvalue().splitlines()[:-1]
    return ", ".join(line.split(" s  ")[1].replace(" ligne(s)", "") for line in steps)


def _columns(owner: Any, table: str) -> list[str]:
    rows = owner(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        " AND is_generated = 'NEVER'",
        [table],
    ).fetchall()
    return [f'"{name}"' for (name,) in rows]

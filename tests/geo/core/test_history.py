"""The history: every way of writing leaves an event, with who and why, and nobody rewrites it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from geo.accounts.enums import Level, Role
from geo.accounts.models import AccountEvent, FeedToken, Membership, User
from geo.core import rls, tracing
from geo.core.exactly import EXACT_ONLY, WHOLLY
from geo.core.jobs import _as
from geo.core.scope import Areas, DataClass, Reach, Scope
from geo.sites.actors import site_actor_name
from geo.sites.models import Population, Site, SiteEvent, SiteLocation
from geo.sites.services import site_update
from tests.geo.sites.files import GOOD, HEADER, run, written
from tests.support.factories import close_site, make_site, make_user
from tests.support.restricted import CANARIES, fill

pytestmark = pytest.mark.django_db
DAY = dt.date(2025, 1, 10)
REFUSED = ("permission denied", "must be owner", "never written by hand")


@pytest.fixture
def site(territories: Any) -> Site:
    made: Site = make_site(population={"people": 40}, observed_on=DAY)
    return made


def last(site: Site, table: str) -> SiteEvent:
    found = SiteEvent.objects.filter(site_id=site.pk, source_table=table).order_by("-id").first()
    assert found is not None, table
    return found


def test_a_service_leaves_the_columns_that_changed(site: Site) -> None:
    assert last(site, "site_location").operation == "insert"
    site_update(
        by=None, scope=Scope.nation(), site_id=site.pk, version=None, name="Autre appellation"
    )
    event = last(site, "site_location")
    assert (event.before, event.after) == ({"name": "Site inventé"}, {"name": "Autre appellation"})
    assert event.data_class == "place"


def test_update_and_raw_sql_are_seen_and_a_save_without_change_is_not(site: Site) -> None:
    Population.objects.filter(site=site).update(people=57)
    event = last(site, "site_population")
    assert (event.before, event.after) == ({"people": 40}, {"people": 57})
    with connection.cursor() as cursor:
        cursor.execute("UPDATE site SET heatwave_risk = true WHERE id = %s", [site.pk])
    event = last(site, "site")
    assert (event.before, event.after) == ({"heatwave_risk": False}, {"heatwave_risk": True})
    before = SiteEvent.objects.count()
    Population.objects.get(site=site).save()
    assert SiteEvent.objects.count() == before


def test_a_deletion_keeps_what_was_there(site: Site) -> None:
    Population.objects.filter(site=site).delete()
    event = last(site, "site_population")
    assert (event.operation, event.before["people"], event.after) == ("delete", 40, {})
    number = site.pk
    Site.objects.filter(pk=number).delete()
    assert SiteEvent.objects.filter(
        site_id=number, source_table="site", operation="delete"
    ).exists()


def test_who_and_why_go_with_a_write_and_nothing_is_told_outside(site: Site) -> None:
    assert last(site, "site").context is None
    act = tracing.Act("web", "site_edit", "r'%s", lambda: tracing.Person(7, 8))
    with tracing.acting(act):
        Site.objects.filter(pk=site.pk).update(heatwave_risk=True)
    told = {"source": "web", "why": "site_edit", "request": "r'%s", "user": 7, "organisation": 8}
    assert last(site, "site").context == told
    job = _as("tri", Scope.nation(), Site.objects.filter(pk=site.pk).update)
    job(heatwave_risk=False)
    assert last(site, "site").context == {"source": "job", "why": "tri"}


def test_a_request_is_told_with_its_person_and_route(site: Site, client: Any) -> None:
    person = make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93")
    client.force_login(person)
    assert client.post(f"/sites/{site.pk}/confirmer/").status_code == 302
    context = last(site, "site").context
    assert (context["user"], context["organisation"]) == (person.pk, person.organisation_id)
    assert (context["source"], context["why"]) == ("web", "site_confirm")
    assert context["request"]


def test_the_import_is_told_as_its_command(site: Site, tmp_path: Any) -> None:
    run(written(tmp_path, f"{HEADER}\n{GOOD}\n"), "--write")
    imported = Site.objects.get(reference="A-1")
    event = SiteEvent.objects.get(site_id=imported.pk, source_table="site_location")
    assert event.context["source"] == "command"
    assert event.context["why"] == "import_sites"


def test_accounts_leave_events_without_name_nor_secret() -> None:
    person = make_user(Role.OPERATOR, Level.DEPARTEMENT, "93", "secret.canari@example.test")
    person.set_password("une autre phrase de passe")
    person.full_name = "Nom Canari"
    person.save()
    Membership.objects.filter(user=person).update(role=Role.CORRESPONDENT)
    events = AccountEvent.objects.filter(user_id=person.pk)
    assert events.filter(source_table="account", after__full_name="…").exists()
    changed = events.get(source_table="membership", operation="update")
    assert (changed.before, changed.after) == ({"role": "operator"}, {"role": "correspondent"})
    kept = str(list(events.values("before", "after")))
    for secret in ("canari", "Canari", "argon2", "password"):
        assert secret not in kept
    assert {field.column for field in FeedToken._meta.fields} >= {"digest"}


@pytest.mark.parametrize("table", ["site_event", "account_event"])
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE {} SET context = NULL",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "ALTER TABLE {} DISABLE TRIGGER ALL",
        (
            "INSERT INTO {} (source_table, object_id, operation, before, after{columns})"
            " VALUES ('site', 1, 'update', '{{}}', '{{}}'{values})"
        ),
    ],
)
def test_the_application_cannot_write_the_past(site: Site, table: str, sql: str) -> None:
    of_site = table == "site_event"
    columns = ", site_id, areas, data_class" if of_site else ""
    values = ", 1, '{}', 'general'" if of_site else ""
    with (
        pytest.raises(DatabaseError, match="|".join(REFUSED)),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql.format(table, columns=columns, values=values))


def reader(code: str, *classes: DataClass, blurred: bool = False) -> Scope:
    areas = Areas.of("departement", [code])
    general = Reach(grid=areas) if blurred else Reach(exact=areas)
    return Scope(
        reaches=(
            (DataClass.GENERAL, general),
            *((each, Reach(exact=areas)) for each in classes),
        )
    )


def read(scope: Scope, *, first_wall: bool, second_wall: bool) -> str:
    rows = SiteEvent.objects.visible_to(scope) if first_wall else SiteEvent.objects.all()
    with rls.reading(scope if second_wall else Scope.everything()):
        return str(list(rows.values("before", "after")))


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True)])
def test_each_wall_keeps_each_class_from_who_may_not_read_it(
    site: Site, first: bool, second: bool
) -> None:
    fill(site)
    kept = {
        each: [text for text in texts if text != "Propriétaire Canari"]
        for each, texts in CANARIES.items()
    }
    walls = {"first_wall": first, "second_wall": second}
    for readable in (None, *kept):
        text = read(reader("93", *filter(None, [readable])), **walls)
        assert "Site inventé" in text
        for each, canaries in kept.items():
            for canary in canaries:
                assert (canary in text) == (each == readable), (readable, canary)
    assert "Propriétaire Canari" not in read(Scope.everything(), **walls)
    assert read(reader("13", *kept), **walls) == "[]"
    blurred = read(reader("93", blurred=True), **walls)
    assert "'people': 40" in blurred
    for hidden in ("Site inventé", "coordinates", "2.35", "grid_point"):
        assert hidden not in blurred


def test_a_site_that_moves_takes_its_history_along(site: Site) -> None:
    mover = make_user(Role.NATIONAL_ADMIN)
    with transaction.atomic():
        location = SiteLocation.objects.get(pk=site.pk)
        location.geom.x, location.geom.y = 5.40, 43.30
        location.save()
    assert isinstance(mover, User)
    for walls in (
        {"first_wall": True, "second_wall": False},
        {"first_wall": False, "second_wall": True},
    ):
        assert "Site inventé" in read(reader("13"), **walls)
        assert read(reader("93"), **walls) == "[]"


OF_CLOSING = ("Contexte canari", "Réponse canari", "Orientation canari")
TEXTS = (*OF_CLOSING, "Retour canari", "Social canari")


def tell(site: Site) -> None:
    """Write, change and delete what is told to readers of the exact place alone."""
    Population.objects.filter(site=site).update(census_by="Social canari", people=41)
    Site.objects.filter(pk=site.pk).update(reinstallation_comments="Retour canari")
    close_site(
        site,
        context=OF_CLOSING[0],
        comment=OF_CLOSING[1],
        solutions=[{"type": "other", "people": 3, "message": OF_CLOSING[2]}],
    )
    named = make_user(Role.INTERVENER, Level.DEPARTEMENT, "93")
    site_actor_name(by=None, scope=Scope.nation(), site_id=site.pk, user=named, themes=["health"])
    Population.objects.filter(site=site).delete()


@pytest.mark.parametrize(("first", "second"), [(True, True), (True, False), (False, True)])
def test_each_wall_keeps_texts_and_names_from_who_is_not_told_the_place(
    site: Site, first: bool, second: bool
) -> None:
    tell(site)
    walls = {"first_wall": first, "second_wall": second}
    whole, less = read(reader("93"), **walls), read(reader("93", blurred=True), **walls)
    for text in (*TEXTS, "'themes'"):
        assert text in whole
        assert text not in less
    # What the sheet tells of the same rows is told.
    for told in ("'cause': 'closed_by_justice'", "'people': 41", "'type': 'other'"):
        assert told in less


def test_a_change_of_both_kinds_is_two_events_of_one_moment(site: Site) -> None:
    Population.objects.filter(site=site).update(census_by="Social canari", people=41)
    both = SiteEvent.objects.filter(site_id=site.pk, operation="update").order_by("pk")
    assert [(each.data_class, each.after) for each in both] == [
        ("general", {"people": 41}),
        ("place", {"census_by": "Social canari"}),
    ]
    assert both[0].at == both[1].at
    Population.objects.filter(site=site).update(census_by="")
    assert last(site, "site_population").before == {"census_by": "Social canari"}
    assert SiteEvent.objects.filter(site_id=site.pk, operation="update").count() == 3


def test_what_the_triggers_set_apart_is_what_the_sheet_and_the_history_withhold() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, encode(tgargs, 'escape') FROM pg_trigger"
            " WHERE tgname LIKE 'zz\\_%\\_history'"
        )
        triggers = {table: args.split("\\000")[:-1] for table, args in cursor.fetchall()}
    apart = {table: tuple(args[4].split(",")) for table, args in triggers.items() if args[4:]}
    assert apart == EXACT_ONLY
    assert {table for table in WHOLLY if triggers[table][1] == "place"} == WHOLLY
    # A text of general data that a person types is one of them, or a reference.
    general = [table for table, args in triggers.items() if args[:2] == ["site_event", "general"]]
    free = {
        (model._meta.db_table, field.column)
        for model in rls.protected_models()
        for field in model._meta.concrete_fields
        if model._meta.db_table in general
        and field.get_internal_type() in {"CharField", "TextField"}
        and not field.choices
    }
    named = {(table, column) for table, columns in EXACT_ONLY.items() for column in columns}
    assert free - named == {("site", "reference")}

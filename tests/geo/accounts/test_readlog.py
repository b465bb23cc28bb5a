"""The log of reads: written first, never changed, and nothing is given without it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from geo.accounts.enums import Level, Role
from geo.accounts.life.reads import reads_by
from geo.accounts.models import ReadAlert, ReadLog, ReadPurpose
from geo.accounts.readers import reads_of
from geo.accounts.readlog import ReadLogUnavailable, log_read
from geo.core import rls
from geo.core.scope import Areas, DataClass, Reach, Scope, Verb
from tests.support.factories import make_site, make_user

HEALTH, CONSULT = DataClass.HEALTH, ReadPurpose.CONSULT

READ: dict[str, Any] = {
    "data_classes": [DataClass.OWNER, DataClass.JUDICIAL, DataClass.OWNER],
    "route": "site",
    "object_ids": [12, 7, 12],
    "purpose": ReadPurpose.CONSULT,
    "request_id": "abc",
}


def test_a_read_is_one_line_for_each_class(db: None) -> None:
    user = make_user(Role.NATIONAL_ADMIN)
    log_read(by=user, **READ)
    lines = list(ReadLog.objects.order_by("data_class"))
    assert [line.data_class for line in lines] == ["judicial", "owner"]
    assert {line.user_id for line in lines} == {user.pk}
    assert {line.organisation_id for line in lines} == {user.organisation_id}
    assert all(line.object_ids == [7, 12] and line.count == 2 for line in lines)
    assert all(line.at is not None and line.request_id == "abc" for line in lines)


def test_a_line_outlives_the_account(db: None) -> None:
    user = make_user(Role.NATIONAL_ADMIN)
    log_read(by=user, **READ)
    key = user.pk
    user.delete()
    assert set(ReadLog.objects.values_list("user_id", flat=True)) == {key}


@pytest.mark.parametrize("statement", ["UPDATE read_log SET count = 0", "DELETE FROM read_log"])
def test_the_application_changes_no_line(db: None, statement: str) -> None:
    log_read(by=None, **READ)
    with pytest.raises(DatabaseError, match="read_log"), transaction.atomic():
        connection.cursor().execute(statement)
    assert ReadLog.objects.count() == 2


def test_without_the_line_the_read_is_refused(db: None) -> None:
    with pytest.raises(ReadLogUnavailable) as refusal:
        log_read(by=None, **{**READ, "purpose": "curiosity"})
    assert refusal.value.status == 503
    assert ReadLog.objects.count() == 0


PLACES = (
    (Level.NATION, ""),
    (Level.REGION, "11"),
    (Level.REGION, "93"),
    (Level.DEPARTEMENT, "93"),
    (Level.DEPARTEMENT, "13"),
    (Level.EPCI, "200054781"),
    (Level.EPCI, "200054807"),
    (Level.COMMUNE, "93066"),
    (Level.COMMUNE, "93008"),
    (Level.COMMUNE, "13055"),
)


def administering(level: Level, code: str) -> Scope:
    areas = Areas.of(level.value, [code])
    return Scope(
        reaches=((DataClass.GENERAL, Reach(exact=areas)),), verbs=((Verb.ADMINISTER, areas),)
    )


def test_the_second_wall_gives_the_lines_of_ones_own_people_and_no_other(
    territories: dict[str, Any],
) -> None:
    people = [
        make_user(Role.OPERATOR, level, code, f"p{number}@example.test")
        for number, (level, code) in enumerate(PLACES)
    ]
    for each in people:
        # About no site: seen by the people's territories alone.
        log_read(by=each, data_classes=[HEALTH], route="x", object_ids=[], purpose=CONSULT)
        ReadAlert.objects.create(user=each, day="2026-01-02", kind="sheets", count=777)
    log_read(by=None, data_classes=[HEALTH], route="x", object_ids=[], purpose=CONSULT)
    for level, code in PLACES:
        scope = administering(level, code)
        expected = set(reads_by(scope).values_list("user_id", flat=True))
        with rls.reading(scope):
            assert set(ReadLog.objects.values_list("user_id", flat=True)) == expected, code
            assert set(ReadAlert.objects.values_list("user_id", flat=True)) == expected - {None}
        assert expected, code
    # Whoever administers nothing reads their own lines; nobody reads none.
    with rls.reading(Scope.public(), lambda: people[3].pk):
        assert set(ReadLog.objects.values_list("user_id", flat=True)) == {people[3].pk}
        assert ReadAlert.objects.count() == 1
    with rls.reading(Scope.public()):
        assert not ReadLog.objects.exists()
        assert not ReadAlert.objects.exists()
        assert ReadAlert.objects.all().delete()[0] == 0
    assert ReadAlert.objects.count() == len(PLACES)


def test_the_second_wall_gives_who_read_the_sites_that_one_administers(
    territories: dict[str, Any],
) -> None:
    here, far = make_site(), make_site(5.38, 43.31)
    reader = make_user(Role.NATIONAL_ADMIN, email="lectrice@example.test")
    for each in (here, far):
        log_read(by=reader, data_classes=[HEALTH], route="x", object_ids=[each.pk], purpose=CONSULT)
    since = timezone.now() - dt.timedelta(days=1)
    with rls.reading(administering(Level.DEPARTEMENT, "93")):
        assert [line.object_ids for line in ReadLog.objects.all()] == [[here.pk]]
        assert len(reads_of(here.pk, HEALTH, since)) == 1
        assert reads_of(far.pk, HEALTH, since) == []

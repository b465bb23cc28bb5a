"""Unusual volumes of reading: the threshold, within an hour, told once a day to the right ones."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from geo.accounts.enums import Level, Role
from geo.accounts.life.reads import told_of
from geo.accounts.models import ReadAlert, ReadLog, ReadPurpose, User
from geo.accounts.readlog import log_read
from geo.core.scope import DataClass
from tests.support.factories import make_user
from tests.support.jobs import run_jobs

pytestmark = pytest.mark.django_db
CONSULT, EXPORT, PRINT = ReadPurpose.CONSULT, ReadPurpose.EXPORT, ReadPurpose.PRINT


@pytest.fixture
def limits(settings: Any) -> None:
    settings.READ_ALERT_SHEETS, settings.READ_ALERT_ROWS = 3, 10


@pytest.fixture
def reader(territories: Any, limits: None) -> User:
    return make_user(Role.OPERATOR, Level.DEPARTEMENT, "93", "lectrice@example.test")


def read(by: User | None, *ids: int, purpose: Any = CONSULT, count: int | None = None) -> None:
    log_read(
        by=by,
        data_classes=[DataClass.OWNER, DataClass.HEALTH],
        route="site",
        object_ids=ids,
        purpose=purpose,
        count=count,
    )


def alerts() -> list[tuple[str, int]]:
    return list(ReadAlert.objects.order_by("id").values_list("kind", "count"))


def test_sheets_over_the_threshold_are_told_once(reader: User, admin_93: User) -> None:
    for number in (1, 2, 3, 3, 2):
        read(reader, number)
    assert alerts() == []  # as many sheets as the threshold, however often and by two classes
    read(reader, 4)
    assert alerts() == [("sheets", 4)]
    read(reader, 5)
    assert alerts() == [("sheets", 4)]
    run_jobs()
    assert [sent.to for sent in mail.outbox] == [[admin_93.email]]
    text = mail.outbox[0].subject + mail.outbox[0].body
    assert f"/compte/administration/lectures/?personne={reader.pk}" in text
    assert reader.full_name not in text
    assert reader.email not in text


def test_rows_of_exports_count_once_whatever_their_classes(reader: User) -> None:
    read(reader, 1, purpose=EXPORT, count=6)
    read(reader, 1, purpose=EXPORT, count=4)
    assert alerts() == []
    read(reader, 1, purpose=EXPORT, count=1)
    assert alerts() == [("export", 11)]


def test_what_is_printed_is_taken_out_as_well(reader: User) -> None:
    read(reader, *range(7), purpose=PRINT)
    assert alerts() == []
    read(reader, *range(4), purpose=EXPORT)
    assert alerts() == [("export", 11)]


def test_what_is_old_or_of_others_raises_nothing(reader: User) -> None:
    other = make_user(Role.OPERATOR, Level.DEPARTEMENT, "93", "autre@example.test")
    ReadLog.objects.create(
        at=timezone.now() - dt.timedelta(minutes=61),
        user=reader,
        data_class="owner",
        route="site",
        purpose="consult",
        object_ids=[1, 2, 3],
        count=3,
    )
    read(other, 4, 5, 6)
    read(reader, 7)
    read(None, *range(100))
    assert alerts() == []


def test_an_administrator_is_not_told_of_themselves(admin_93: User, national_admin: User) -> None:
    assert told_of(admin_93) == [national_admin]
    second = make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93", "seconde@example.test")
    assert told_of(admin_93) == [second]
    assert national_admin not in told_of(national_admin)

"""The log of reads: written first, never changed, and nothing is given without it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from geo.accounts.enums import Role
from geo.accounts.models import ReadLog, ReadPurpose
from geo.accounts.readlog import ReadLogUnavailable, log_read
from geo.core.scope import DataClass
from tests.support.factories import make_user

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

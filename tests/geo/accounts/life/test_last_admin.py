"""The nation always keeps somebody who opens accounts, whoever acts at the same time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from geo.accounts.enums import Level, Role
from geo.accounts.life.people import (
    account_anonymise,
    account_deactivate,
    is_last_national_admin,
    role_add,
    role_remove,
)
from geo.accounts.models import Membership, User
from geo.accounts.scopes import scope_for
from geo.accounts.services import membership_grant
from geo.core.errors import Conflict
from tests.support.at_once import at_once
from tests.support.factories import make_user

TOMORROW = timezone.localdate() + dt.timedelta(days=1)


def national(name: str, **fields: Any) -> User:
    user = make_user(Role.NATIONAL_ADMIN, Level.NATION, "", email=f"{name}@example.test")
    membership_grant(user=user, role=Role.LOCAL_ADMIN, level=Level.DEPARTEMENT, code="93")
    Membership.objects.filter(user=user, role=Role.NATIONAL_ADMIN).update(**fields)
    return user


def withdraw(by: User, user: User) -> None:
    held = user.memberships.get(role=Role.NATIONAL_ADMIN)
    role_remove(by=by, scope=scope_for(by), user_id=user.pk, membership_id=held.pk)


def deactivate(by: User, user: User) -> None:
    account_deactivate(by=by, scope=scope_for(by), user_id=user.pk)


def anonymise(by: User, user: User) -> None:
    account_anonymise(by=by, scope=scope_for(by), user_id=user.pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", [withdraw, deactivate])
@pytest.mark.parametrize("second", [withdraw, deactivate, anonymise])
def test_two_who_end_each_other_at_once_do_not_both_succeed(
    territories: Any,
    first: Callable[[User, User], None],
    second: Callable[[User, User], None],
) -> None:
    one, two = national("un"), national("deux")
    refused: list[str] = []

    def attempt(work: Callable[[User, User], None], by: User, user: User) -> None:
        try:
            work(by, user)
        except Conflict as error:
            refused.append(error.message)

    at_once(lambda: attempt(first, one, two), lambda: attempt(second, two, one))
    assert len(refused) == 1
    assert "dernière personne" in refused[0]
    left = Membership.objects.current().filter(role=Role.NATIONAL_ADMIN, user__is_active=True)
    assert left.count() == 1


@pytest.mark.django_db
def test_a_role_that_is_to_end_does_not_count_for_another(territories: Any) -> None:
    lasting, passing = national("un"), national("deux", ends_on=TOMORROW)
    assert is_last_national_admin(lasting)
    assert not is_last_national_admin(passing)
    with pytest.raises(Conflict):
        withdraw(passing, lasting)
    with pytest.raises(Conflict):
        role_add(
            by=passing,
            scope=scope_for(passing),
            user_id=lasting.pk,
            role=Role.NATIONAL_ADMIN,
            places=[(Level.NATION, "")],
            ends_on=TOMORROW,
        )
    withdraw(lasting, passing)

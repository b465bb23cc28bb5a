"""Remembered rights: one query where nothing changed, and nothing of what was withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from geo.accounts.enums import Level, Role
from geo.accounts.models import FeedToken, Membership, Organisation, User
from geo.accounts.remembered import scope_of
from geo.accounts.scopes import scope_for
from geo.core.scope import Scope
from geo.sites.actors import site_actor_name, site_actor_remove
from geo.territories.models import Commune, Departement
from tests.geo.accounts.grants import make_grant
from tests.support.factories import make_site, make_user

pytestmark = pytest.mark.django_db


def test_rights_are_resolved_once_while_nothing_changes(territories: Any) -> None:
    user = make_user(Role.PARTNER, Level.COMMUNE, "93066")
    first = scope_of(user)
    assert first == scope_for(user)
    with CaptureQueriesContext(connection) as queries:
        assert scope_of(user) == first
    assert len(queries) == 1


CHANGES: dict[str, Callable[[User], Any]] = {
    "role ended": lambda user: Membership.objects.filter(user=user).delete(),
    "role elsewhere": lambda user: Membership.objects.filter(user=user).update(code="93008"),
    "grant": lambda user: make_grant(user=user, option="access_owner"),
    "organisation": lambda user: Organisation.objects.update(type="other"),
    "territory": lambda user: Commune.objects.filter(code="93066").update(
        departement=Departement.objects.get(code="13")
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_shows_at_the_next_request(
    territories: Any, change: Callable[[User], Any]
) -> None:
    make_user(Role.NATIONAL_ADMIN, email="granter@example.test")
    Organisation.objects.create(name="Structure inventée", type="operator")
    user = make_user(Role.PARTNER, Level.COMMUNE, "93066")
    scope_of(user)
    change(user)
    with CaptureQueriesContext(connection) as queries:
        assert scope_of(user) == scope_for(user)
    # Read again, not met by chance.
    assert len(queries) > 2


def test_being_named_on_a_site_shows_at_the_next_request(territories: Any) -> None:
    site = make_site(2.35, 48.93)
    user = make_user(Role.INTERVENER, Level.DEPARTEMENT, "93")
    assert not scope_of(user).sees_sites
    site_actor_name(by=None, scope=Scope.nation(), site_id=site.pk, user=user, themes=[])
    assert scope_of(user).reach().sites == (site.pk,)
    site_actor_remove(scope=Scope.nation(), site_id=site.pk, user=user)
    assert not scope_of(user).sees_sites


def test_a_token_is_never_answered_as_its_owner(territories: Any) -> None:
    user = make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "93")
    own = scope_of(user)
    narrow = FeedToken(user=user, collections=["sites"], areas=["commune:93066"])
    assert scope_of(user, narrow) == scope_for(user, narrow) != own
    user.is_active = False
    assert scope_of(user) == Scope.public()

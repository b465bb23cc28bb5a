"""The demonstration's requests and invitation: there once, for the administration of the 93."""

from __future__ import annotations

import pytest

from demo.access import INVITED, REQUESTS, access_load
from demo.accounts import DOMAIN
from geo.accounts.life.charter import charter_is_accepted
from geo.accounts.life.people import invitations_of
from geo.accounts.life.requests import access_request_refuse, requests_to_treat
from geo.accounts.models import User
from geo.accounts.scopes import scope_for

pytestmark = pytest.mark.usefixtures("demo")


def test_something_waits_for_the_administration_once() -> None:
    admin = User.objects.get(email=f"local-admin.93@{DOMAIN}")
    scope = scope_for(admin)
    waiting = requests_to_treat(scope)
    assert {each.email for each in waiting} == {each["email"] for each in REQUESTS}
    assert [each.email for each in invitations_of(scope)] == [INVITED]
    assert requests_to_treat(scope_for(User.objects.get(email=f"local-admin.13@{DOMAIN}"))) == []
    # Once treated, it does not come back.
    access_request_refuse(by=admin, scope=scope, request_id=waiting[0].pk, reason="Essai inventé")
    assert access_load() == 0


def test_the_charter_does_not_stop_the_demonstration() -> None:
    users = User.objects.filter(email__endswith=f"@{DOMAIN}")
    assert users
    assert all(charter_is_accepted(user) for user in users)

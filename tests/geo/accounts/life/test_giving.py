"""Giving a role: never beyond one's own rights, and found again by who may give it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from geo.accounts.enums import Role
from geo.accounts.life import people
from geo.accounts.life.invitations import invitation_create, role_accept
from geo.accounts.models import Invitation, Membership, User
from geo.accounts.scopes import scope_for
from geo.accounts.services import NATIONAL, organisation_get_or_create
from geo.accounts.within import scope_within
from geo.core.errors import DomainError
from tests.support.factories import make_departement, make_user

pytestmark = pytest.mark.django_db


def test_a_region_of_one_departement_lies_in_it(admin_93: User) -> None:
    """As overseas: what may be given there is found again in the list of the people."""
    scope = scope_for(admin_93)
    theirs = make_user(Role.CORRESPONDENT, "region", "11", "une@example.test")
    elsewhere = make_user(Role.CORRESPONDENT, "region", "93", "autre@example.test")
    assert people.people_of(scope).filter(pk=theirs.pk).exists()
    make_departement("92", "Hauts-de-Seine", "11", (2.1, 48.7, 2.3, 48.9))
    assert not people.people_of(scope).filter(pk__in=[theirs.pk, elsewhere.pk]).exists()


PLACES = [
    ("nation", ""),
    ("region", "11"),
    ("region", "93"),
    ("departement", "93"),
    ("departement", "13"),
    ("epci", "200054781"),
    ("commune", "93066"),
    ("commune", "13001"),
]


@settings(max_examples=80, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_nobody_gives_beyond_themselves(territories: Any, data: st.DataObject) -> None:
    Invitation.objects.all().delete()
    User.objects.filter(email__startswith="tire").delete()
    roles = st.sampled_from([*Role])
    giver = User.objects.create_user("tireur@example.test", None, full_name="Qui donne")
    for _ in range(data.draw(st.integers(1, 2))):
        level, code = data.draw(st.sampled_from(PLACES))
        role = data.draw(roles)
        # As the services would have it: national roles on the nation, and no other there.
        assume((role in NATIONAL) == (level == "nation"))
        Membership.objects.get_or_create(user=giver, role=role, level=level, code=code)
    receiver = User.objects.create_user("tire@example.test", None, full_name="Qui reçoit")
    places = data.draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=2, unique=True))
    role = data.draw(roles)
    scope = scope_for(giver)
    try:
        offered = invitation_create(
            by=giver,
            scope=scope,
            email=receiver.email,
            full_name="Qui reçoit",
            organisation=organisation_get_or_create(
                name="Association inventée", kind="association"
            ),
            role=role,
            places=places,
        )
    except DomainError:
        event("refused")
        assert not receiver.memberships.exists()
        return
    event("given")
    assert not receiver.memberships.exists()
    role_accept(user=receiver, invitation_id=offered.pk)
    assert scope_within(scope_for(receiver), scope)
    assert people.people_of(scope).filter(pk=receiver.pk).exists()

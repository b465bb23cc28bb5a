"""Options given with a role: granted once it is taken, never beyond the giver."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from geo.accounts.enums import Level, OptionKind, Role
from geo.accounts.granting import options_held, rights_refuse
from geo.accounts.life.invitations import (
    invitation_accept,
    invitation_of,
    invitation_token,
    role_accept,
)
from geo.accounts.life.options import Options
from geo.accounts.life.requests import access_request_create
from geo.accounts.models import Grant, Invitation, User
from geo.accounts.scopes import scope_for
from geo.core.errors import Forbidden, InvalidInput, NotFound
from geo.core.scope import DataClass, Verb
from tests.geo.accounts.life.test_life import ASKED, PASSWORD, accept, invite
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db
END = timezone.localdate() + dt.timedelta(days=90)


def options(*names: str, **terms: Any) -> Options:
    values = {"reason": "Un motif inventé", "ends_on": END} | terms
    return Options(tuple(map(str, names)), **values)


def test_options_of_an_invitation_are_granted_when_the_account_is_opened(admin_93: User) -> None:
    wanted = (OptionKind.ACCESS_OWNER, OptionKind.ACCESS_JUDICIAL)
    made = invite(admin_93, options=options(*wanted))
    assert not Grant.objects.exists()
    link = invitation_token(made)
    assert invitation_of(link) == made
    # The link is of what it gives, the options included.
    Invitation.objects.update(options_end_on=END + dt.timedelta(days=1))
    with pytest.raises(NotFound):
        invitation_of(link)
    user = invitation_accept(invitation_id=made.pk, password=PASSWORD)
    grants = {each.option: each for each in Grant.objects.filter(user=user)}
    assert set(grants) == {each.value for each in wanted}
    owner = grants[OptionKind.ACCESS_OWNER.value]
    assert (owner.granted_by, owner.level, owner.code) == (admin_93, "departement", "93")
    assert (owner.reason, owner.ends_on) == ("Un motif inventé", END + dt.timedelta(days=1))
    scope = scope_for(user)
    assert scope.reach(DataClass.OWNER).exact.departements == ("93",)
    # The judicial waits for its second approval.
    assert grants[OptionKind.ACCESS_JUDICIAL.value].pending
    assert not scope.reach(DataClass.JUDICIAL)


def test_options_go_with_the_role_that_somebody_with_an_account_takes(admin_93: User) -> None:
    known = make_user(Role.OBSERVER, Level.DEPARTEMENT, "93", "invitee@example.test")
    asked = access_request_create(**ASKED | {"email": known.email})
    assert asked is not None
    offered = accept(admin_93, asked, options=options(OptionKind.CREATE_SITE))
    assert offered is not None
    assert not Grant.objects.exists()
    role_accept(user=known, invitation_id=offered.pk)
    assert scope_for(known).where(Verb.CREATE).communes == ("93066",)


@pytest.mark.parametrize(
    ("fields", "given", "field"),
    [
        ({}, options("police"), "options"),
        ({"role": Role.OBSERVER}, options(OptionKind.ACCESS_OWNER), "options"),
        ({}, options(OptionKind.ACCESS_OWNER, reason=" "), "options_reason"),
        ({}, options(OptionKind.ACCESS_OWNER, ends_on=None), "options_end_on"),
        ({}, options(OptionKind.ACCESS_OWNER, ends_on=END.replace(year=2999)), "options_end_on"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    admin_93: User, fields: dict[str, Any], given: Options, field: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        invite(admin_93, options=given, **fields)
    assert error.value.field == field
    assert not Invitation.objects.exists()


def test_nobody_gives_by_an_invitation_an_option_beyond_their_own_rights(
    admin_93: User, national_admin: User
) -> None:
    def refused() -> None:
        rights_refuse(
            by=national_admin, scope=scope_for(national_admin), holder=admin_93,
            data_class="owner", letters="V", reason="Inventé", ends_on=END,
        )  # fmt: skip

    refused()
    assert OptionKind.ACCESS_OWNER not in options_held(scope_for(admin_93))
    assert OptionKind.ACCESS_JUDICIAL in options_held(scope_for(admin_93))
    with pytest.raises(Forbidden):
        invite(admin_93, options=options(OptionKind.ACCESS_OWNER))
    # Lost between the invitation and the account: it opens, without them.
    Grant.objects.all().delete()
    made = invite(admin_93, options=options(OptionKind.ACCESS_OWNER))
    refused()
    user = invitation_accept(invitation_id=made.pk, password=PASSWORD)
    assert user.memberships.count() == 1
    assert not Grant.objects.filter(user=user).exists()

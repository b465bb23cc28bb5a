"""Requests, invitations, activation: single use, delays, nobody beyond their own rights."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from geo.accounts.enums import Level, Role
from geo.accounts.life import tasks
from geo.accounts.life.giving import administrators_of
from geo.accounts.life.invitations import (
    invitation_accept,
    invitation_create,
    invitation_of,
    invitation_renew,
    invitation_token,
    invitation_withdraw,
    pending_invitations,
    role_accept,
)
from geo.accounts.life.requests import (
    access_request_accept,
    access_request_create,
    access_request_refuse,
    requests_to_treat,
)
from geo.accounts.models import AccessRequest, Invitation, User
from geo.accounts.scopes import scope_for
from geo.accounts.services import organisation_get_or_create
from geo.core.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    TooCostly,
)
from geo.core.scope import Scope
from tests.support.factories import make_user
from tests.support.jobs import run_jobs

pytestmark = pytest.mark.django_db
PASSWORD = "une suite inventée de mots sans lien"
ASKED: dict[str, Any] = {
    "email": "Nouvelle.Personne@example.test",
    "full_name": "Nouvelle personne inventée",
    "organisation": "Association inventée",
    "organisation_type": "association",
    "role": Role.OPERATOR,
    "place": (Level.COMMUNE, "93066"),
    "reason": "Un motif inventé et confidentiel",
}


def organisation() -> Any:
    return organisation_get_or_create(name="Association inventée", kind="association")


def invite(by: User, **fields: Any) -> Invitation:
    values: dict[str, Any] = {
        "email": "invitee@example.test",
        "full_name": "Personne invitée",
        "organisation": organisation(),
        "role": Role.PARTNER,
        "places": [(Level.DEPARTEMENT, "93")],
    }
    return invitation_create(by=by, scope=scope_for(by), **(values | fields))


def later(**delta: int) -> dt.datetime:
    return timezone.now() + dt.timedelta(**delta)


def test_a_request_goes_to_the_territory_and_says_nothing_of_the_person(
    admin_93: User, national_admin: User
) -> None:
    make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "13")
    asked = access_request_create(**ASKED)
    assert asked is not None
    run_jobs()
    (sent,) = mail.outbox
    assert sent.to == [admin_93.email]
    told = sent.subject + sent.body
    assert f"/compte/administration/demandes/{asked.pk}/" in told
    assert "Saint-Denis (93066)" in told
    for private in (asked.email, asked.full_name, asked.organisation, asked.reason):
        assert private not in told
    assert requests_to_treat(scope_for(admin_93)) == [asked]
    assert requests_to_treat(scope_for(national_admin)) == [asked]
    assert requests_to_treat(scope_for(make_user(Role.CORRESPONDENT, "departement", "93"))) == []
    assert requests_to_treat(scope_for(User.objects.get(memberships__code="13"))) == []


def test_without_a_local_administrator_the_nation_is_told(
    territories: Any, national_admin: User
) -> None:
    assert administrators_of("departement", "13") == [national_admin]
    asleep = make_user(Role.LOCAL_ADMIN, Level.DEPARTEMENT, "13")
    assert administrators_of("commune", "13001") == [asleep]
    asleep.is_active = False
    asleep.save()
    assert administrators_of("commune", "13001") == [national_admin]
    region = make_user(Role.LOCAL_ADMIN, Level.REGION, "11")
    assert administrators_of("epci", "200054781") == [region]


def test_asking_twice_or_with_an_account_changes_nothing_to_the_answer(admin_93: User) -> None:
    assert access_request_create(**ASKED) is not None
    assert access_request_create(**ASKED) is None
    assert access_request_create(**ASKED | {"email": admin_93.email.upper()}) is not None
    assert AccessRequest.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("email", "sans arobase", "email"),
        ("full_name", " ", "full_name"),
        ("reason", "x" * 1001, "reason"),
        ("role", Role.NATIONAL_ADMIN, "role"),
        ("role", Role.API_TOKEN, "role"),
        ("organisation_type", "police", "organisation_type"),
        ("place", (Level.DEPARTEMENT, "00"), "territory"),
        ("place", (Level.NATION, ""), "territory"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    territories: Any, field: str, value: Any, named: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        access_request_create(**ASKED | {field: value})
    assert error.value.field == named
    assert not AccessRequest.objects.exists()


def test_a_flood_is_stopped_and_forgotten_the_day_after(territories: Any, settings: Any) -> None:
    settings.ACCESS_REQUESTS_PER_DAY = 2
    for number in range(2):
        access_request_create(**ASKED | {"email": f"a{number}@example.test"})
    with pytest.raises(TooCostly):
        access_request_create(**ASKED)
    AccessRequest.objects.update(created_at=timezone.now() - dt.timedelta(days=1, seconds=1))
    assert access_request_create(**ASKED) is not None


def test_reminders_come_at_two_and_seven_days_then_to_the_nation(
    admin_93: User, national_admin: User
) -> None:
    access_request_create(**ASKED)
    run_jobs()
    moments = []
    for hours in (47, 49, 60, 24 * 7 - 1, 24 * 7 + 1, 24 * 30):
        mail.outbox.clear()
        tasks.remind(later(hours=hours))
        run_jobs()
        moments.append(sorted(sent.to[0] for sent in mail.outbox))
    both = sorted([admin_93.email, national_admin.email])
    assert moments == [[], [admin_93.email], [], [], both, []]


def test_a_request_treated_is_not_reminded(admin_93: User) -> None:
    asked = access_request_create(**ASKED)
    assert asked is not None
    access_request_refuse(by=admin_93, scope=scope_for(admin_93), request_id=asked.pk, reason="Non")
    run_jobs()
    (sent,) = mail.outbox  # the first mail had nothing to tell any more
    assert sent.to == ["nouvelle.personne@example.test"]
    assert "Non" in sent.body
    mail.outbox.clear()
    assert tasks.remind(later(days=30)) == 0
    with pytest.raises(NotFound):
        accept(admin_93, asked)


def accept(by: User, asked: AccessRequest, **fields: Any) -> Invitation:
    values: dict[str, Any] = {
        "organisation": organisation(),
        "role": asked.role,
        "places": [(asked.level, asked.code)],
    }
    return access_request_accept(
        by=by, scope=scope_for(by), request_id=asked.pk, **(values | fields)
    )


def test_a_refusal_has_a_reason_and_a_person_does_not_answer_themselves(admin_93: User) -> None:
    asked = access_request_create(**ASKED)
    assert asked is not None
    scope = scope_for(admin_93)
    with pytest.raises(InvalidInput) as error:
        access_request_refuse(by=admin_93, scope=scope, request_id=asked.pk, reason=" ")
    assert error.value.field == "reason"
    own = access_request_create(**ASKED | {"email": admin_93.email})
    assert own is not None
    with pytest.raises(Forbidden):
        accept(admin_93, own)
    own.refresh_from_db()
    assert own.state == "pending"


def test_from_request_to_account(admin_93: User) -> None:
    asked = access_request_create(**ASKED)
    assert asked is not None
    end = timezone.localdate() + dt.timedelta(days=90)
    made = accept(admin_93, asked, ends_on=end)
    run_jobs()
    sent = next(each for each in mail.outbox if each.to == [made.email])
    token = sent.body.split("/activation/")[1].split("/")[0]
    assert not User.objects.filter(email=made.email).exists()
    found = invitation_of(token)
    user = invitation_accept(invitation_id=found.pk, full_name="Mon nom", password=PASSWORD)
    assert (user.full_name, user.organisation, user.is_active) == ("Mon nom", organisation(), True)
    (held,) = user.memberships.all()
    assert (held.role, held.level, held.code, held.ends_on) == ("operator", "commune", "93066", end)
    with pytest.raises(NotFound):
        invitation_of(token)
    with pytest.raises(NotFound):
        invitation_accept(invitation_id=found.pk, password=PASSWORD)


def test_an_account_that_exists_is_offered_the_role(admin_93: User) -> None:
    known = make_user(Role.OBSERVER, Level.DEPARTEMENT, "93", email="connue@example.test")
    asked = access_request_create(**ASKED | {"email": known.email})
    assert asked is not None
    made = accept(admin_93, asked)
    assert set(known.memberships.values_list("role", flat=True)) == {"observer"}
    role_accept(user=known, invitation_id=made.pk)
    assert set(known.memberships.values_list("role", flat=True)) == {"observer", "operator"}
    known.is_active = False
    known.save()
    with pytest.raises(Conflict):
        invite(admin_93, email=known.email)


def test_a_link_dies_with_what_it_gives(admin_93: User) -> None:
    made = invite(admin_93)
    token = invitation_token(made)
    assert invitation_of(token) == made
    for change in (
        {"role": Role.LOCAL_ADMIN},
        {"areas": ["nation:"]},
        {"email": "autre@example.test"},
        {"ends_on": dt.date(2099, 1, 1)},
    ):
        before = {name: getattr(made, name) for name in change}
        Invitation.objects.filter(pk=made.pk).update(**change)
        with pytest.raises(NotFound):
            invitation_of(token)
        Invitation.objects.filter(pk=made.pk).update(**before)
    for wrong in ("", "1", f"{made.pk}-", f"{made.pk}-{'0' * 64}", f"²-{'0' * 64}", "é" * 40):
        with pytest.raises(NotFound):
            invitation_of(wrong)
    renewed = invitation_renew(by=admin_93, scope=scope_for(admin_93), invitation_id=made.pk)
    with pytest.raises(NotFound):
        invitation_of(token)
    token = invitation_token(renewed)
    assert invitation_of(token) == made
    invitation_withdraw(scope=scope_for(admin_93), invitation_id=made.pk)
    with pytest.raises(NotFound):
        invitation_of(token)


def test_an_invitation_is_reminded_then_expires_and_both_sides_are_told(admin_93: User) -> None:
    made = invite(admin_93)
    run_jobs()
    told = []
    for days in (4, 5, 6):
        mail.outbox.clear()
        tasks.remind(later(days=days, minutes=1))
        run_jobs()
        told.append([sent.subject for sent in mail.outbox])
    assert [len(each) for each in told] == [0, 1, 0]
    assert "rappel" in told[1][0]
    past = timezone.now() - dt.timedelta(seconds=1)
    Invitation.objects.update(expires_at=past)
    mail.outbox.clear()
    tasks.remind()
    tasks.remind()
    run_jobs()
    assert sorted(sent.to[0] for sent in mail.outbox) == sorted([made.email, admin_93.email])
    with pytest.raises(NotFound):
        invitation_accept(invitation_id=made.pk, password=PASSWORD)
    assert not User.objects.filter(email=made.email).exists()
    # The address can be invited again.
    assert invite(admin_93).pk != made.pk


def test_an_address_is_invited_once(admin_93: User) -> None:
    invite(admin_93)
    with pytest.raises(Conflict):
        invite(admin_93, email="INVITEE@example.test")


def test_another_service_may_vouch_for_the_person(admin_93: User) -> None:
    made = invite(admin_93)
    assert pending_invitations("autre@example.test") == []
    (offered,) = pending_invitations("INVITEE@example.test")
    with pytest.raises(Conflict):
        assert offered.user
    offered.accept()
    assert offered.user.email == made.email
    assert not offered.user.has_usable_password()
    assert pending_invitations(made.email) == []


def test_a_role_ends_with_its_last_day(territories: Any) -> None:
    user = make_user(Role.PARTNER, Level.DEPARTEMENT, "93")
    today = timezone.localdate()
    user.memberships.update(ends_on=today)
    assert scope_for(user).sees_sites
    user.memberships.update(ends_on=today - dt.timedelta(days=1))
    assert scope_for(user) == Scope()


@pytest.mark.parametrize(
    ("role", "places", "refused"),
    [
        (Role.LOCAL_ADMIN, [("departement", "93")], None),
        (Role.PARTNER, [("commune", "93066")], None),
        (Role.INTERVENER, [("departement", "93")], None),
        (Role.PARTNER, [("departement", "93"), ("departement", "13")], Forbidden),
        (Role.PARTNER, [("region", "93")], Forbidden),
        (Role.NATIONAL_ADMIN, [("nation", "")], Forbidden),
        (Role.NATIONAL_PARTNER, [("nation", "")], Forbidden),
        (Role.API_TOKEN, [("departement", "93")], Forbidden),
        (Role.PARTNER, [], InvalidInput),
        ("police", [("departement", "93")], InvalidInput),
    ],
)
def test_a_local_administrator_gives_what_they_have_where_they_have_it(
    admin_93: User, role: str, places: Any, refused: Any
) -> None:
    if refused is None:
        office = organisation_get_or_create(name="Préfecture inventée", kind="prefecture")
        made = invite(admin_93, role=role, places=places, organisation=office)
        assert made.role == role
        return
    with pytest.raises(refused):
        invite(admin_93, role=role, places=places)
    assert not Invitation.objects.exists()


def test_an_ended_date_is_refused(admin_93: User) -> None:
    with pytest.raises(InvalidInput) as error:
        invite(admin_93, ends_on=timezone.localdate())
    assert error.value.field == "ends_on"

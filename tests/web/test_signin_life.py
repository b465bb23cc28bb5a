"""Signing in along the life of an account: an invitation, an end, an erasure."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.utils import timezone

from geo.accounts.enums import Level, Role
from geo.accounts.identity_models import ExternalIdentity
from geo.accounts.life.invitations import invitation_create
from geo.accounts.life.people import account_anonymise, account_deactivate
from geo.accounts.models import Invitation, User
from geo.accounts.oidc.refusals import Reason
from geo.accounts.scopes import scope_for
from geo.accounts.services import organisation_get_or_create
from tests.fakes.proconnect.process import AGENT, Running
from tests.support import signing
from tests.support.factories import PASSWORD, make_user
from tests.support.jobs import run_jobs
from tests.support.proconnect import fake as fake  # noqa: PLC0414
from tests.support.proconnect import journey, refused
from tests.support.proconnect import process as process  # noqa: PLC0414

pytestmark = pytest.mark.django_db
PEOPLE = "/compte/administration/personnes/"


def invite(by: User) -> Invitation:
    office = organisation_get_or_create(name="Préfecture inventée", kind="prefecture")
    return invitation_create(
        by=by,
        scope=scope_for(by),
        email=AGENT["email"],
        full_name="Clémence Inventée",
        organisation=office,
        role=Role.CORRESPONDENT,
        places=[(Level.DEPARTEMENT, "93")],
    )


def test_an_invited_person_comes_by_proconnect(
    client: Client, fake: Running, admin_93: User
) -> None:
    invitation = invite(admin_93)
    assert journey(client)["Location"] == "/carte/"
    user = ExternalIdentity.objects.get().user
    assert (user.email, user.has_usable_password()) == (AGENT["email"], False)
    assert [held.code for held in user.memberships.all()] == ["93"]
    invitation.refresh_from_db()
    assert invitation.used_at is not None
    # Once: the next person of that address at another provider is a stranger.
    fake.order(agent=AGENT["sub"], id_token={"sub": "autre"}, userinfo={"sub": "autre"})
    other = Client()
    refused(other, journey(other), Reason.UNKNOWN_PERSON)


def test_an_expired_invitation_or_a_taken_address_opens_nothing(
    client: Client, fake: Running, admin_93: User
) -> None:
    invitation = invite(admin_93)
    Invitation.objects.update(expires_at=timezone.now())
    refused(client, journey(client), Reason.UNKNOWN_PERSON)
    Invitation.objects.update(expires_at=timezone.now() + dt.timedelta(days=1))
    make_user(Role.OBSERVER, Level.DEPARTEMENT, "93", email=AGENT["email"])
    refused(client, journey(client), Reason.UNKNOWN_PERSON)
    assert not ExternalIdentity.objects.exists()
    invitation.refresh_from_db()
    assert invitation.used_at is None


def test_sessions_end_with_the_account_and_nothing_outlives_the_name(
    client: Client, admin_93: User, national_admin: Any
) -> None:
    user = make_user(Role.CORRESPONDENT, Level.DEPARTEMENT, "93", email="part@example.test")
    signing.sign_in(client, user)
    key = client.session.session_key
    ExternalIdentity.objects.create(user=user, issuer="https://un.example", sub="quelqu-un")
    scope = scope_for(admin_93)
    account_deactivate(by=admin_93, scope=scope, user_id=user.pk)
    assert not Session.objects.filter(session_key=key).exists()
    assert Authenticator.objects.filter(user=user).exists(), "who returns keeps their factor"
    account_anonymise(by=admin_93, scope=scope, user_id=user.pk)
    for model in (ExternalIdentity, Authenticator, UserSession):
        assert not model.objects.filter(user=user).exists(), model


def test_lost_factors_are_forgotten_by_who_holds_the_account(
    client: Client, admin_93: User, national_admin: User
) -> None:
    someone = make_user(Role.OBSERVER, Level.DEPARTEMENT, "93", email="perdu@example.test")
    own = f"{PEOPLE}{someone.pk}/"
    reset = f"{own}second-facteur/fin/"
    client.force_login(admin_93)
    # None yet: nothing is offered, and asking for it tells why.
    assert "Effacer ses seconds facteurs" not in client.get(own).content.decode()
    assert "n&#x27;a pas de second facteur" in client.post(reset, follow=True).content.decode()
    signed_in = Client()
    signing.sign_in(signed_in, someone)
    assert signed_in.get("/compte/").status_code == 200
    assert "Effacer ses seconds facteurs" in client.get(own).content.decode()
    # It takes a recent proof, and an account that is held whole.
    signing.mark_proved(client, admin_93, seconds_ago=700)
    assert client.post(reset)["Location"].startswith("/compte/confirmer/")
    assert signed_in.get("/compte/").status_code == 200
    signing.mark_proved(client, admin_93)
    elsewhere = someone.memberships.create(role="observer", level="departement", code="13")
    assert client.post(reset).status_code == 403
    elsewhere.delete()
    assert client.post(f"{PEOPLE}{admin_93.pk}/second-facteur/fin/").status_code == 403
    assert client.post(f"{PEOPLE}{national_admin.pk}/second-facteur/fin/").status_code == 404
    assert signed_in.get("/compte/").status_code == 200
    run_jobs()
    mail.outbox.clear()
    assert "sont effacés" in client.post(reset, follow=True).content.decode()
    assert signed_in.get("/compte/")["Location"].startswith("/connexion/")
    run_jobs()
    (sent,) = mail.outbox
    assert sent.to == ["perdu@example.test"]
    assert "seconds facteurs" in sent.subject
    # The password alone opens the enrolment, and nothing else.
    again = Client()
    again.post("/connexion/", {"email": someone.email, "password": PASSWORD})
    assert again.get("/carte/")["Location"].startswith("/compte/second-facteur/")

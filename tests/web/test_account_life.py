"""Pages of an account's life: asking, treating, activating, the charter before anything else."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.core import mail, signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from geo.accounts.enums import Level, Role
from geo.accounts.life import charter as charters
from geo.accounts.life.invitations import invitation_address
from geo.accounts.models import AccessRequest, Invitation, Organisation, User
from tests.support.factories import make_user
from tests.support.jobs import run_jobs
from web.accounts.life import forms

pytestmark = pytest.mark.django_db
ADMIN = "/compte/administration/"
STRONG = "cheval agrafe batterie nuage"


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The form is filled in at a human pace."""
    monkeypatch.setattr(forms, "QUICKEST_S", -1)


def asked(client: Client, **fields: Any) -> Any:
    values = {
        "full_name": "Nouvelle personne",
        "email": "nouvelle@example.test",
        "organisation": "Association inventée",
        "organisation_type": "association",
        "role": "operator",
        "territory": "departement:93",
        "precise": "",
        "reason": "Un motif inventé",
        "website": "",
        "started": forms.now_signed(),
    }
    return client.post("/acces/", values | fields)


def test_the_same_answer_whatever_exists(client: Client, patient: None, admin_93: User) -> None:
    assert client.get("/acces/").status_code == 200
    answers = {
        (response.status_code, response["Location"])
        for response in (
            asked(client),
            asked(client),
            asked(client, email=admin_93.email),
            asked(client, email="robot@example.test", website="https://x.test"),
        )
    }
    assert answers == {(302, "/acces/envoyee/")}
    assert client.get("/acces/envoyee/").status_code == 200
    kept = set(AccessRequest.objects.values_list("email", flat=True))
    assert kept == {"nouvelle@example.test", admin_93.email}


def test_a_commune_may_be_named(client: Client, patient: None, admin_93: User) -> None:
    assert asked(client, precise="saint-denis").status_code == 302
    found = AccessRequest.objects.get()
    assert (found.level, found.code) == ("commune", "93066")
    wrong = asked(client, email="b@example.test", precise="Marseille")
    assert wrong.status_code == 422
    assert wrong.context["form"].errors["precise"]


def test_too_fast_too_late_or_forged_is_asked_again(
    client: Client, monkeypatch: pytest.MonkeyPatch, territories: Any
) -> None:
    fast = asked(client)
    assert fast.status_code == 422
    assert "trop vite" in fast.content.decode()
    monkeypatch.setattr(forms, "QUICKEST_S", -1)
    monkeypatch.setattr(forms, "LONGEST_S", -1)
    assert asked(client).status_code == 422
    monkeypatch.setattr(forms, "LONGEST_S", 60)
    forged = asked(client, started=signing.dumps("", salt="autre"))
    assert forged.status_code == 422
    assert not AccessRequest.objects.exists()
    # The page that comes back can be sent again.
    again = forged.context["form"]["started"].value()
    assert asked(client, started=again).status_code == 302


def test_many_requests_of_one_network_wait(client: Client, patient: None, territories: Any) -> None:
    codes = [asked(client, email=f"p{n}@example.test").status_code for n in range(7)]
    assert codes == [302] * 5 + [429] * 2
    assert AccessRequest.objects.count() == 5
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    assert asked(elsewhere, email="autre@example.test").status_code == 302


def test_requests_through_our_proxy_wait_for_those_of_their_network_only(
    client: Client, patient: None, territories: Any, settings: Any
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    near, far = ({"X-Forwarded-For": f"192.0.2.1, {net}.7"} for net in ("198.51.100", "203.0.113"))
    client = Client(headers=near)
    codes = [asked(client, email=f"p{n}@example.test").status_code for n in range(6)]
    assert codes == [302] * 5 + [429]
    assert asked(Client(headers=far), email="autre@example.test").status_code == 302


def accept(client: Client, number: int, **fields: Any) -> Any:
    values = {
        "answer": "accept",
        "oui-organisation": "Association inventée",
        "oui-organisation_type": "association",
        "oui-role": "operator",
        "oui-territory": "departement:93",
        "oui-precise": "",
        "oui-ends_on": "",
    }
    return client.post(f"{ADMIN}demandes/{number}/", values | fields)


def test_from_the_public_page_to_the_first_sign_in(
    client: Client, patient: None, admin_93: User, charter_asked: None
) -> None:
    asked(client)
    officer = Client()
    officer.force_login(admin_93)
    charters.charter_accept(user=admin_93, version=charters.charter_in_force().number)
    page = officer.get(ADMIN).content.decode()
    assert "Nouvelle personne" in page
    assert "Un motif" not in page
    number = AccessRequest.objects.get().pk
    assert "Un motif inventé" in officer.get(f"{ADMIN}demandes/{number}/").content.decode()
    assert accept(officer, number)["Location"] == ADMIN
    assert officer.get(f"{ADMIN}demandes/{number}/").status_code == 404
    run_jobs()
    body = next(sent.body for sent in mail.outbox if sent.to == ["nouvelle@example.test"])
    link = re.search(r"/activation/\S+", body)
    assert link is not None
    newcomer = Client()
    assert newcomer.get(link[0]).status_code == 200
    weak = newcomer.post(link[0], {"full_name": "Moi", "password": "court", "again": "court"})
    assert weak.status_code == 422
    typed = {"full_name": "Moi", "password": STRONG, "again": STRONG}
    assert newcomer.post(link[0], typed | {"again": "x" * 20}).status_code == 422
    assert newcomer.post(link[0], typed)["Location"] == "/connexion/"
    assert newcomer.get(link[0]).status_code == 410
    assert User.objects.get(email="nouvelle@example.test").check_password(STRONG)


def test_the_charter_comes_before_anything_else(client: Client, charter_asked: None) -> None:
    user = make_user(Role.NATIONAL_ADMIN)
    client.force_login(user)
    for path in ("/compte/", "/sites/", ADMIN, "/compte/jetons/"):
        response = client.get(path)
        assert response["Location"].startswith("/compte/charte/?next=")
    assert client.post("/compte/jetons/", {})["Location"].endswith("next=%2Fcarte%2F")
    # What answers anybody answers as to nobody.
    assert client.get("/ogc/collections/sites").status_code == 404
    assert client.get("/aide/").status_code == 200
    page = client.get("/compte/charte/?next=/sites/?v=map")
    assert "Ce à quoi je m’engage" in page.content.decode()
    number = charters.charter_in_force().number
    assert client.post("/compte/charte/", {"version": number}).status_code == 422
    assert client.post("/compte/charte/", {"accepted": "on", "version": 0}).status_code == 422
    done = client.post(
        "/compte/charte/", {"accepted": "on", "version": number, "next": "/sites/?v=map"}
    )
    assert done["Location"] == "/sites/?v=map"
    assert client.get("/compte/").status_code == 200
    assert client.get("/ogc/collections/sites").status_code == 200
    assert "Vous l’avez acceptée" in client.get("/compte/charte/").content.decode()


def test_a_new_version_is_asked_of_sessions_that_are_open(
    client: Client, charter_asked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user(Role.NATIONAL_ADMIN)
    first = charters.charter_in_force()
    accepted = charters.charter_accept(user=user, version=first.number)
    assert accepted.digest == first.digest
    client.force_login(user)
    assert client.get("/compte/").status_code == 200
    second = charters.CharterVersion(first.number + 1, "# Nouveau\n\nUn autre texte.")
    monkeypatch.setattr(charters, "versions", lambda: (first, second))
    assert client.get("/compte/").status_code == 302
    page = client.get("/compte/charte/").content.decode()
    assert "La charte a changé" in page
    assert "Un autre texte." in page


def test_leaving_is_possible_without_the_charter(client: Client, charter_asked: None) -> None:
    client.force_login(make_user(Role.NATIONAL_ADMIN))
    assert client.post("/deconnexion/").status_code == 302
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("role", [each for each in Role if not each.endswith("admin")])
def test_the_administration_is_for_those_who_administer(
    client: Client, territories: Any, role: str
) -> None:
    national = role == Role.NATIONAL_PARTNER
    client.force_login(make_user(role, *(() if national else ("departement", "93"))))
    someone = make_user(Role.OBSERVER, Level.DEPARTEMENT, "93", email="x@example.test")
    for path in ("", "inviter/", "demandes/1/", f"personnes/{someone.pk}/"):
        assert client.get(ADMIN + path).status_code == 403
    assert client.post(f"{ADMIN}personnes/{someone.pk}/desactiver/").status_code == 403
    assert "Administrer les comptes" not in client.get("/compte/").content.decode()


def test_outside_ones_areas_nothing_exists(client: Client, admin_93: User) -> None:
    stranger = make_user(Role.OBSERVER, Level.DEPARTEMENT, "13")
    request = AccessRequest.objects.create(
        email="a@example.test",
        full_name="Ailleurs",
        organisation="X",
        organisation_type="other",
        role="observer",
        level="departement",
        code="13",
        reason="x",
    )
    invited = Invitation.objects.create(
        email="b@example.test",
        full_name="Plus loin",
        organisation=Organisation.objects.get(),
        role="observer",
        areas=["departement:93", "departement:13"],
        expires_at=timezone.now() + dt.timedelta(days=1),
    )
    client.force_login(admin_93)
    page = client.get(ADMIN).content.decode()
    for name in ("Ailleurs", "Plus loin", stranger.full_name):
        assert name not in page
    assert client.get(f"{ADMIN}demandes/{request.pk}/").status_code == 404
    assert accept(client, request.pk).status_code == 404
    for path in (
        f"invitations/{invited.pk}/renouveler/",
        f"invitations/{invited.pk}/retirer/",
        f"personnes/{stranger.pk}/desactiver/",
        f"personnes/{stranger.pk}/anonymiser/",
        f"personnes/{stranger.pk}/roles/{stranger.memberships.get().pk}/fin/",
    ):
        assert client.post(ADMIN + path).status_code == 404
    stranger.refresh_from_db()
    assert stranger.is_active


def test_a_refused_acceptance_leaves_nothing(client: Client, patient: None, admin_93: User) -> None:
    asked(client)
    number = AccessRequest.objects.get().pk
    client.force_login(admin_93)
    response = accept(client, number, **{"oui-precise": "13055", "oui-organisation": "Jamais vue"})
    assert response.status_code == 422
    assert "administrez pas" in response.content.decode()
    assert AccessRequest.objects.get().state == "pending"
    assert not Organisation.objects.filter(name="Jamais vue").exists()
    refused = client.post(f"{ADMIN}demandes/{number}/", {"answer": "refuse", "non-reason": ""})
    assert refused.status_code == 422
    done = client.post(f"{ADMIN}demandes/{number}/", {"answer": "refuse", "non-reason": "Non"})
    assert done["Location"] == ADMIN
    assert AccessRequest.objects.get().answer == "Non"


def test_inviting_and_managing_somebody(client: Client, admin_93: User) -> None:
    client.force_login(admin_93)
    given = {
        "full_name": "Personne invitée",
        "email": "invitee@example.test",
        "organisation": "Association inventée",
        "organisation_type": "association",
        "role": "intervener",
        "territory": "departement:93",
        "precise": "Saint-Denis, 93008",
        "ends_on": (timezone.localdate() + dt.timedelta(days=30)).isoformat(),
    }
    assert client.get(f"{ADMIN}inviter/").status_code == 200
    assert client.post(f"{ADMIN}inviter/", given | {"email": "x"}).status_code == 422
    assert client.post(f"{ADMIN}inviter/", given)["Location"] == ADMIN
    made = Invitation.objects.get()
    assert made.areas == ["commune:93066", "commune:93008"]
    assert "Personne invitée" in client.get(ADMIN).content.decode()
    old = invitation_address(made)
    client.post(f"{ADMIN}invitations/{made.pk}/renouveler/")
    made.refresh_from_db()
    assert invitation_address(made) != old
    client.post(f"{ADMIN}invitations/{made.pk}/retirer/")
    assert "Personne invitée" not in client.get(ADMIN).content.decode()


def test_a_person_is_changed_deactivated_and_comes_back(client: Client, admin_93: User) -> None:
    someone = make_user(Role.OBSERVER, Level.DEPARTEMENT, "93", email="quelqu.un@example.test")
    own = f"{ADMIN}personnes/{someone.pk}/"
    client.force_login(admin_93)
    assert client.get(own).status_code == 200
    more = {"role": "partner", "territory": "departement:93", "precise": "93066", "ends_on": ""}
    assert client.post(own, more).status_code == 302
    assert client.post(own, more | {"precise": "13055"}).status_code == 422
    first = someone.memberships.get(role="observer")
    client.post(f"{own}roles/{first.pk}/fin/")
    left = someone.memberships.get()
    client.post(f"{own}roles/{left.pk}/fin/")  # the last one stays
    assert someone.memberships.get() == left
    signed_in = Client()
    signed_in.force_login(someone)
    assert signed_in.get("/compte/").status_code == 200
    client.post(f"{own}desactiver/")
    assert signed_in.get("/compte/").status_code == 302
    assert "Désactivé" in client.get(own).content.decode()
    client.post(f"{own}reactiver/")
    someone.refresh_from_db()
    assert someone.is_active
    assert client.get(f"{own}anonymiser/").status_code == 200
    assert client.post(f"{own}anonymiser/")["Location"] == ADMIN
    someone.refresh_from_db()
    assert not someone.is_active
    assert "quelqu" not in someone.email
    assert "inventée" not in someone.full_name
    assert not someone.memberships.exists()


def test_who_is_elsewhere_too_is_not_closed_by_one_territory(
    client: Client, admin_93: User, national_admin: User
) -> None:
    both = make_user(Role.OBSERVER, Level.DEPARTEMENT, "93", email="deux@example.test")
    both.memberships.create(role="observer", level="departement", code="13")
    client.force_login(admin_93)
    own = f"{ADMIN}personnes/{both.pk}/"
    assert "hors de vos territoires" in client.get(own).content.decode()
    assert client.post(f"{own}desactiver/").status_code == 403
    there = both.memberships.get(code="13")
    assert client.post(f"{own}roles/{there.pk}/fin/").status_code == 404
    # Oneself, and the nation's last administrator.
    assert client.post(f"{ADMIN}personnes/{admin_93.pk}/desactiver/").status_code == 403
    client.force_login(national_admin)
    assert client.post(f"{own}desactiver/").status_code == 302
    both.refresh_from_db()
    assert not both.is_active


def test_the_screen_costs_the_same_for_one_person_and_for_many(
    client: Client, admin_93: User
) -> None:
    client.force_login(admin_93)
    client.get(ADMIN)

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            client.get(ADMIN)
        return len(counted)

    make_user(Role.OBSERVER, Level.COMMUNE, "93066", email="une@example.test")
    fill(1)
    few = queries()
    for number in range(12):
        make_user(Role.OBSERVER, Level.COMMUNE, "93008", email=f"n{number}@example.test")
    fill(10)
    assert queries() == few
    assert few < 40


def fill(number: int) -> None:
    organisation = Organisation.objects.get_or_create(name="Autre", defaults={"type": "other"})[0]
    for index in range(number):
        AccessRequest.objects.create(
            email=f"d{number}-{index}@example.test",
            full_name="Demande",
            organisation="X",
            organisation_type="other",
            role="observer",
            level="departement",
            code="93",
            reason="x",
        )
        Invitation.objects.create(
            email=f"i{number}-{index}@example.test",
            full_name="Invitée",
            organisation=organisation,
            role="observer",
            areas=["commune:93066"],
            expires_at=timezone.now() + dt.timedelta(days=1),
        )

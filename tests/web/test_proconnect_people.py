"""ProConnect over HTTP: whose account an identity opens, and how one leaves."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from geo.accounts.enums import Role
from geo.accounts.identity_models import ExternalIdentity
from geo.accounts.models import User
from geo.accounts.oidc import people
from geo.accounts.oidc.refusals import Reason
from tests.fakes.proconnect.process import AGENT, Running
from tests.support import signing
from tests.support.factories import make_user
from tests.support.proconnect import fake as fake  # noqa: PLC0414
from tests.support.proconnect import journey, reason, refused, visit
from tests.support.proconnect import linked as linked  # noqa: PLC0414
from tests.support.proconnect import process as process  # noqa: PLC0414

pytestmark = pytest.mark.django_db


class TestWho:
    def test_an_unknown_identity_opens_nothing_even_with_a_known_address(
        self, client: Client, fake: Running, admin_93: User
    ) -> None:
        fake.order(agent=AGENT["sub"], userinfo={"email": admin_93.email})
        before = User.objects.count()
        answer = journey(client)
        assert answer.status_code == 403
        refused(client, answer, Reason.UNKNOWN_PERSON)
        assert User.objects.count() == before
        assert not ExternalIdentity.objects.exists()

    def test_the_key_is_the_issuer_and_the_sub(
        self, client: Client, fake: Running, admin_93: User
    ) -> None:
        for issuer, sub in (
            ("https://autre.example/api/v2", AGENT["sub"]),
            (fake.issuer, AGENT["sub"].upper()),
        ):
            ExternalIdentity.objects.create(user=admin_93, issuer=issuer, sub=sub)
        refused(client, journey(client), Reason.UNKNOWN_PERSON)

    def test_a_closed_account_stays_closed(self, client: Client, linked: User) -> None:
        linked.is_active = False
        linked.save()
        refused(client, journey(client), Reason.ACCOUNT_CLOSED)

    @pytest.mark.parametrize("count", [0, 1, 2])
    def test_exactly_one_pending_invitation_links(
        self,
        client: Client,
        fake: Running,
        admin_93: User,
        monkeypatch: pytest.MonkeyPatch,
        count: int,
    ) -> None:
        accepted: list[str] = []

        class Invitation:
            user = admin_93

            def accept(self) -> None:
                accepted.append("oui")

        def invitations(email: str) -> list[Any]:
            return [Invitation()] * count if email == AGENT["email"] else []

        monkeypatch.setattr(people, "_INVITATIONS", [])
        people.contribute_invitations(invitations)
        answer = journey(client)
        if count != 1:
            refused(client, answer, Reason.UNKNOWN_PERSON)
            assert accepted == []
            return
        assert answer["Location"] == "/carte/"
        assert accepted == ["oui"]
        assert ExternalIdentity.objects.get().user == admin_93
        # The next time the identity is known: no invitation is needed.
        monkeypatch.setattr(people, "_INVITATIONS", [])
        assert journey(Client())["Location"] == "/carte/"

    def test_one_links_and_unlinks_ones_own_account(
        self, client: Client, fake: Running, admin_93: User
    ) -> None:
        signing.sign_in(client, admin_93)
        address = client.post("/compte/securite/proconnect/")["Location"]
        assert client.get(visit(address))["Location"] == "/compte/securite/"
        identity = ExternalIdentity.objects.get()
        assert (identity.user, identity.sub) == (admin_93, AGENT["sub"])
        other = Client()
        assert journey(other)["Location"] == "/carte/"
        taken = Client()
        signing.sign_in(taken, make_user(Role.OBSERVER, email="autre@example.test"))
        back = visit(taken.post("/compte/securite/proconnect/")["Location"])
        assert reason(taken.get(back)) == Reason.IDENTITY_TAKEN
        assert taken.post(f"/compte/securite/proconnect/{identity.pk}/fin/").status_code == 404
        client.post(f"/compte/securite/proconnect/{identity.pk}/fin/")
        assert not ExternalIdentity.objects.exists()

    def test_linking_needs_a_session_and_a_recent_proof(
        self, client: Client, fake: Running, admin_93: User
    ) -> None:
        assert client.post("/compte/securite/proconnect/")["Location"].startswith("/connexion/")
        signing.sign_in(client, admin_93)
        signing.mark_proved(client, admin_93, seconds_ago=700)
        asked = client.post("/compte/securite/proconnect/")["Location"]
        assert asked.startswith("/compte/confirmer/")

    def test_the_only_way_in_cannot_be_unlinked(self, client: Client, linked: User) -> None:
        journey(client)
        identity = ExternalIdentity.objects.get()
        client.post(f"/compte/securite/proconnect/{identity.pk}/fin/")
        assert ExternalIdentity.objects.exists()


class TestLeaving:
    def test_one_leaves_both(self, client: Client, linked: User) -> None:
        journey(client)
        address = client.post("/deconnexion/")["Location"]
        assert "/session/end?" in address
        assert client.get("/compte/").status_code == 302
        back = visit(address)
        page = client.get(back, follow=True)
        assert "déconnecté, d’ici et de ProConnect" in page.content.decode()
        refused(client, client.get(back), Reason.LOGOUT_STATE)

    def test_the_state_is_checked(self, client: Client, linked: User, fake: Running) -> None:
        journey(client)
        fake.order(logout_state="x" * 43)
        back = visit(client.post("/deconnexion/")["Location"])
        refused(client, client.get(back), Reason.LOGOUT_STATE)

    def test_a_local_session_leaves_alone(
        self, client: Client, fake: Running, admin_93: User
    ) -> None:
        signing.sign_in(client, admin_93)
        assert client.post("/deconnexion/")["Location"] == "/"

"""Signing in and out, one's account, one's feed tokens."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from geo.accounts.enums import Level, Role
from geo.accounts.models import FeedToken, SignInFailure
from geo.accounts.services import membership_grant
from geo.accounts.throttle import ACCOUNT, sign_in_failed, sign_in_pause
from tests.support import signing
from tests.support.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
WRONG = "Adresse électronique ou mot de passe incorrect"


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/connexion/", {"email": email, "password": password} | more)


def test_one_signs_in_whatever_the_case_and_goes_on(client: Client, admin_93: Any) -> None:
    signing.enrol_totp(admin_93)
    first = sign_in(client, admin_93.email.upper(), next="/sites/?v=map")
    assert (first.status_code, first["Location"]) == (302, "/connexion/second-facteur/")
    assert client.get("/compte/")["Location"].startswith("/connexion/")
    response = client.post(first["Location"], {"code": signing.next_code(admin_93)})
    assert (response.status_code, response["Location"]) == (302, "/sites/?v=map")
    assert "Mes jetons" in client.get("/compte/").content.decode()
    assert client.get("/connexion/")["Location"] == "/carte/"


@pytest.mark.parametrize(
    "wanted", ["https://mauvais.test/", "//mauvais.test/", "javascript:alert(1)"]
)
def test_signing_in_never_leads_elsewhere(client: Client, admin_93: Any, wanted: str) -> None:
    assert sign_in(client, admin_93.email, next=wanted)["Location"] == "/carte/"


def test_the_session_has_a_new_key(client: Client, admin_93: Any) -> None:
    client.get("/connexion/")
    session = client.session
    session["x"] = 1
    session.save()
    before = session.session_key
    sign_in(client, admin_93.email)
    assert client.session.session_key != before


def test_a_refusal_says_the_same_of_a_known_and_an_unknown_account(
    client: Client, admin_93: Any
) -> None:
    asleep = make_user(Role.OBSERVER, email="inactif@example.test")
    asleep.is_active = False
    asleep.save()
    answers = set()
    for email, password in (
        (admin_93.email, "autre chose"),
        ("personne@example.test", PASSWORD),
        (asleep.email, PASSWORD),
    ):
        response = sign_in(client, email, password)
        html = response.content.decode()
        assert response.status_code == 422
        assert WRONG in html
        answers.add(re.sub(r'value="[^"]*"', "", html))
        assert password not in html
    assert len(answers) == 1


def test_after_some_failures_even_the_right_password_waits(client: Client, admin_93: Any) -> None:
    for _ in range(ACCOUNT.free):
        assert sign_in(client, admin_93.email, "non").status_code == 422
    response = sign_in(client, admin_93.email.upper())
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= ACCOUNT.first_s
    assert "Trop d’essais" in response.content.decode()
    assert client.get("/compte/").status_code == 302
    # Another account, and the same account from elsewhere, are not slowed down.
    assert sign_in(client, "autre@example.test").status_code == 422
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    assert sign_in(elsewhere, admin_93.email).status_code == 302


def test_the_pause_ends_by_itself_and_success_forgets(client: Client, admin_93: Any) -> None:
    for _ in range(ACCOUNT.free):
        sign_in(client, admin_93.email, "non")
    past = timezone.now() - dt.timedelta(seconds=ACCOUNT.first_s + 1)
    SignInFailure.objects.update(last_at=past)
    assert sign_in(client, admin_93.email).status_code == 302
    assert SignInFailure.objects.count() == 1  # the address alone


def test_an_unknown_account_is_slowed_down_too(client: Client) -> None:
    codes = [sign_in(client, "personne@example.test").status_code for _ in range(6)]
    assert codes == [422] * 5 + [429]


def test_behind_a_proxy_each_reader_has_their_own_pause(client: Client, settings: Any) -> None:
    def tried(forwarded: str) -> int:
        answer = client.post(
            "/connexion/",
            {"email": "personne@example.test", "password": "non"},
            headers={"X-Forwarded-For": forwarded},
        )
        return answer.status_code

    # One proxy is ours: the last address is what it saw, the others are what the reader wrote.
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert [tried(f"192.0.2.{n}, 198.51.100.7") for n in range(6)] == [422] * 5 + [429]
    assert tried("198.51.100.7, 203.0.113.9") == 422


def test_fewer_proxies_than_said_do_not_close_the_door(
    client: Client, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    for n in range(6):
        answer = client.post(
            "/connexion/",
            {"email": "personne@example.test", "password": "non"},
            headers={"X-Forwarded-For": f"203.0.{n}.1"},
        )
    # The address that the reader wrote is not believed.
    assert answer.status_code == 429
    assert "TRUSTED_PROXIES" in caplog.text


def test_without_a_proxy_of_ours_nobody_chooses_their_address(client: Client) -> None:
    codes = [
        client.post(
            "/connexion/",
            {"email": "personne@example.test", "password": "non"},
            headers={"X-Forwarded-For": f"203.0.{n}.1"},
        ).status_code
        for n in range(6)
    ]
    assert codes == [422] * 5 + [429]


def test_the_pause_grows_and_is_never_a_lock() -> None:
    pauses = [ACCOUNT.pause_s(n) for n in (4, 5, 6, 7, 50, 10_000)]
    assert pauses == [0, 15, 30, 60, 900, 900]


@pytest.mark.parametrize(
    ("address", "near", "far"),
    [
        ("192.0.2.7", "192.0.2.200", "192.0.3.7"),
        ("2001:db8:1:2::1", "2001:db8:1:9::5", "2001:db8:2:1::1"),
    ],
)
def test_failures_count_by_block_of_addresses(address: str, near: str, far: str) -> None:
    for _ in range(6):
        sign_in_failed(email="A@example.test", address=address)
    assert sign_in_pause(email="a@example.test ", address=near) > 0
    assert sign_in_pause(email="a@example.test", address=far) == 0
    keys = "".join(SignInFailure.objects.values_list("key", flat=True))
    assert "example" not in keys


def test_what_is_old_is_forgotten() -> None:
    sign_in_failed(email="a@example.test", address="192.0.2.7")
    SignInFailure.objects.update(failures=90, last_at=timezone.now() - dt.timedelta(hours=2))
    assert sign_in_pause(email="a@example.test", address="192.0.2.7") == 0
    sign_in_failed(email="b@example.test", address="198.51.100.1")
    assert set(SignInFailure.objects.values_list("failures", flat=True)) == {1}


def test_signing_out_is_a_post(client: Client, admin_93: Any) -> None:
    client.force_login(admin_93)
    assert client.get("/deconnexion/").status_code == 405
    assert client.get("/compte/").status_code == 200
    assert client.post("/deconnexion/").status_code == 302
    assert client.get("/compte/").status_code == 302


def test_the_account_says_what_it_opens(client: Client, territories: Any) -> None:
    client.force_login(make_user(Role.PARTNER, Level.COMMUNE, "93008"))
    html = client.get("/compte/").content.decode()
    assert "Bobigny (93008)" in html
    assert "Voir les sites et leur lieu exact" in html
    assert "département Seine-Saint-Denis (93)" in html
    assert "Modifier les sites" in html
    assert "Créer des sites" not in html
    client.force_login(make_user(Role.INTERVENER))
    assert "aucun site" in client.get("/compte/").content.decode()


class TestTokens:
    def make(self, client: Client, **fields: Any) -> Any:
        sent = {"name": "QGIS inventé", "purpose": "Carte du comité inventé", "days": "90"}
        return client.post("/compte/jetons/", sent | fields)

    def test_a_token_is_shown_once_and_opens_the_feeds(self, client: Client, admin_93: Any) -> None:
        client.force_login(admin_93)
        made = self.make(client)
        assert made.status_code == 201
        secret = re.search(r'at-secret">([^<]+)<', made.content.decode())
        assert secret
        assert "no-store" in made["Cache-Control"]
        page = client.get("/compte/jetons/").content.decode()
        assert secret[1] not in page
        assert "QGIS inventé" in page
        assert "Carte du comité inventé" in page
        token = FeedToken.objects.get()
        assert secret[1].split(".")[1] not in token.digest
        left = token.expires_at - timezone.now()
        assert dt.timedelta(days=89) < left <= dt.timedelta(days=90)
        header = {"Authorization": f"Bearer {secret[1]}"}
        assert Client(headers=header).get("/ogc/collections/sites/items").status_code == 200
        ended = client.post(f"/compte/jetons/{token.pk}/fin/", follow=True)
        assert "ne donne plus rien" in ended.content.decode()
        assert Client(headers=header).get("/ogc/collections/sites/items").status_code == 401

    def test_a_token_ends_with_the_role_of_its_owner(
        self, client: Client, territories: Any
    ) -> None:
        user = make_user(Role.CORRESPONDENT, Level.DEPARTEMENT, "93")
        client.force_login(user)
        found = re.search(r'at-secret">([^<]+)<', self.make(client).content.decode())
        assert found
        feed = Client(headers={"Authorization": f"Bearer {found[1]}"})

        def status() -> int:
            return feed.get("/ogc/collections/sites/items").status_code

        today = timezone.localdate()
        user.memberships.update(ends_on=today)
        assert status() == 200
        user.memberships.update(ends_on=today - dt.timedelta(days=1))
        assert status() == 401
        assert client.get("/compte/jetons/").status_code == 403
        # A role that may not export does not keep it open either.
        membership_grant(user=user, role=Role.OBSERVER, level=Level.DEPARTEMENT, code="93")
        assert status() == 401
        user.memberships.filter(role=Role.CORRESPONDENT).update(ends_on=None)
        assert status() == 200

    @pytest.mark.parametrize(
        ("fields", "field"),
        [({"name": ""}, "name"), ({"purpose": " "}, "purpose"), ({"days": "900"}, "days")],
    )
    def test_a_wrong_request_makes_nothing(
        self, client: Client, admin_93: Any, fields: dict[str, str], field: str
    ) -> None:
        client.force_login(admin_93)
        response = self.make(client, **fields)
        assert response.status_code == 422
        assert field in response.context["form"].errors
        assert not FeedToken.objects.exists()

    @pytest.mark.parametrize("role", [Role.OBSERVER, Role.INTERVENER])
    def test_a_role_that_may_not_export_has_no_token(
        self, client: Client, territories: Any, role: str
    ) -> None:
        client.force_login(make_user(role, Level.DEPARTEMENT, "93"))
        assert client.get("/compte/jetons/").status_code == 403
        assert "Mes jetons" not in client.get("/compte/").content.decode()
        assert self.make(client).status_code == 403
        assert not FeedToken.objects.exists()

    def test_another_persons_token_does_not_exist(self, client: Client, admin_93: Any) -> None:
        client.force_login(admin_93)
        self.make(client)
        token = FeedToken.objects.get()
        client.force_login(make_user(Role.NATIONAL_ADMIN))
        assert client.post(f"/compte/jetons/{token.pk}/fin/").status_code == 404
        token.refresh_from_db()
        assert token.usable
        assert "QGIS inventé" not in client.get("/compte/jetons/").content.decode()

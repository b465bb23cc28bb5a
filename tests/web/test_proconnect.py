"""ProConnect over HTTP: the good journey, and each bad one refused by its name."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client

from geo.accounts.identity_models import ExternalIdentity
from geo.accounts.models import User
from geo.accounts.oidc import provider
from geo.accounts.oidc.refusals import MESSAGES, Reason
from tests.fakes.proconnect.process import AGENT, Running, point_at
from tests.support import signing
from tests.support.proconnect import fake as fake  # noqa: PLC0414
from tests.support.proconnect import journey, leave, reason, refused, visit
from tests.support.proconnect import linked as linked  # noqa: PLC0414
from tests.support.proconnect import process as process  # noqa: PLC0414

pytestmark = pytest.mark.django_db


class TestGood:
    def test_two_factors_there_open_the_account(self, client: Client, linked: User) -> None:
        answer = journey(client, next="/sites/?v=map")
        assert (answer.status_code, answer["Location"]) == (302, "/sites/?v=map")
        page = client.get("/compte/")
        assert linked.email in page.content.decode()
        identity = ExternalIdentity.objects.get()
        assert identity.email == AGENT["email"]
        assert identity.siret == AGENT["siret"]
        assert identity.last_used_at is not None
        linked.refresh_from_db()
        assert linked.last_login is not None
        assert linked.email != AGENT["email"], "what the provider says is not copied on the account"

    def test_only_what_proconnect_accepts_is_asked(self, client: Client, fake: Running) -> None:
        asked = parse_qs(urlsplit(leave(client)).query)
        assert set(asked) == {
            "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "claims",
            "code_challenge", "code_challenge_method",
        }  # fmt: skip
        assert len(asked["state"][0]) >= 32
        assert len(asked["nonce"][0]) >= 32
        assert asked["code_challenge_method"] == ["S256"]
        claims = json.loads(asked["claims"][0])["id_token"]
        assert claims["amr"] == {"essential": True}
        assert "eidas0-mfa" in claims["acr"]["values"]
        assert "essential" not in claims["acr"]
        again = parse_qs(urlsplit(leave(client)).query)
        for name in ("state", "nonce", "code_challenge"):
            assert again[name] != asked[name]

    @pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
    def test_both_forms_and_both_algorithms(
        self, linked: User, fake: Running, settings: Any, algorithm: str
    ) -> None:
        settings.OIDC_ALGORITHM = algorithm
        for form in ("json", "jwt"):
            client = Client()
            fake.order(agent=AGENT["sub"], userinfo_format=form, algorithm=algorithm)
            assert journey(client).status_code == 302
            assert client.get("/compte/").status_code == 200

    def test_missing_names_and_roles_do_not_matter(
        self, client: Client, linked: User, fake: Running
    ) -> None:
        absent = dict.fromkeys(("given_name", "usual_name", "email", "siret", "idp_id"))
        fake.order(agent=AGENT["sub"], userinfo={**absent, "roles": []})
        assert journey(client)["Location"] == "/carte/"

    def test_a_rotated_key_is_looked_up_again(
        self, client: Client, linked: User, fake: Running, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        journey(client)
        monkeypatch.setattr(provider, "KEYS_AGAIN_S", 0.0)
        fake.order(agent=AGENT["sub"], new_keys=True)
        other = Client()
        assert journey(other)["Location"] == "/carte/"
        assert "/jwks" in fake.report()["paths"]

    def test_descriptions_and_keys_are_kept(
        self, client: Client, linked: User, fake: Running
    ) -> None:
        journey(client)
        fake.order(agent=AGENT["sub"])
        journey(Client())
        paths = fake.report()["paths"]
        assert "/jwks" not in paths
        assert "/.well-known/openid-configuration" not in paths

    def test_several_tabs_each_come_back(self, client: Client, linked: User) -> None:
        first, second = leave(client), leave(client)
        assert client.get(visit(second))["Location"] == "/carte/"
        # The first tab's state is still known; signing in again is harmless.
        assert client.get(visit(first))["Location"] == "/carte/"


class TestSecondFactor:
    @pytest.mark.parametrize(
        "claims", [{"amr": ["pwd"], "acr": "eidas1"}, {"amr": None, "acr": None}]
    )
    def test_without_mfa_there_ours_is_asked(
        self, client: Client, linked: User, fake: Running, claims: dict[str, Any]
    ) -> None:
        signing.enrol_totp(linked)
        fake.order(agent=AGENT["sub"], id_token=claims)
        assert journey(client, next="/sites/")["Location"] == "/connexion/second-facteur/"
        assert client.get("/compte/").status_code == 302
        done = client.post("/connexion/second-facteur/", {"code": signing.next_code(linked)})
        assert done["Location"] == "/sites/"
        assert client.get("/compte/").status_code == 200

    def test_without_any_it_is_enrolled(self, client: Client, linked: User, fake: Running) -> None:
        fake.order(agent=AGENT["sub"], id_token={"amr": ["pwd"], "acr": "eidas0"})
        journey(client)
        assert client.get("/carte/")["Location"].startswith("/compte/second-facteur/")

    @pytest.mark.parametrize(
        "claims", [{"amr": ["pwd", "mfa"], "acr": "eidas0"}, {"amr": None, "acr": "eidas0-mfa"}]
    )
    def test_either_claim_is_enough(
        self, client: Client, linked: User, fake: Running, claims: dict[str, Any]
    ) -> None:
        signing.enrol_totp(linked)
        fake.order(agent=AGENT["sub"], id_token=claims)
        assert journey(client)["Location"] == "/carte/"

    def test_userinfo_cannot_claim_it(self, client: Client, linked: User, fake: Running) -> None:
        told = {"amr": ["mfa"], "acr": "eidas3"}
        fake.order(agent=AGENT["sub"], userinfo=told, id_token={"amr": ["pwd"], "acr": "eidas0"})
        journey(client)
        assert client.get("/compte/").status_code == 302


BAD_TOKENS = [
    ({"id_token": {"nonce": "un autre nonce, de bonne longueur quand même"}}, Reason.NONCE),
    ({"id_token": {"nonce": None}}, Reason.CLAIM_MISSING),
    ({"id_token": {"iss": "https://autre.example/api/v2"}}, Reason.ISSUER),
    ({"id_token": {"aud": "un-autre-service"}}, Reason.AUDIENCE),
    ({"id_token": {"aud": ["client-invente", "un-autre"]}}, Reason.AUDIENCE),
    ({"id_token": {"azp": "un-autre-service"}}, Reason.AUDIENCE),
    ({"id_token": {"exp": int(time.time()) - 300}}, Reason.EXPIRED),
    ({"id_token": {"iat": int(time.time()) + 3600}}, Reason.EXPIRED),
    ({"id_token": {"exp": None}}, Reason.CLAIM_MISSING),
    ({"id_token": {"sub": None}}, Reason.CLAIM_MISSING),
    ({"id_token": {"at_hash": "faux"}}, Reason.ACCESS_TOKEN),
    ({"sign": "none"}, Reason.ALGORITHM),
    ({"sign": "hs256-public-key"}, Reason.ALGORITHM),
    ({"algorithm": "RS256"}, Reason.ALGORITHM),
    ({"sign": "unknown-kid"}, Reason.KEY_UNKNOWN),
    ({"sign": "no-kid"}, Reason.KEY_UNKNOWN),
    ({"sign": "other-key"}, Reason.SIGNATURE),
    ({"userinfo": {"sub": "quelqu-un-d-autre"}}, Reason.USERINFO_SUBJECT),
    ({"userinfo": {"sub": "autre"}, "userinfo_format": "json"}, Reason.USERINFO_SUBJECT),
    ({"userinfo": {"iss": "https://autre.example"}}, Reason.ISSUER),
    ({"userinfo": {"aud": "un-autre-service"}}, Reason.AUDIENCE),
    ({"userinfo": {"exp": int(time.time()) - 300}}, Reason.EXPIRED),
    ({"sign_userinfo": "other-key"}, Reason.SIGNATURE),
    ({"sign_userinfo": "none"}, Reason.ALGORITHM),
    ({"sign_userinfo": "hs256-public-key"}, Reason.ALGORITHM),
    ({"sign_userinfo": "unknown-kid"}, Reason.KEY_UNKNOWN),
    ({"code_age_s": 61}, Reason.CODE_REFUSED),
    ({"garbage": ["/token"]}, Reason.PROVIDER_GARBAGE),
    ({"garbage": ["/userinfo"]}, Reason.PROVIDER_GARBAGE),
    ({"garbage": ["/jwks"]}, Reason.PROVIDER_GARBAGE),
    ({"status": {"/token": 500}}, Reason.PROVIDER_DOWN),
    ({"status": {"/jwks": 404}}, Reason.PROVIDER_GARBAGE),
    ({"status": {"/userinfo": 401}}, Reason.USERINFO_REFUSED),
    ({"error": "access_denied"}, Reason.ACCESS_DENIED),
    ({"error": "login_required"}, Reason.LOGIN_REQUIRED),
    ({"error": "server_error"}, Reason.SERVER_ERROR),
    ({"error": "inconnue"}, Reason.SERVER_ERROR),
    ({"callback": {"iss": "https://autre.example/api/v2"}}, Reason.ISSUER_MIX),
    ({"callback": {"code": ""}}, Reason.CALLBACK),
]


class TestBad:
    @pytest.mark.parametrize(("orders", "expected"), BAD_TOKENS)
    def test_it_is_refused_by_name(
        self, client: Client, linked: User, fake: Running, orders: dict[str, Any], expected: Reason
    ) -> None:
        fake.order(agent=AGENT["sub"], **orders)
        refused(client, journey(client), expected)
        # In good health again, the same browser gets in: nothing bad was kept.
        provider.forget()
        fake.order(agent=AGENT["sub"])
        assert journey(client)["Location"] == "/carte/"

    def test_a_cut_token(self, client: Client, linked: User, fake: Running) -> None:
        fake.order(agent=AGENT["sub"], sign="cut")
        assert reason(journey(client)) in {Reason.SIGNATURE, Reason.TOKEN_MALFORMED}

    @pytest.mark.parametrize("state", ["", "x" * 43])
    def test_an_unknown_state(self, client: Client, linked: User, state: str) -> None:
        back = visit(leave(client))
        known = parse_qs(urlsplit(back).query)["state"][0]
        refused(client, client.get(back.replace(known, state)), Reason.STATE)

    def test_the_state_of_another_browser(self, client: Client, linked: User) -> None:
        back = visit(leave(client))
        other = Client()
        refused(other, other.get(back), Reason.STATE)
        leave(other)
        refused(other, other.get(back), Reason.STATE)

    def test_a_state_serves_once_and_so_does_a_code(self, client: Client, linked: User) -> None:
        back = visit(leave(client))
        assert client.get(back)["Location"] == "/carte/"
        client.post("/deconnexion/")
        refused(client, client.get(back), Reason.STATE)
        # The same code under a fresh state: the provider refuses it.
        used = parse_qs(urlsplit(back).query)["code"][0]
        fresh = visit(leave(client))
        code = parse_qs(urlsplit(fresh).query)["code"][0]
        refused(client, client.get(fresh.replace(code, used)), Reason.CODE_REFUSED)

    def test_a_code_of_another_journey_fails_its_pkce(self, client: Client, linked: User) -> None:
        stolen = parse_qs(urlsplit(visit(leave(client))).query)["code"][0]
        other = Client()
        fresh = visit(leave(other))
        code = parse_qs(urlsplit(fresh).query)["code"][0]
        refused(other, other.get(fresh.replace(code, stolen)), Reason.CODE_REFUSED)

    def test_a_journey_that_lasted_too_long(self, client: Client, linked: User) -> None:
        back = visit(leave(client))
        session = client.session
        for kept in session["proconnect_journeys"].values():
            kept["at"] -= 901
        session.save()
        refused(client, client.get(back), Reason.STATE)

    def test_a_wrong_secret(self, client: Client, linked: User, settings: Any) -> None:
        settings.OIDC_CLIENT_SECRET = "un autre"
        refused(client, journey(client), Reason.CLIENT_REFUSED)

    def test_a_provider_that_is_slow_or_gone(
        self,
        client: Client,
        linked: User,
        fake: Running,
        monkeypatch: pytest.MonkeyPatch,
        settings: Any,
    ) -> None:
        monkeypatch.setattr(provider, "DEADLINE_S", 0.5)
        fake.order(agent=AGENT["sub"], slow_s={"/token": 3})
        began = time.monotonic()
        refused(client, journey(client), Reason.PROVIDER_DOWN)
        assert time.monotonic() - began < 3
        fake.order(agent=AGENT["sub"])
        point_at(settings, "http://127.0.0.1:9/api/v2")
        answer = client.post("/connexion/proconnect/")
        assert answer.status_code == 503
        assert reason(answer) == Reason.PROVIDER_DOWN
        assert "Réessayez plus tard" in answer.content.decode()
        # The password page is still there, with its own second factor: nothing weaker opened.
        assert client.get("/connexion/").status_code == 200

    @pytest.mark.parametrize(
        "discovery",
        [
            {"issuer": "https://autre.example/api/v2"},
            {"token_endpoint": "https://autre.example/token"},
            {"jwks_uri": None},
            {"end_session_endpoint": 5},
        ],
    )
    def test_a_description_that_leads_elsewhere(
        self, client: Client, fake: Running, discovery: dict[str, Any]
    ) -> None:
        fake.order(discovery=discovery)
        answer = client.post("/connexion/proconnect/")
        assert answer.status_code == 503
        assert reason(answer) == Reason.PROVIDER_GARBAGE

    def test_signed_in_people_stay_when_it_is_down(
        self, client: Client, linked: User, fake: Running, settings: Any
    ) -> None:
        journey(client)
        point_at(settings, "http://127.0.0.1:9/api/v2")
        assert client.get("/compte/").status_code == 200
        out = client.post("/deconnexion/", follow=True)
        assert "ProConnect ne répond pas" in out.content.decode()
        assert client.get("/compte/").status_code == 302

    def test_every_name_is_tested_or_said(self) -> None:
        tested = {expected for _, expected in BAD_TOKENS}
        elsewhere = {
            Reason.STATE, Reason.CLIENT_REFUSED, Reason.UNKNOWN_PERSON, Reason.ACCOUNT_CLOSED,
            Reason.IDENTITY_TAKEN, Reason.LOGOUT_STATE, Reason.NOT_CONFIGURED,
            Reason.TOKEN_MALFORMED,
        }  # fmt: skip
        assert tested | elsewhere == set(Reason)
        assert all(text.endswith(".") for text in MESSAGES.values())


def test_nothing_is_offered_without_settings(client: Client) -> None:
    assert "ProConnect" not in client.get("/connexion/").content.decode()
    answer = client.post("/connexion/proconnect/")
    assert answer.status_code == 404
    assert reason(answer) == Reason.NOT_CONFIGURED


def test_only_the_forms_may_go_there(client: Client, fake: Running) -> None:
    page = client.get("/connexion/")
    assert "S’identifier avec ProConnect" in page.content.decode()
    policy = page["Content-Security-Policy"]
    origin = fake.issuer.removesuffix("/api/v2")
    assert f"form-action 'self' {origin}" in policy
    assert policy.count(origin) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"max_age": "60"}, "Y000400"),
        ({"state": "court"}, "Y000400"),
        ({"nonce": ""}, "Y000400"),
        ({"scope": "openid profile"}, "Y000400"),
        ({"redirect_uri": "https://autre.example/"}, "Y030031"),
        ({"code_challenge_method": "plain"}, "Y000400"),
    ],
)
def test_the_fake_refuses_as_the_real_one(
    client: Client, process: Running, settings: Any, change: dict[str, str], code: str
) -> None:
    point_at(settings, process.issuer)
    parts = urlsplit(leave(client))
    query = {name: given[0] for name, given in parse_qs(parts.query).items()} | change
    answer = requests.get(f"{process.issuer}/authorize", params=query, timeout=10)
    assert answer.status_code == 400
    assert code in answer.text
    provider.forget()

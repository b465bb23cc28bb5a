"""The second factor: asked of everybody, spent by its use, enrolled first, confirmed again."""

from __future__ import annotations

import html
import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.test import Client

from geo.accounts.enums import Role
from geo.accounts.factors import code_accept, current_step, factors_reset, totp_code
from geo.accounts.models import SignInFailure
from geo.accounts.throttle import ACCOUNT
from tests.support import signing
from tests.support.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
STEP_TWO = "/connexion/second-facteur/"
ENROL = "/compte/second-facteur/"


def first_step(client: Client, user: Any, **fields: Any) -> Any:
    return client.post("/connexion/", {"email": user.email, "password": PASSWORD} | fields)


def shown_secret(page: Any) -> str:
    found = re.search(r"data-secret>([A-Z2-7 ]+)<", page.content.decode())
    assert found
    return found[1].replace(" ", "")


def shown_codes(page: Any) -> list[str]:
    return re.findall(r"<li><code>(\d{8})</code></li>", page.content.decode())


class TestSignIn:
    def test_the_password_alone_opens_nothing(self, client: Client, admin_93: Any) -> None:
        signing.enrol_totp(admin_93)
        assert first_step(client, admin_93)["Location"] == STEP_TWO
        assert client.get(STEP_TWO).status_code == 200
        for path in ("/compte/", "/carte/", "/sites/", "/compte/jetons/", ENROL):
            assert client.get(path)["Location"].startswith("/connexion/?next="), path
        assert client.get("/ogc/collections/sites/items").status_code == 404

    def test_without_a_first_step_there_is_no_second(self, client: Client) -> None:
        assert client.get(STEP_TWO)["Location"] == "/connexion/"
        assert client.post(STEP_TWO, {"code": "123456"})["Location"] == "/connexion/"

    def test_a_wrong_code_is_refused_and_slows_down(self, client: Client, admin_93: Any) -> None:
        signing.enrol_totp(admin_93)
        first_step(client, admin_93)
        for _ in range(ACCOUNT.free):
            answer = client.post(STEP_TWO, {"code": "000 000"})
            assert answer.status_code == 422
            assert "n’est pas le bon" in answer.content.decode()
        answer = client.post(STEP_TWO, {"code": signing.next_code(admin_93)})
        assert answer.status_code == 429
        assert 0 < int(answer["Retry-After"]) <= ACCOUNT.first_s
        assert client.get("/compte/").status_code == 302
        SignInFailure.objects.all().delete()
        assert client.post(STEP_TWO, {"code": signing.next_code(admin_93)}).status_code == 302
        assert client.get("/compte/").status_code == 200

    def test_a_code_serves_once(self, admin_93: Any) -> None:
        secret = signing.enrol_totp(admin_93)
        code = totp_code(secret)
        for status in (302, 422):
            client = Client()
            first_step(client, admin_93)
            assert client.post(STEP_TWO, {"code": code}).status_code == status

    def test_an_old_code_is_dead_and_a_clock_may_be_a_step_off(self, admin_93: Any) -> None:
        secret = signing.enrol_totp(admin_93)
        now = current_step()
        for step in (now - 3, now + 3):
            assert code_accept(user=admin_93, code=totp_code(secret, step)) is None
        assert code_accept(user=admin_93, code=f" {totp_code(secret, now + 1)} ") is not None
        # Earlier ones are behind the one that has just served.
        assert code_accept(user=admin_93, code=totp_code(secret, now)) is None

    def test_a_second_factor_of_somebody_else_does_not_serve(
        self, client: Client, admin_93: Any
    ) -> None:
        signing.enrol_totp(admin_93)
        other = make_user(Role.OBSERVER, email="autre@example.test")
        signing.enrol_totp(other)
        first_step(client, admin_93)
        assert client.post(STEP_TWO, {"code": signing.next_code(other)}).status_code == 422

    def test_an_account_closed_between_the_steps_stays_out(
        self, client: Client, admin_93: Any
    ) -> None:
        signing.enrol_totp(admin_93)
        first_step(client, admin_93)
        admin_93.is_active = False
        admin_93.save()
        client.post(STEP_TWO, {"code": signing.next_code(admin_93)})
        assert client.get("/compte/").status_code == 302

    def test_secrets_are_sealed_in_the_database(self, admin_93: Any, settings: Any) -> None:
        secret = signing.enrol_totp(admin_93)
        stored = repr(Authenticator.objects.values_list("data", flat=True).get())
        assert secret not in stored
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "une autre clé, nouvelle"
        assert code_accept(user=admin_93, code=totp_code(secret)) is not None


class TestEnrolment:
    def test_a_session_without_factor_opens_the_enrolment_and_nothing_else(
        self, client: Client, admin_93: Any
    ) -> None:
        assert first_step(client, admin_93, next="/sites/?v=map")["Location"] == "/sites/?v=map"
        for path in ("/sites/?v=map", "/compte/", "/compte/securite/", "/compte/jetons/"):
            assert client.get(path)["Location"].startswith(ENROL), path
        assert client.post("/compte/securite/sessions/fin/")["Location"].startswith(ENROL)
        # Public pages and feeds see nobody.
        assert client.get("/ogc/collections/sites/items").status_code == 404
        assert "Se connecter" in client.get("/aide/").content.decode()
        page = client.get(ENROL + "?next=/sites/%3Fv%3Dmap")
        assert page.status_code == 200
        secret = shown_secret(page)
        assert shown_secret(client.get(ENROL)) == secret, "the secret must survive a reload"
        wrong = client.post(ENROL, {"code": "000000", "next": "/sites/"})
        assert wrong.status_code == 422
        assert not Authenticator.objects.exists()
        done = client.post(ENROL, {"code": totp_code(secret), "next": "/sites/?v=map"})
        assert done.status_code == 201
        assert len(shown_codes(done)) == 10
        assert 'href="/sites/?v=map"' in html.unescape(done.content.decode())
        assert client.get("/compte/").status_code == 200

    def test_the_first_code_of_the_enrolment_does_not_serve_again(
        self, client: Client, admin_93: Any
    ) -> None:
        first_step(client, admin_93)
        code = totp_code(shown_secret(client.get(ENROL)))
        assert client.post(ENROL, {"code": code}).status_code == 201
        again = Client()
        first_step(again, admin_93)
        assert again.post(STEP_TWO, {"code": code}).status_code == 422

    def test_enrolling_elsewhere_ends_the_half_open_session(self, admin_93: Any) -> None:
        client = Client()
        signing.force_login_once(client, admin_93)
        signing.enrol_totp(admin_93)
        assert client.get("/compte/")["Location"].startswith("/connexion/?next=")
        assert client.get(ENROL)["Location"].startswith("/connexion/")

    def test_a_recovery_code_stands_in_once(self, admin_93: Any) -> None:
        client = Client()
        first_step(client, admin_93)
        secret = shown_secret(client.get(ENROL))
        codes = shown_codes(client.post(ENROL, {"code": totp_code(secret)}))
        for status in (302, 422):
            other = Client()
            first_step(other, admin_93)
            assert other.post(STEP_TWO, {"code": codes[3]}).status_code == status
        assert "encore : 9." in client.get("/compte/securite/").content.decode()
        fresh = shown_codes(client.post("/compte/securite/codes-de-secours/"))
        assert len(fresh) == 10
        other = Client()
        first_step(other, admin_93)
        assert other.post(STEP_TWO, {"code": codes[4]}).status_code == 422
        assert other.post(STEP_TWO, {"code": fresh[0]}).status_code == 302

    def test_the_last_factor_cannot_be_taken_away(self, client: Client, admin_93: Any) -> None:
        signing.sign_in(client, admin_93)
        factor = Authenticator.objects.get(type="totp")
        client.post(f"/compte/securite/facteurs/{factor.pk}/fin/")
        assert Authenticator.objects.filter(pk=factor.pk).exists()
        other = make_user(Role.OBSERVER, email="autre@example.test")
        signing.enrol_totp(other)
        theirs = Authenticator.objects.get(user=other)
        assert client.post(f"/compte/securite/facteurs/{theirs.pk}/fin/").status_code == 404

    def test_an_application_is_replaced_only_after_a_recent_proof(
        self, client: Client, admin_93: Any
    ) -> None:
        signing.sign_in(client, admin_93)
        before = Authenticator.objects.get(type="totp").data["secret"]
        signing.mark_proved(client, admin_93, seconds_ago=700)
        assert client.get(ENROL)["Location"].startswith("/compte/confirmer/")
        assert client.post(ENROL, {"code": "123456"})["Location"].startswith("/compte/confirmer/")
        signing.mark_proved(client, admin_93)
        code = totp_code(shown_secret(client.get(ENROL)))
        assert client.post(ENROL, {"code": code}).status_code in {201, 302}
        assert Authenticator.objects.get(type="totp").data["secret"] != before

    def test_a_lost_factor_is_reset_and_enrolled_again(self, admin_93: Any) -> None:
        signing.enrol_totp(admin_93)
        factors_reset(user=admin_93)
        client = Client()
        first_step(client, admin_93)
        assert client.get("/carte/")["Location"].startswith(ENROL)


class TestConfirm:
    def test_what_matters_most_asks_again_after_ten_minutes(
        self, client: Client, admin_93: Any
    ) -> None:
        signing.sign_in(client, admin_93)
        assert client.get("/compte/jetons/").status_code == 200
        signing.mark_proved(client, admin_93, seconds_ago=601)
        asked = client.get("/compte/jetons/")
        assert asked["Location"] == "/compte/confirmer/?next=%2Fcompte%2Fjetons%2F"
        made = client.post("/compte/jetons/", {"name": "a", "purpose": "b", "days": "30"})
        assert made["Location"].startswith("/compte/confirmer/")
        assert not admin_93.tokens.exists()
        page = client.get(asked["Location"])
        assert page.status_code == 200
        wrong = client.post("/compte/confirmer/", {"code": "000000", "next": "/compte/jetons/"})
        assert wrong.status_code == 422
        code = signing.next_code(admin_93)
        right = client.post("/compte/confirmer/", {"code": code, "next": "/compte/jetons/"})
        assert right["Location"] == "/compte/jetons/"
        assert client.get("/compte/jetons/").status_code == 200

    def test_the_password_is_no_confirmation_of_a_second_factor(
        self, client: Client, admin_93: Any
    ) -> None:
        signing.force_login_once(client, admin_93)
        assert client.get("/compte/confirmer/")["Location"].startswith(ENROL)

    def test_it_leads_nowhere_else(self, client: Client, admin_93: Any) -> None:
        signing.sign_in(client, admin_93)
        assert client.get("/compte/confirmer/?next=//mauvais.test/")["Location"] == "/compte/"


class TestSessions:
    def clock(self, client: Client, **ago: float) -> None:
        session = client.session
        now = int(time.time())
        session["clock"] = {name: int(now - seconds) for name, seconds in ago.items()}
        session.save()

    @pytest.mark.parametrize(
        ("began", "seen", "open_"),
        [(3590, 3590, True), (3700, 3601, False), (43_100, 10, True), (43_200, 10, False)],
    )
    def test_it_ends_when_idle_or_old(
        self, client: Client, admin_93: Any, began: float, seen: float, open_: bool
    ) -> None:
        signing.sign_in(client, admin_93)
        self.clock(client, began=began, seen=seen)
        key = client.session.session_key
        answer = client.get("/compte/")
        assert (answer.status_code == 200) is open_
        assert Session.objects.filter(session_key=key).exists() is open_
        if not open_:
            page = client.get(answer["Location"]).content.decode()
            assert "Votre session a pris fin" in page
            assert "Votre session a pris fin" not in client.get("/connexion/").content.decode()

    def test_a_tile_keeps_it_alive_and_is_noted_once_a_minute(
        self, client: Client, admin_93: Any
    ) -> None:
        signing.sign_in(client, admin_93)
        self.clock(client, began=4000, seen=3000)
        client.get("/tiles/sites.json")
        seen = client.session["clock"]["seen"]
        assert time.time() - seen < 60
        assert client.session["clock"]["began"] == pytest.approx(time.time() - 4000, abs=60)
        client.get("/tiles/sites.json")
        assert client.session["clock"]["seen"] == seen

    def test_one_sees_and_ends_ones_own(self, admin_93: Any) -> None:
        here = Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"})
        there = Client(REMOTE_ADDR="203.0.113.9", headers={"User-Agent": "Chrome/150 Windows"})
        other = Client()
        signing.sign_in(here, admin_93)
        signing.sign_in(there, admin_93)
        signing.sign_in(other, make_user(Role.OBSERVER, email="autre@example.test"))
        page = here.get("/compte/securite/").content.decode()
        assert "Firefox sur Linux" in page
        assert "Chrome sur Windows" in page
        assert "203.0.113.9" in page
        ids = re.findall(r"/compte/securite/sessions/(\d+)/fin/", page)
        assert len(ids) == 1
        assert other.post(f"/compte/securite/sessions/{ids[0]}/fin/").status_code == 302
        assert there.get("/compte/").status_code == 200, "somebody else's session must stay"
        here.post(f"/compte/securite/sessions/{ids[0]}/fin/")
        assert there.get("/compte/").status_code == 302
        assert here.get("/compte/").status_code == 200
        signing.sign_in(there, admin_93)
        here.post("/compte/securite/sessions/fin/")
        assert there.get("/compte/").status_code == 302
        assert here.get("/compte/").status_code == 200

    def test_all_end_with_the_account(self, client: Client, admin_93: Any) -> None:
        signing.sign_in(client, admin_93)
        admin_93.is_active = False
        admin_93.save()
        assert client.get("/compte/").status_code == 302

    def test_the_session_has_a_new_key_after_the_second_factor(
        self, client: Client, admin_93: Any
    ) -> None:
        signing.enrol_totp(admin_93)
        first_step(client, admin_93)
        before = client.session.session_key
        client.post(STEP_TWO, {"code": signing.next_code(admin_93)})
        assert client.session.session_key != before


@pytest.mark.parametrize(
    "credential", ["", "{}", "[]", "3", '{"id": 1}', '{"response": {}}', "nul"]
)
def test_a_made_up_answer_of_a_key_is_refused(
    client: Client, admin_93: Any, credential: str
) -> None:
    signing.enrol_totp(admin_93)
    first_step(client, admin_93)
    client.get(STEP_TWO)
    answer = client.post(STEP_TWO, {"credential": credential})
    assert answer.status_code == 422
    signing.force_login_once(other := Client(), admin_93)
    Authenticator.objects.all().delete()
    other.get(ENROL)
    made = other.post(ENROL, {"credential": credential, "name": "x"})
    assert made.status_code == 422
    assert not Authenticator.objects.exists()

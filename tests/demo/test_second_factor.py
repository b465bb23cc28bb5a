"""The demonstration tells the current code of its invented accounts; nothing else ever does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from demo.accounts import accounts_read
from demo.second_factor import current_code
from geo.accounts.factors import totp_code
from geo.accounts.models import User
from tests.support import signing
from tests.support.factories import PASSWORD, make_user
from web.accounts.factor_forms import code_hint

HINT = "demo.second_factor.current_code"
SHOWN = re.compile(r"code (\d{6})")


def second_step(email: str, password: str) -> tuple[Client, str]:
    client = Client()
    assert client.post("/connexion/", {"email": email, "password": password}).status_code == 302
    return client, client.get("/connexion/second-facteur/").content.decode()


@pytest.mark.usefixtures("demo")
def test_a_person_signs_in_alone_and_again_at_once(settings: Any) -> None:
    settings.SECOND_FACTOR_HINT = HINT
    account = accounts_read()[0]
    for _ in range(2):
        client, page = second_step(str(account["email"]), str(account["password"]))
        shown = SHOWN.search(page)
        assert shown
        assert "Démonstration" in page
        client.post("/connexion/second-facteur/", {"code": shown[1]})
        assert client.get("/compte/").status_code == 200


@pytest.mark.usefixtures("demo")
def test_the_listed_secret_gives_the_code() -> None:
    for account in accounts_read()[:3]:
        user = User.objects.get(email=account["email"])
        client, _ = second_step(user.email, str(account["password"]))
        code = totp_code(str(account["totp"]))
        assert client.post("/connexion/second-facteur/", {"code": code}).status_code == 302
        assert client.get("/compte/").status_code == 200


@pytest.mark.usefixtures("demo")
def test_a_real_account_is_never_told(settings: Any) -> None:
    settings.SECOND_FACTOR_HINT = HINT
    user = make_user("observer", "departement", "93", email="vraie@example.test")
    signing.enrol_totp(user)
    _, page = second_step(user.email, PASSWORD)
    assert not SHOWN.search(page)


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("change", [{"ATLAS_DEMO": False}, {"SECOND_FACTOR_HINT": ""}])
def test_both_locks_hold_alone(settings: Any, change: dict[str, Any]) -> None:
    settings.SECOND_FACTOR_HINT = HINT
    for name, value in change.items():
        setattr(settings, name, value)
    account = accounts_read()[0]
    _, page = second_step(str(account["email"]), str(account["password"]))
    assert not SHOWN.search(page)
    assert "Démonstration" not in page.partition("<main")[2]


def always(user: User) -> str:
    """A hint that guards nothing itself."""
    return "code 123456"


@pytest.mark.usefixtures("demo")
def test_each_side_of_the_door_is_closed_alone(settings: Any) -> None:
    account = accounts_read()[0]
    user = User.objects.get(email=account["email"])
    settings.SECOND_FACTOR_HINT = "tests.demo.test_second_factor.always"
    assert code_hint(user) == "code 123456"
    settings.ATLAS_DEMO = False
    assert code_hint(user) == ""
    assert current_code(user) == ""
    settings.ATLAS_DEMO = True
    assert SHOWN.fullmatch(current_code(user))


PRODUCTION = {
    "SECRET_KEY": "x" * 50,
    "ALLOWED_HOSTS": "atlas.example.test",
    "EMAIL_URL": "console:",
    "BASE_URL": "https://atlas.example.test",
    "DATABASE_URL": "postgresql://localhost/x",
}


def settings_say(module: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    script = (
        f"import {module} as s; print(s.ATLAS_DEMO, repr(s.SECOND_FACTOR_HINT),"
        " s.SESSION_COOKIE_NAME if hasattr(s, 'SESSION_COOKIE_NAME') else '')"
    )
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=django_settings.BASE_DIR,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_the_variable_the_setting_is_empty() -> None:
    assert settings_say("config.settings.dev").stdout.strip() == "False ''"
    assert settings_say("config.settings.dev", ATLAS_DEMO="1").stdout.strip() == f"True '{HINT}'"
    production = settings_say("config.settings.prod", **PRODUCTION)
    assert production.stdout.strip() == "False '' __Host-sessionid", production.stderr


def test_production_refuses_the_demonstration() -> None:
    refused = settings_say("config.settings.prod", ATLAS_DEMO="1", **PRODUCTION)
    assert refused.returncode != 0
    assert "ATLAS_DEMO" in refused.stderr

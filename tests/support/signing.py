"""Signing in for tests: by both factors as anybody does, or at once.

`Client.force_login` of the whole suite marks its session as proved by two factors (see
`install`): what a test is about is rarely the sign-in itself.
"""

from __future__ import annotations

import time
from typing import Any

from allauth.account.internal.flows.login import (
    _AUTHENTICATION_METHODS_USER_SESSION_KEY,
    AUTHENTICATION_METHODS_SESSION_KEY,
)
from allauth.account.internal.userkit import user_id_to_str
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt, encrypt
from django.test import Client

from geo.accounts.factors import current_step, new_totp_secret, totp_code
from geo.accounts.models import User
from tests.support.factories import PASSWORD
from web.accounts.middleware import start_clock

_plain_force_login = Client.force_login


def install() -> None:
    """Make `Client.force_login` stand for both factors, for the whole run."""
    Client.force_login = _force_login  # type: ignore[method-assign]


def force_login_once(client: Client, user: User) -> None:
    """A session that has proved one factor only."""
    _plain_force_login(client, user)


def _force_login(client: Client, user: User, backend: str | None = None) -> None:
    _plain_force_login(client, user, backend)
    mark_proved(client, user)


def mark_proved(client: Client, user: User, *, seconds_ago: float = 0) -> None:
    """Write in the session that a second factor was given, so long ago."""
    session = client.session
    record = {"method": "mfa", "type": "totp", "at": time.time() - seconds_ago}
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [record]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = user_id_to_str(user)
    start_clock(session)
    session.save()


def enrol_totp(user: User) -> str:
    """Give an account a code application; returns its secret."""
    secret = new_totp_secret()
    Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": encrypt(secret)}
    )
    return secret


def next_code(user: User) -> str:
    """A code of the account's application that was not used yet (at most two in thirty seconds)."""
    factor = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    step = max(current_step(), factor.data.get("last_step", 0) + 1)
    return totp_code(decrypt(factor.data["secret"]), step)


def sign_in(client: Client, user: User, *, password: str = PASSWORD, **fields: Any) -> Any:
    """Both factors through the pages; the account is enrolled if it was not. The last answer."""
    if not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
        enrol_totp(user)
    first = client.post("/connexion/", {"email": user.email, "password": password} | fields)
    assert first.status_code == 302, first.content.decode()[:2000]
    assert first["Location"] == "/connexion/second-facteur/"
    return client.post("/connexion/second-facteur/", {"code": next_code(user)})

"""How allauth is wired to this product: our pauses, our words, our stage of the second factor.

Leaves who may sign in to the accounts' services.
"""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from geo.accounts.addresses import client_address
from geo.accounts.factors import seal, unseal
from geo.accounts.throttle import sign_in_failed, sign_in_pause, sign_in_succeeded
from web.accounts.words import pause_in_words
from web.context import PRODUCT_NAME


class Slowed(forms.ValidationError):
    """Too many attempts: `pause_s` seconds before the next one."""

    def __init__(self, pause_s: int) -> None:
        super().__init__(
            f"Trop d’essais : attendez {pause_in_words(pause_s)} avant le prochain.", code="slowed"
        )
        self.pause_s = pause_s


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are opened by administrators, never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The reader's address; a request of no address at all counts as one place."""
        return client_address(request) or "0.0.0.0"  # noqa: S104

    def get_login_stages(self) -> list[str]:
        """After the first factor, the second: nothing else."""
        return ["web.accounts.stages.SecondFactorStage"]

    def is_reauthentication_required(self, *, app: str = "") -> bool:
        """Our own decorator asks (`web.accounts.recent`)."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Make whoever failed too often wait; raises `Slowed`."""
        pause = sign_in_pause(**_who(request, credentials))
        if pause:
            raise Slowed(pause)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """The person of these credentials, or None; their failures are forgotten."""
        person = super().authenticate(request, **credentials)
        if person is not None:
            sign_in_succeeded(**_who(request, credentials))
        return person

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the failure, of an account that exists or not alike."""
        sign_in_failed(**_who(request, credentials))

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Our pages say what happened; the library's own messages are not shown."""

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Our services write their own mails (`geo.accounts.tasks`)."""


class FactorAdapter(DefaultMFAAdapter):
    """Secrets sealed, and the names that an application or a passkey shows."""

    def encrypt(self, text: str) -> str:
        """Seal a secret before it is stored."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Open a stored secret."""
        return unseal(encrypted_text)

    def get_totp_issuer(self) -> str:
        """The product's name, in the application."""
        return PRODUCT_NAME

    def _get_site_name(self) -> str:
        return PRODUCT_NAME


def _who(request: HttpRequest, credentials: dict[str, Any]) -> dict[str, str]:
    return {"email": str(credentials.get("email", "")), "address": client_address(request)}

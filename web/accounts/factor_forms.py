"""The forms of the second factor: a code typed, a passkey's answer, a passkey's name.

Leaves what makes a code good to `geo.accounts.factors`, and passkeys to allauth.
"""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.module_loading import import_string

from geo.accounts.addresses import client_address
from geo.accounts.factors import code_accept
from geo.accounts.models import User
from geo.accounts.throttle import sign_in_failed, sign_in_pause, sign_in_succeeded
from web.accounts.adapter import Slowed
from web.accounts.proofs import prove_factor

WRONG_CODE = "Ce code n’est pas le bon, ou il a déjà servi."
WRONG_KEY = "La clé n’a pas été reconnue : recommencez."


class CodeField(forms.CharField):
    """Six digits of an application, or eight of a recovery code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=20,
            error_messages={"required": "Écrivez le code."},
            widget=forms.TextInput(
                attrs={
                    "autocomplete": "one-time-code",
                    "inputmode": "numeric",
                    "spellcheck": "false",
                    "size": "12",
                }
            ),
            **kwargs,
        )


class CodeForm(forms.Form):
    """A code typed by hand, at sign-in or to confirm that it is still the same person."""

    code = CodeField(
        label="Code de votre application", help_text="Ou l’un de vos codes de secours."
    )

    def __init__(self, request: HttpRequest, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.request, self.user = request, user
        self.pause_s = 0

    def clean_code(self) -> str:
        """Spend the code; a wrong one slows the next attempts down."""
        code = str(self.cleaned_data["code"])
        who = {"email": f"second-factor:{self.user.pk}", "address": client_address(self.request)}
        self.pause_s = sign_in_pause(**who)
        if self.pause_s:
            raise Slowed(self.pause_s)
        factor = code_accept(user=self.user, code=code, again=bool(code_hint(self.user)))
        if factor is None:
            sign_in_failed(**who)
            raise forms.ValidationError(WRONG_CODE)
        sign_in_succeeded(**who)
        self.factor = factor
        return code

    def save(self) -> None:
        """Record the proof in the session."""
        prove_factor(self.request, self.factor)


class PasskeyForm(AuthenticateWebAuthnForm):
    """The browser's answer for a passkey."""

    pause_s = 0

    def __init__(self, request: HttpRequest, user: User, data: Any = None) -> None:
        super().__init__(user=user, data=data)
        self.request = request
        self.fields["credential"].error_messages = {"required": WRONG_KEY, "invalid": WRONG_KEY}
        self.fields["credential"].widget.attrs["id"] = "reponse-cle"

    def clean_credential(self) -> Authenticator:
        """The passkey that answered. Its errors are told above the form: the field is hidden."""
        try:
            return super().clean_credential()
        except (ValidationError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise forms.ValidationError(WRONG_KEY) from error

    def save(self) -> None:
        """Record the proof in the session."""
        prove_factor(self.request, self.cleaned_data["credential"])


class NewPasskeyForm(AddWebAuthnForm):
    """The browser's answer for a new passkey, and the name it will be listed under."""

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(user=user, data=data)
        name = self.fields["name"]
        name.label, name.max_length = "Nom de cette clé", 60
        name.help_text = "Pour la reconnaître : « Téléphone », « Clé du bureau »."
        name.widget.attrs["maxlength"] = "60"
        self.fields["credential"].error_messages = {"required": WRONG_KEY, "invalid": WRONG_KEY}
        self.fields["credential"].widget.attrs["id"] = "nouvelle-cle"

    def clean_name(self) -> str:
        """At most sixty signs; a missing name gets one."""
        return str(super().clean_name())[:60]

    def clean(self) -> dict[str, Any]:
        """The ceremony's answer, checked against what was asked."""
        try:
            return dict(super().clean() or {})
        except (ValidationError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise forms.ValidationError(WRONG_KEY) from error


class NewCodeForm(forms.Form):
    """The first code of a new application: it proves that the secret arrived."""

    code = CodeField(label="Code donné par l’application")


def code_hint(user: User) -> str:
    """The current code, where the settings name a function that tells it: the demonstration only.

    Production refuses to start with ATLAS_DEMO=1, and without it the setting is empty.
    """
    if not (settings.ATLAS_DEMO and settings.SECOND_FACTOR_HINT):
        return ""
    return str(import_string(settings.SECOND_FACTOR_HINT)(user))

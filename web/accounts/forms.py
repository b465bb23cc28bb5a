"""The forms of the account: signing in, making a feed token."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.http import HttpRequest

from geo.accounts.models import User
from geo.accounts.tokens import MAX_DAYS
from web.accounts.adapter import Slowed

REFUSED = "Adresse électronique ou mot de passe incorrect."
LIVES = ((30, "30 jours"), (90, "3 mois"), (180, "6 mois"), (MAX_DAYS, "12 mois"))


class SignInForm(forms.Form):
    """E-mail and password; a refusal tells neither which is wrong nor if the account exists."""

    email = forms.CharField(
        label="Adresse électronique",
        max_length=254,
        error_messages={"required": "Écrivez votre adresse électronique."},
        widget=forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label="Mot de passe",
        max_length=128,
        strip=False,
        error_messages={"required": "Écrivez votre mot de passe."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.pause_s = 0

    def clean(self) -> dict[str, Any]:
        """Check the pair once both are given, unless too many failed just before."""
        values = super().clean() or {}
        if self.errors:
            return values
        address = values["email"].strip().lower()
        try:
            person = get_adapter(self.request).authenticate(
                self.request, email=address, password=values["password"]
            )
        except Slowed as slowed:
            self.pause_s = slowed.pause_s
            raise
        if not isinstance(person, User):
            raise forms.ValidationError(REFUSED)
        self.person = person
        return values


class TokenForm(forms.Form):
    """What a feed token is for and how long it lives."""

    name = forms.CharField(
        label="Nom du jeton",
        max_length=80,
        help_text="Pour le reconnaître : « QGIS du bureau », « Tableau de bord ».",
        error_messages={"required": "Donnez un nom."},
    )
    purpose = forms.CharField(
        label="À quoi servira-t-il ?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Cette finalité reste écrite avec le jeton.",
        error_messages={"required": "Écrivez la finalité."},
    )
    days = forms.TypedChoiceField(label="Durée", choices=LIVES, coerce=int, initial=90)

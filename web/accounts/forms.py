"""The forms of the account: signing in, making a feed token."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.http import HttpRequest

from geo.accounts.models import User

REFUSED = "Adresse électronique ou mot de passe incorrect."


class SignInForm(forms.Form):
    """E-mail and password; a refusal tells neither which is wrong nor if the account exists."""

    email = forms.CharField(
        label="Adresse électronique",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label="Mot de passe",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean(self) -> dict[str, Any]:
        """Check the pair once both are given."""
        values = super().clean() or {}
        if self.errors:
            return values
        person = authenticate(
            self.request, username=values["email"].lower(), password=values["password"]
        )
        if not isinstance(person, User):
            raise forms.ValidationError(REFUSED)
        self.person = person
        return values

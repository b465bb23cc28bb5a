"""Changing one's password, and choosing a new one by the link of a mail.

The second factor stays asked at the next sign-in. Leaves the rules to `geo.accounts.passwords`.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from geo.accounts.addresses import client_address
from geo.accounts.models import User
from geo.accounts.passwords import LONGEST, SHORTEST, password_change, reset_user
from geo.accounts.tasks import offer_new_password, tell_security
from geo.accounts.throttle import sign_in_failed, sign_in_pause
from geo.core.errors import InvalidInput
from web.accounts.adapter import Slowed
from web.accounts.recent import recent_sign_in_required
from web.requests import person

HINT = (
    f"De {SHORTEST} à {LONGEST} signes, sans autre règle : plusieurs mots sans lien entre eux. "
    "Ni votre nom, ni votre organisme, ni un mot de passe connu."
)


class NewPasswordForm(forms.Form):
    """The new password, twice."""

    password = forms.CharField(
        label="Nouveau mot de passe",
        help_text=HINT,
        strip=False,
        error_messages={"required": "Écrivez un mot de passe."},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="Le même, encore une fois",
        strip=False,
        error_messages={"required": "Écrivez-le une seconde fois."},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Both must be the same."""
        values = super().clean() or {}
        if not self.errors and values["password"] != values["again"]:
            self.add_error("again", "Les deux mots de passe diffèrent.")
        return values


class ForgottenForm(forms.Form):
    """The address to which the link is sent, if it is an account's."""

    email = forms.EmailField(
        label="Adresse électronique",
        max_length=254,
        error_messages={
            "required": "Écrivez votre adresse électronique.",
            "invalid": "Cette adresse est mal formée : attendu nom@domaine.fr.",
        },
        widget=forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false"}),
    )


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link; the answer is the same for an unknown account."""
    form = ForgottenForm(request.POST or None)
    pause, sent = 0, False
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"].lower()
        who = {"email": f"forgotten:{email}", "address": client_address(request)}
        pause = sign_in_pause(**who)
        if pause:
            form.add_error(None, Slowed(pause))
        else:
            # Each request counts, as a failure does: nobody's mailbox can be flooded.
            sign_in_failed(**who)
            user = User.objects.filter(email=email, is_active=True).first()
            offer_new_password(user=user if user and user.has_usable_password() else None)
            sent = True
    status = 429 if pause else 422 if form.errors else 200
    context = {"form": form, "sent": sent}
    response = render(request, "web/accounts/forgotten.html", context, status=status)
    if pause:
        response["Retry-After"] = str(pause)
    return response


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest, who: str, token: str) -> HttpResponse:
    """Choose a new password by the link of a mail; all sessions end, none begins."""
    user = reset_user(who, token)
    if user is None:
        return render(request, "web/accounts/reset_dead.html", status=410)
    form = NewPasswordForm(request.POST or None)
    if _changed(request, form, user, keep=""):
        messages.success(request, "Votre mot de passe est changé : connectez-vous avec lui.")
        return redirect("sign_in")
    status = 422 if form.errors else 200
    context = {"form": form, "email": user.email}
    return render(request, "web/accounts/reset.html", context, status=status)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@recent_sign_in_required
def change(request: HttpRequest) -> HttpResponse:
    """Change one's own password; the other sessions end."""
    user = person(request)
    form = NewPasswordForm(request.POST or None)
    if _changed(request, form, user, keep=request.session.session_key or ""):
        messages.success(
            request, "Votre mot de passe est changé ; vos autres sessions ont pris fin."
        )
        return redirect("security")
    status = 422 if form.errors else 200
    return render(request, "web/accounts/password.html", {"form": form}, status=status)


def _changed(request: HttpRequest, form: NewPasswordForm, user: User, *, keep: str) -> bool:
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        password_change(user=user, password=form.cleaned_data["password"], keep=keep)
    except InvalidInput as error:
        form.add_error("password", error.message)
        return False
    if keep:
        update_session_auth_hash(request, user)
    tell_security(user=user, what="password_changed")
    return True

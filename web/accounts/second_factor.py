"""The second factor: asked at sign-in, enrolled, asked again before what matters most.

Leaves the list of one's factors to `web.accounts.security`.
"""

from __future__ import annotations

from typing import Any, cast

from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn.internal.auth import WebAuthn, begin_authentication, begin_registration
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from geo.accounts.factors import (
    has_second_factor,
    new_totp_secret,
    recovery_codes_left,
    recovery_codes_renew,
    seal,
    totp_enrol,
    unseal,
)
from geo.accounts.models import User
from geo.accounts.tasks import tell_security
from geo.core.errors import InvalidInput
from web.accounts.factor_forms import CodeForm, NewCodeForm, NewPasskeyForm, PasskeyForm, code_hint
from web.accounts.middleware import while_enrolling
from web.accounts.proofs import came_by_proconnect, prove_factor, proved_twice
from web.accounts.qr import totp_picture
from web.accounts.recent import proved_recently
from web.addresses import safe_next
from web.requests import person

SECRET = "enrol_secret"  # noqa: S105


class SecondFactorView(AuthenticateView):
    """The step after the password: a code or a passkey, then the session begins."""

    template_name = "web/accounts/second_factor.html"

    def _build_forms(self) -> Any:
        self.code_form, self.key_form, posted = both_forms(
            self.request, cast(User, self.stage.login.user)
        )
        return posted

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Both forms, what the browser needs for a passkey, and the demonstration's code."""
        user = cast(User, self.stage.login.user)
        return {
            **factor_context(user, self.code_form, self.key_form),
            "hint": code_hint(user),
            "action": reverse("mfa_authenticate"),
        }

    def form_invalid(self, form: Any) -> HttpResponse:
        """The page again, with the pause if there is one."""
        response = self.render_to_response(self.get_context_data())
        return refused(response, form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Ask a second factor again; `next` is followed only inside this site."""
    user = person(request)
    target = safe_next(
        request, request.POST.get("next", request.GET.get("next", "")), reverse("account")
    )
    if proved_recently(request):
        return HttpResponseRedirect(target)
    code_form, key_form, posted = both_forms(request, user)
    if posted is not None and posted.is_valid():
        posted.save()
        return HttpResponseRedirect(target)
    context = {
        **factor_context(user, code_form, key_form),
        "next": target,
        "hint": code_hint(user),
        "has_factor": has_second_factor(user),
        "by_proconnect": came_by_proconnect(request, user),
        "minutes": settings.RECENT_SIGN_IN_MINUTES,
        "action": reverse("confirm"),
    }
    response = render(request, "web/accounts/confirm.html", context)
    return refused(response, posted) if posted is not None else response


@while_enrolling
@never_cache
@sensitive_post_parameters("code", "credential")
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Enrol an application or a passkey: the first one opens the service, others come on top."""
    user = person(request)
    target = safe_next(
        request, request.POST.get("next", request.GET.get("next", "")), reverse("security")
    )
    first = not has_second_factor(user)
    if not first:
        if not proved_twice(request, user):
            return redirect("sign_in")
        if not proved_recently(request):
            return redirect(f"{reverse('confirm')}?next={reverse('enrol')}")
    secret = _secret(request)
    code_form = NewCodeForm(request.POST if "code" in request.POST else None)
    key_form = NewPasskeyForm(user, request.POST if "credential" in request.POST else None)
    factor = _enrolled(user, secret, code_form, key_form)
    if factor is not None:
        request.session.pop(SECRET, None)
        prove_factor(request, factor)
        tell_security(user=user, what="factor_added")
        return _welcome(request, user, target)
    context = {
        "first": first,
        "code_form": code_form,
        "key_form": key_form,
        "next": target,
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "picture": totp_picture(user, secret),
        "options": dict(begin_registration(user, False)),
    }
    return render(
        request, "web/accounts/enrol.html", context, status=422 if request.method == "POST" else 200
    )


def both_forms(request: HttpRequest, user: User) -> tuple[CodeForm, PasskeyForm, Any]:
    """The form of codes, the form of passkeys, and the one that was sent (None for a GET)."""
    if request.method != "POST":
        return CodeForm(request, user), PasskeyForm(request, user), None
    if "credential" in request.POST:
        posted = PasskeyForm(request, user, request.POST)
        return CodeForm(request, user), posted, posted
    code_form = CodeForm(request, user, request.POST)
    return code_form, PasskeyForm(request, user), code_form


def factor_context(user: User, code_form: CodeForm, key_form: PasskeyForm) -> dict[str, Any]:
    """What the two forms need on a page; `options` is None for whoever has no passkey."""
    options = dict(begin_authentication(user))
    return {
        "code_form": code_form,
        "key_form": key_form,
        "options": options if options["publicKey"].get("allowCredentials") else None,
    }


def refused(response: HttpResponse, form: Any) -> HttpResponse:
    """The status of a refusal: 429 with its pause, else 422."""
    response.status_code = 429 if form.pause_s else 422
    if form.pause_s:
        response["Retry-After"] = str(form.pause_s)
    return response


def _secret(request: HttpRequest) -> str:
    """The secret being enrolled, kept sealed in the session until its first code arrives."""
    if SECRET in request.session:
        try:
            return unseal(request.session[SECRET])
        except InvalidInput:
            del request.session[SECRET]
    secret = new_totp_secret()
    request.session[SECRET] = seal(secret)
    return secret


def _enrolled(user: User, secret: str, code_form: NewCodeForm, key_form: NewPasskeyForm) -> Any:
    """The factor that the form sent enrols; None when nothing good was sent."""
    if code_form.is_bound and code_form.is_valid():
        try:
            return totp_enrol(user=user, secret=secret, code=code_form.cleaned_data["code"])
        except InvalidInput as error:
            code_form.add_error("code", error.message)
    if key_form.is_bound and key_form.is_valid():
        values = key_form.cleaned_data
        return WebAuthn.add(user, values["name"], values["credential"]).instance
    return None


def _welcome(request: HttpRequest, user: User, target: str) -> HttpResponse:
    """Recovery codes the first time, shown once; then on to where the person was going."""
    if recovery_codes_left(user):
        return HttpResponseRedirect(target)
    context = {"codes": recovery_codes_renew(user=user), "next": target}
    return render(request, "web/accounts/recovery_codes.html", context, status=201)

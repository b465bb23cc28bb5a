"""Going to ProConnect and coming back: sign-in, linking one's account, signing out of both.

Leaves every check of what comes back to `geo.accounts.oidc`.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from geo.accounts.oidc.client import (
    Journey,
    Vouched,
    authorize_address,
    end_session_address,
    new_journey,
    returned_code,
    vouched_by_code,
)
from geo.accounts.oidc.people import identity_link, identity_unlink, person_of
from geo.accounts.oidc.refusals import Reason, SignInRefused
from geo.accounts.tasks import tell_security
from geo.core.errors import NotFound
from web.accounts.middleware import while_enrolling
from web.accounts.proofs import prove_proconnect
from web.accounts.recent import recent_sign_in_required
from web.addresses import safe_next
from web.errors import domain_page
from web.requests import person

logger = logging.getLogger(__name__)
View = Callable[..., HttpResponse]
JOURNEYS, ID_TOKEN, LOGOUT = "proconnect_journeys", "proconnect_id_token", "proconnect_logout"
JOURNEY_S = 900
MOST_JOURNEYS = 5
SIGN_IN, LINK = "sign_in", "link"


def named_refusal(view: View) -> View:
    """Turn a refusal into its page: what happened, its name, and the way back."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except SignInRefused as refusal:
            logger.warning("proconnect: refused (%s)", refusal.reason)
            context = {"message": refusal.message, "reason": refusal.reason.value}
            return render(
                request, "web/accounts/proconnect_refused.html", context, status=refusal.status
            )

    return wrapped


@while_enrolling
@login_not_required
@never_cache
@require_POST
@named_refusal
def start(request: HttpRequest) -> HttpResponse:
    """Send the browser to ProConnect to sign in."""
    target = safe_next(request, request.POST.get("next", ""), settings.LOGIN_REDIRECT_URL)
    return _leave(request, intent=SIGN_IN, target=target)


@never_cache
@require_POST
@recent_sign_in_required
@named_refusal
def link(request: HttpRequest) -> HttpResponse:
    """Send the browser to ProConnect to link the identity it comes back with."""
    return _leave(request, intent=LINK, target=reverse("security"))


@require_POST
@domain_page
@recent_sign_in_required
def unlink(request: HttpRequest, identity_id: int) -> HttpResponse:
    """Take a linked identity away."""
    user = person(request)
    if not user.has_usable_password():
        messages.error(request, "Sans mot de passe, ProConnect est votre seule entrée.")
    elif not identity_unlink(user=user, identity_id=identity_id):
        raise NotFound("Identité inconnue.")
    else:
        messages.success(request, "ProConnect n’ouvre plus votre compte.")
    return redirect("security")


@while_enrolling
@login_not_required
@never_cache
@require_safe
@named_refusal
def callback(request: HttpRequest) -> HttpResponse:
    """Come back from ProConnect: the state first, then the code, then the person."""
    given = {name: request.GET[name] for name in request.GET}
    kept = _journey(request, given.get("state", ""))
    journey = Journey(given["state"], kept["nonce"], kept["verifier"])
    vouched = vouched_by_code(returned_code(given), journey, redirect_uri=redirect_uri())
    if kept["intent"] == LINK:
        return _link(request, vouched, kept)
    user = person_of(vouched=vouched)
    if request.user.is_authenticated:
        logout(request)
    prove_proconnect(request, user, mfa=vouched.mfa)
    request.session[ID_TOKEN] = vouched.id_token
    return perform_login(request, Login(user=user, email=user.email, redirect_url=kept["target"]))


def leave_both(request: HttpRequest, id_token: str) -> HttpResponse:
    """Sign out of ProConnect too, the session here being over already."""
    state = secrets.token_urlsafe(32)
    try:
        address = end_session_address(
            id_token=id_token, state=state, back=settings.BASE_URL + reverse("proconnect_left")
        )
    except SignInRefused:
        messages.warning(
            request, "Vous êtes déconnecté d’ici ; ProConnect ne répond pas et le reste peut-être."
        )
        return redirect("home")
    request.session[LOGOUT] = state
    return HttpResponseRedirect(address)


@while_enrolling
@login_not_required
@never_cache
@require_safe
@named_refusal
def left(request: HttpRequest) -> HttpResponse:
    """Come back from ProConnect's sign-out."""
    expected = request.session.pop(LOGOUT, "")
    if not expected or not constant_time_compare(expected, request.GET.get("state", "")):
        raise SignInRefused(Reason.LOGOUT_STATE)
    messages.success(request, "Vous êtes déconnecté, d’ici et de ProConnect.")
    return redirect("home")


def redirect_uri() -> str:
    """The one address that is registered at ProConnect, to the letter."""
    return settings.BASE_URL + reverse("proconnect_callback")


def _leave(request: HttpRequest, *, intent: str, target: str) -> HttpResponse:
    journey = new_journey()
    address = authorize_address(journey, redirect_uri=redirect_uri())
    now = time.time()
    known = request.session.get(JOURNEYS, {})
    recent = sorted(
        ((state, one) for state, one in known.items() if now - one["at"] < JOURNEY_S),
        key=lambda pair: pair[1]["at"],
    )
    request.session[JOURNEYS] = dict(recent[1 - MOST_JOURNEYS :]) | {
        journey.state: {
            "nonce": journey.nonce,
            "verifier": journey.verifier,
            "intent": intent,
            "target": target,
            "at": now,
        }
    }
    return HttpResponseRedirect(address)


def _journey(request: HttpRequest, state: str) -> dict[str, Any]:
    """The journey of this state, which serves once; raises `SignInRefused`."""
    journeys = request.session.get(JOURNEYS, {})
    kept = journeys.pop(state, None)
    if kept is None or time.time() - kept["at"] > JOURNEY_S:
        raise SignInRefused(Reason.STATE)
    request.session[JOURNEYS] = journeys
    return dict(kept)


def _link(request: HttpRequest, vouched: Vouched, kept: dict[str, Any]) -> HttpResponse:
    if not request.user.is_authenticated:
        raise SignInRefused(Reason.STATE)
    user = person(request)
    identity_link(user=user, vouched=vouched)
    tell_security(user=user, what="identity_linked")
    messages.success(request, "ProConnect ouvre désormais votre compte.")
    return HttpResponseRedirect(kept["target"])

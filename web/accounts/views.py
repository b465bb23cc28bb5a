"""Signing in and out, and one's own account.

Leaves passwords and sessions to Django, pauses to the adapter, the second factor to
`web.accounts.second_factor`, rights to the scope.
"""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from geo.accounts.life.invitations import role_offers
from geo.accounts.life.requests import requests_to_treat
from geo.accounts.oidc.provider import is_offered
from geo.accounts.policies import TOKEN_ROLES
from geo.accounts.tokens import may_hold_tokens
from geo.core.scope import Verb
from web.accounts.forms import SignInForm
from web.accounts.middleware import ENDED, while_enrolling
from web.accounts.proconnect import ID_TOKEN, leave_both
from web.accounts.rights import memberships, rights, rights_of, seen_held
from web.addresses import safe_next
from web.requests import person, scope_of


@while_enrolling
@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The first factor; the second follows. `next` is followed only inside this site."""
    target = safe_next(
        request,
        request.POST.get("next", request.GET.get("next", "")),
        settings.LOGIN_REDIRECT_URL,
    )
    if request.user.is_authenticated:
        return redirect(target)
    if request.session.pop(ENDED, False):
        messages.info(request, "Votre session a pris fin : reconnectez-vous pour continuer.")
    form = SignInForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        login = Login(user=form.person, email=form.person.email, redirect_url=target)
        return perform_password_login(request, {"email": form.person.email}, login)
    status = 200 if request.method != "POST" else 429 if form.pause_s else 422
    context = {"form": form, "next": target, "proconnect": is_offered()}
    response = render(request, "web/accounts/sign_in.html", context, status=status)
    if form.pause_s:
        response["Retry-After"] = str(form.pause_s)
    return response


@while_enrolling
@login_not_required
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, and the one at ProConnect where it began there."""
    id_token = request.session.get(ID_TOKEN, "")
    logout(request)
    if id_token:
        return leave_both(request, id_token)
    messages.success(request, "Vous êtes déconnecté.")
    return redirect("home")


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Who I am, my roles and my territories, and what they let me see and do."""
    user, scope = person(request), scope_of(request)
    seen = getattr(request, "seen_as", None)
    context = {
        "memberships": memberships(user) if seen is None else [seen_held(seen.seen)],
        "rights": rights_of(user, scope) if seen is None else rights(scope),
        "may_hold_tokens": may_hold_tokens(user) if seen is None else seen.seen.role in TOKEN_ROLES,
        "seen": seen,
        "administers": bool(scope.where(Verb.ADMINISTER)),
        "waiting": len(requests_to_treat(scope)),
        "offers": role_offers(user),
    }
    return render(request, "web/accounts/account.html", context)

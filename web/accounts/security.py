"""« Sécurité de mon compte »: factors, recovery codes, password, open sessions.

Leaves enrolling to `web.accounts.second_factor` and passwords to `web.accounts.passwords`.
"""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from geo.accounts.factors import (
    PRIMARY,
    factor_remove,
    recovery_codes_left,
    recovery_codes_renew,
)
from geo.accounts.oidc.provider import is_offered
from geo.accounts.sessions import sessions_end, sessions_open
from geo.accounts.tasks import tell_security
from geo.core.errors import Conflict, NotFound
from web.accounts.browsers import browser_name
from web.accounts.recent import recent_sign_in_required
from web.errors import domain_page
from web.requests import person


@never_cache
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """Everything that guards one's own account, with what changes it."""
    user = person(request)
    factors = Authenticator.objects.filter(user=user, type__in=PRIMARY).order_by("created_at")
    sessions = [
        {
            "id": one.id,
            "browser": browser_name(one.browser),
            "address": one.address,
            "began_at": one.began_at,
            "seen_at": one.seen_at,
            "current": one.key == request.session.session_key,
        }
        for one in sessions_open(user)
    ]
    context = {
        "factors": [_described(factor) for factor in factors],
        "codes_left": recovery_codes_left(user),
        "sessions": sessions,
        "others": sum(not one["current"] for one in sessions),
        "has_password": user.has_usable_password(),
        "proconnect": is_offered(),
        "identities": list(user.identities.all()),
    }
    return render(request, "web/accounts/security.html", context)


@require_POST
@domain_page
@recent_sign_in_required
def remove_factor(request: HttpRequest, factor_id: int) -> HttpResponse:
    """Take one factor away; the last one stays."""
    user = person(request)
    try:
        factor = factor_remove(user=user, factor_id=factor_id)
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("security")
    if factor is None:
        raise NotFound("Second facteur inconnu.")
    tell_security(user=user, what="factor_removed")
    messages.success(request, "Ce second facteur n’ouvre plus votre compte.")
    return redirect("security")


@never_cache
@require_POST
@recent_sign_in_required
def new_recovery_codes(request: HttpRequest) -> HttpResponse:
    """Replace the recovery codes; the answer is the only page that shows them."""
    user = person(request)
    context = {"codes": recovery_codes_renew(user=user), "next": "/compte/securite/"}
    tell_security(user=user, what="codes_renewed")
    return render(request, "web/accounts/recovery_codes.html", context, status=201)


@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one of one's own sessions."""
    if sessions_end(user=person(request), only=session_id):
        messages.success(request, "Cette session a pris fin.")
    else:
        messages.info(request, "Cette session avait déjà pris fin.")
    return redirect("security")


@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """End every session but this one."""
    ended = sessions_end(user=person(request), but=request.session.session_key or "")
    messages.success(request, f"Sessions terminées : {ended}.")
    return redirect("security")


def _described(factor: Authenticator) -> dict[str, object]:
    passkey = factor.type == Authenticator.Type.WEBAUTHN
    return {
        "id": factor.pk,
        "name": factor.wrap().name if passkey else "Application de codes",
        "kind": "Clé d’accès" if passkey else "Code à six chiffres",
        "created_at": factor.created_at,
        "last_used_at": factor.last_used_at,
    }

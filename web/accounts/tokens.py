"""One's own feed tokens: make one (shown once), list them, end one.

Leaves secrets and limits to `geo.accounts.tokens`.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from geo.accounts.models import FeedToken, User
from geo.accounts.policies import TOKEN_ROLES
from geo.accounts.tokens import token_create, token_revoke
from geo.core.errors import DomainError, Forbidden, NotFound
from web.accounts.forms import TokenForm
from web.accounts.recent import recent_sign_in_required
from web.errors import domain_page
from web.requests import person


def may_hold_tokens(user: User) -> bool:
    """Whether a role of the person lets them export: then their account offers tokens."""
    return user.memberships.filter(role__in=TOKEN_ROLES).exists()


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@domain_page
@recent_sign_in_required
def tokens(request: HttpRequest) -> HttpResponse:
    """The list and the form; the answer to a creation is the only page that shows the secret."""
    user = person(request)
    if not may_hold_tokens(user):
        raise Forbidden("Votre rôle ne permet pas d'exporter : pas de jeton.")
    form = TokenForm(request.POST or None)
    secret, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _, secret = token_create(user=user, **form.cleaned_data)
            except DomainError as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
            else:
                form, status = TokenForm(), 201
    context = {
        "form": form,
        "secret": secret,
        "tokens": list(user.tokens.all()),
        "feeds": f"{settings.BASE_URL}/ogc/",
    }
    return render(request, "web/accounts/tokens.html", context, status=status)


@require_POST
@domain_page
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """End one of one's own tokens at once."""
    token = FeedToken.objects.filter(user=person(request), pk=token_id).first()
    if token is None:
        raise NotFound("Jeton inconnu.")
    token_revoke(token=token)
    messages.success(request, f"Le jeton « {token.name} » ne donne plus rien.")
    return redirect("tokens")

"""One's own feed tokens: make one (shown once), list them, end one.

Leaves secrets and limits to `geo.accounts.tokens`.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from geo.accounts.models import FeedToken, User
from geo.accounts.token_limits import may_write
from geo.accounts.tokens import may_hold_tokens, token_create, token_revoke, widest_scope
from geo.core import collections
from geo.core.errors import DomainError, Forbidden, NotFound
from geo.core.scope import DataClass, Scope
from web.accounts.forms import TokenForm
from web.accounts.grants.words import CLASSES
from web.accounts.life.administration import tell
from web.accounts.life.words import place_names
from web.accounts.recent import recent_sign_in_required
from web.errors import domain_page
from web.requests import person


@dataclass(frozen=True, slots=True)
class Told:
    """A token in words; what limits nothing is empty."""

    token: FeedToken
    collections: str
    classes: str
    areas: str
    used_today: int


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@domain_page
@recent_sign_in_required
def tokens(request: HttpRequest) -> HttpResponse:
    """The list and the form; the answer to a creation is the only page that shows the secret."""
    user = person(request)
    if not may_hold_tokens(user):
        raise Forbidden("Votre rôle ne permet pas d'exporter : pas de jeton.")
    widest = widest_scope(user)
    writes = may_write(user)
    form = TokenForm(widest, request.POST or None, writes=writes)
    secret, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _, secret = token_create(user=user, **form.given())
            except DomainError as error:
                tell(form, error)
            else:
                form, status = TokenForm(widest, writes=writes), 201
    context = {
        "form": form,
        "secret": secret,
        "tokens": _told(user),
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


def _told(user: User) -> list[Told]:
    tokens, today = list(user.tokens.all()), timezone.localdate()
    titles = {each.id: each.title for each in collections.visible(Scope.nation())}
    named = [[(area.split(":")[0], area.split(":")[1]) for area in t.areas] for t in tokens]
    names = place_names([place for several in named for place in several])
    return [
        Told(
            token,
            ", ".join(titles.get(each, each) for each in token.collections),
            ", ".join(CLASSES[DataClass(each)].lower() for each in token.classes),
            ", ".join(names[place] for place in places),
            token.used if token.used_on == today else 0,
        )
        for token, places in zip(tokens, named, strict=True)
    ]

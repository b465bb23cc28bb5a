"""« Voir en tant que » on each request: the scope of the role, nothing written, an end.

Answers hold what an account of that role receives; names stay those of the person who looks, in
the header as in the log of reads. Leaves what may be shown to `geo.accounts.seen_as`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from geo.accounts.models import User
from geo.accounts.scopes import scope_for
from geo.accounts.seen_as import SeenAs, seen_scope
from geo.core.errors import DomainError
from geo.core.problems import MACHINES, problem
from geo.core.scope import Scope

Handler = Callable[[HttpRequest], HttpResponse]
KEPT = "seen_as"
# Answered as oneself: where an aperçu begins and ends.
OWN_PAGES = ("seen_as", "seen_as_end", "sign_out")
RIGHTS_PAGES = ("account", "permissions")
SAFE = {"GET", "HEAD", "OPTIONS"}
READ_ONLY = "Vous voyez comme un autre rôle : rien ne peut être changé. Terminez d’abord l’aperçu."
OVER = "L’aperçu « voir en tant que » est terminé."


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request is answered as."""

    seen: SeenAs
    scope: Scope
    words: str
    ends_at: int


def begin(request: HttpRequest, seen: SeenAs, words: str) -> None:
    """Look as a role from the next request on, for a while."""
    ends_at = int(time.time()) + settings.SEEN_AS_MINUTES * 60
    request.session[KEPT] = {
        "role": seen.role,
        "level": seen.level,
        "code": seen.code,
        "words": words,
        "ends_at": ends_at,
    }


def end(request: HttpRequest) -> bool:
    """Be oneself again; false when one was already."""
    return request.session.pop(KEPT, None) is not None


class SeenAsMiddleware:
    """Sets `request.seen_as` (None, or `Shown`); refuses what an aperçu may not do."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Go on as the role; the pages of the account are those of the person who looks."""
        request.seen_as = None  # type: ignore[attr-defined]
        user = request.user
        if getattr(request, "feed_token", None) is not None or not isinstance(user, User):
            return self.get_response(request)
        kept = request.session.get(KEPT)
        if not kept:
            return self.get_response(request)
        if request.path in {reverse(name) for name in OWN_PAGES}:
            return self.get_response(request)
        shown = _shown(user, kept)
        if shown is None:
            return _over(request)
        if request.method not in SAFE:
            return _refused(request, READ_ONLY)
        if request.path.startswith(reverse("account")) and request.path not in _told():
            return HttpResponseRedirect(reverse("seen_as"))
        request.seen_as = shown  # type: ignore[attr-defined]
        return self.get_response(request)


def _told() -> set[str]:
    """The pages of the account that tell rights: those of the role, not of who looks."""
    return {reverse(name) for name in RIGHTS_PAGES}


def _shown(user: User, kept: dict[str, object]) -> Shown | None:
    """What is shown now; None when the time is over or the person may no longer look so."""
    ends_at = int(str(kept["ends_at"]))
    if time.time() >= ends_at:
        return None
    seen = SeenAs(str(kept["role"]), str(kept["level"]), str(kept["code"]))
    try:
        scope = seen_scope(scope=scope_for(user), seen=seen)
    except DomainError:
        return None
    return Shown(seen, scope, str(kept["words"]), ends_at)


def _over(request: HttpRequest) -> HttpResponse:
    """A page leads to where it is said; what an open page asks for is not given as oneself."""
    if request.method in SAFE and "text/html" in request.headers.get("Accept", ""):
        end(request)
        return HttpResponseRedirect(f"{reverse('seen_as')}?fini=1")
    return _refused(request, OVER)


def _refused(request: HttpRequest, message: str) -> HttpResponse:
    if request.path.startswith(MACHINES):
        return problem(request, HTTPStatus.FORBIDDEN, message)
    context = {"message": message}
    response = render(request, "web/accounts/seen/refused.html", context, status=403)
    response["Cache-Control"] = "no-store"
    return response

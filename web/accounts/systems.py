"""A partner system is no person: its session makes and ends tokens, and opens no other page.

What it may read is nothing already (`geo.accounts.scopes.scope_of_session`); here it is told so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from geo.accounts.enums import Role
from web.requests import person, scope_of

Handler = Callable[[HttpRequest], HttpResponse]


class SystemMiddleware:
    """Leads the session of a partner system to its tokens from every page but those of its account.

    What answers anybody answers it too, as to somebody who reads no site.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Go on; the decision needs the view."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Confine a session that is nobody's."""
        if not request.user.is_authenticated or getattr(request, "feed_token", None) is not None:
            return None
        if not getattr(view, "login_required", True) or request.path.startswith(reverse("account")):
            return None
        scope = scope_of(request)
        if scope.reaches or scope.verbs:
            return None
        held = person(request).memberships.current()
        if not held.filter(role=Role.API_TOKEN).exists():
            return None
        messages.info(request, "Ce compte est celui d’un système : il lit par ses jetons.")
        return HttpResponseRedirect(reverse("tokens"))

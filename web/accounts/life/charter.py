"""The charter, before anything else: its page, and what leads there.

Leaves versions and acceptances to `geo.accounts.life.charter`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from geo.accounts.life.charter import (
    charter_accept,
    charter_history,
    charter_in_force,
    charter_is_accepted,
)
from geo.core.errors import DomainError
from web.accounts.life.forms import CharterForm
from web.addresses import safe_next
from web.requests import person

Handler = Callable[[HttpRequest], HttpResponse]
# The version whose acceptance this session has seen: no query at the next requests.
SEEN = "charter"


class CharterMiddleware:
    """Until the charter in force is accepted, a session opens its page and nothing else.

    What answers anybody answers as to nobody. The steps of signing in come before.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Go on; the decision needs the view."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Confine a session whose person has not accepted."""
        if not request.user.is_authenticated or getattr(request, "feed_token", None) is not None:
            return None
        if getattr(view, "while_enrolling", False) or getattr(view, "is_charter", False):
            return None
        if _has_accepted(request):
            return None
        if not getattr(view, "login_required", True):
            request.user = AnonymousUser()
            return None
        following = request.get_full_path() if request.method == "GET" else "/carte/"
        return HttpResponseRedirect(f"{reverse('charter')}?{urlencode({'next': following})}")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def charter(request: HttpRequest) -> HttpResponse:
    """The text in force, and the box to tick for who has not accepted it."""
    user, text = person(request), charter_in_force()
    target = safe_next(
        request,
        request.POST.get("next", request.GET.get("next", "")),
        settings.LOGIN_REDIRECT_URL,
    )
    form = CharterForm(request.POST or None, initial={"version": text.number})
    if request.method == "POST" and form.is_valid():
        try:
            charter_accept(user=user, version=form.cleaned_data["version"])
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            request.session[SEEN] = text.number
            return HttpResponseRedirect(target)
    history = charter_history(user)
    context = {
        "form": form,
        "charter": text,
        "next": target,
        "accepted": next((each for each in history if each.version == text.number), None),
        "earlier": any(each.version != text.number for each in history),
    }
    status = 422 if form.errors else 200
    return render(request, "web/accounts/life/charter.html", context, status=status)


charter.is_charter = True  # type: ignore[attr-defined]


def _has_accepted(request: HttpRequest) -> bool:
    number = charter_in_force().number
    if request.session.get(SEEN) == number:
        return True
    if not charter_is_accepted(person(request)):
        return False
    request.session[SEEN] = number
    return True

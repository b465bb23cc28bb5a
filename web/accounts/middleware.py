"""What every signed-in request goes through: the session's clock, then the second factor.

Leaves tokens to `geo.accounts.middleware` and anonymous readers to `LoginRequiredMiddleware`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from geo.accounts.factors import has_second_factor
from geo.accounts.sessions import session_seen
from web.accounts.proofs import proved_twice

Handler = Callable[[HttpRequest], HttpResponse]
View = TypeVar("View", bound=Callable[..., Any])
CLOCK, ENDED = "clock", "session_ended"
# Being in use is written at most once a minute, not at each tile.
NOTED_EVERY_S = 60


def while_enrolling(view: View) -> View:
    """Mark a view as open to somebody who has no second factor yet."""
    view.while_enrolling = True  # type: ignore[attr-defined]
    return view


def start_clock(session: Any) -> None:
    """Begin the life of a session: it is counted from now."""
    now = int(time.time())
    session[CLOCK] = {"began": now, "seen": now}


class SessionClockMiddleware:
    """Ends a session that was idle for too long, or that is simply too old."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Sign out what is over; note that the rest is in use."""
        if request.user.is_authenticated:
            clock, now = request.session.get(CLOCK), int(time.time())
            if not isinstance(clock, dict):
                start_clock(request.session)
            elif _is_over(clock, now):
                logout(request)
                request.session[ENDED] = True
            elif now - clock["seen"] >= NOTED_EVERY_S:
                request.session[CLOCK] = clock | {"seen": now}
                session_seen(key=request.session.session_key or "")
        return self.get_response(request)


class SecondFactorMiddleware:
    """Without a second factor, a session opens the enrolment page and nothing else.

    Public pages and feeds are answered as to nobody. Views marked `while_enrolling` stay open.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Go on; the decision needs the view."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Confine a session that has proved one factor only."""
        user = request.user
        if not user.is_authenticated or getattr(request, "feed_token", None) is not None:
            return None
        if proved_twice(request, user) or getattr(view, "while_enrolling", False):
            return None
        if not getattr(view, "login_required", True):
            request.user = AnonymousUser()
            return None
        following = request.get_full_path() if request.method == "GET" else "/carte/"
        if has_second_factor(user):
            # Enrolled elsewhere meanwhile: this session has to show it.
            logout(request)
            return HttpResponseRedirect(f"{reverse('sign_in')}?{urlencode({'next': following})}")
        return HttpResponseRedirect(f"{reverse('enrol')}?{urlencode({'next': following})}")


def _is_over(clock: dict[str, int], now: int) -> bool:
    return (
        now - clock["began"] >= settings.SESSION_ABSOLUTE_HOURS * 3600
        or now - clock["seen"] >= settings.SESSION_IDLE_MINUTES * 60
    )

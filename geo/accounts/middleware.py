"""Puts the reader's token and scope on every request, once; stops a token over its quota.

Leaves sessions to Django and the refusal of anonymous readers to `LoginRequiredMiddleware`.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from geo.accounts.addresses import client_address
from geo.accounts.models import FeedToken
from geo.accounts.readlog import request_id
from geo.accounts.remembered import scope_of
from geo.accounts.token_limits import UNKNOWN, Refusal, token_refused
from geo.accounts.tokens import token_counted, token_from_header, token_used
from geo.core import rls, tracing
from geo.core.problems import problem
from geo.core.scope import Scope

# What is asked there is taken away: it is answered on the rights to export, not on those to read.
EXPORTS = "/ogc/"
Handler = Callable[[HttpRequest], HttpResponse]
# Where a token may stand in for a session: machine-readable outputs only.
TOKEN_PATHS = ("/ogc/", "/tiles/", "/impressions/", "/qgis/", "/layers/", "/exports/")


class TokenMiddleware:
    """Reads `Authorization` on the feeds' addresses; a wrong token is refused, never ignored."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set `request.feed_token` (None without a header)."""
        request.feed_token = None  # type: ignore[attr-defined]
        header = request.headers.get("Authorization", "")
        if header and request.path.startswith(TOKEN_PATHS):
            token = token_from_header(header)
            refused = _refused(request, token)
            if token is None or refused is not None:
                status, detail = refused or (HTTPStatus.UNAUTHORIZED, UNKNOWN)
                response = problem(request, status, detail)
                if status == HTTPStatus.UNAUTHORIZED:
                    response["WWW-Authenticate"] = 'Basic realm="Atlas", Bearer realm="Atlas"'
                return response
            token_used(token)
            wait_s = token_counted(token)
            if wait_s is not None:
                detail = f"Le quota de ce jeton est atteint : {token.quota} réponses par jour."
                response = problem(request, HTTPStatus.TOO_MANY_REQUESTS, detail)
                response["Retry-After"] = str(wait_s)
                return response
            request.feed_token = token  # type: ignore[attr-defined]
            request.user = token.user
        return self.get_response(request)


def _refused(request: HttpRequest, token: FeedToken | None) -> Refusal | None:
    if token is None:
        return None
    return token_refused(token, method=request.method or "", address=client_address(request))


class TraceMiddleware:
    """Says who acts, by which address: what is written until the answer is theirs."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Go on as the person, the token or nobody of this request."""

        def who() -> tracing.Person:
            token = getattr(request, "feed_token", None)
            return tracing.Person(
                request.user.pk,
                getattr(request.user, "organisation_id", None),
                f"token:{token.prefix}" if token is not None else "",
            )

        def route() -> str:
            match = request.resolver_match
            return match.view_name if match is not None else ""

        act = tracing.Act("web", request_id=request_id(request), who=who, route=route)
        with tracing.acting(act):
            return self.get_response(request)


class ScopeMiddleware:
    """Sets `request.scope`, computed at its first use, and reads the database as that scope."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Attach the lazy scope and go on, as the reader that the database's policies know."""
        token = getattr(request, "feed_token", None)

        def resolved() -> Scope:
            shown = getattr(request, "seen_as", None)
            if shown is not None and request.user.is_authenticated:
                held: Scope = shown.scope
            else:
                held = scope_of(request.user, token)
            # Who exports nothing is told that these collections exist, and is refused the rest.
            taken = request.path.startswith(EXPORTS) and held.exports_sites
            return held.outgoing if taken else held

        scope: Any = SimpleLazyObject(resolved)
        request.scope = scope  # type: ignore[attr-defined]

        def person() -> int | None:
            number: int | None = request.user.pk
            return number

        with rls.reading(scope, person):
            response = self.get_response(request)
        stream: Any = response
        if stream.streaming and not stream.is_async:
            stream.streaming_content = rls.carried(scope, stream.streaming_content, person)
        return response

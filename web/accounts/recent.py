"""`recent_sign_in_required`: what matters most is done only just after a proof of identity.

    @recent_sign_in_required
    def grant(request): …

For rights, tokens and bulk exports (docs/signin.md). Leaves the proof to the confirmation page.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from web.accounts.proofs import proved_seconds_ago
from web.addresses import safe_next

View = Callable[..., HttpResponse]


def recent_sign_in_required(view: View) -> View:
    """Send to the confirmation page whoever gave no second factor for `RECENT_SIGN_IN_MINUTES`.

    A POST is not replayed: the reader comes back to the page it was sent from and is told so.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if proved_recently(request):
            return view(request, *args, **kwargs)
        if request.method in {"GET", "HEAD"}:
            back = request.get_full_path()
        else:
            back = _page_before(request)
            messages.warning(
                request, "Rien n’a été fait : confirmez que c’est vous, puis recommencez."
            )
        return HttpResponseRedirect(f"{reverse('confirm')}?{urlencode({'next': back})}")

    return wrapped


def proved_recently(request: HttpRequest) -> bool:
    """Whether the signed-in person gave a second factor in the last minutes."""
    if not request.user.is_authenticated:
        return False
    return proved_seconds_ago(request, request.user) < settings.RECENT_SIGN_IN_MINUTES * 60


def _page_before(request: HttpRequest) -> str:
    referer = urlsplit(safe_next(request, request.META.get("HTTP_REFERER", ""), ""))
    return f"{referer.path}?{referer.query}".rstrip("?") or reverse("account")

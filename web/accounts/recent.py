"""`recent_sign_in_required`: what matters most is done only just after a proof of identity.

    @recent_sign_in_required
    def grant(request): …

For rights, tokens and bulk exports (docs/signin.md). Leaves the proof to the confirmation page.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from web.accounts.proofs import proved_seconds_ago
from web.addresses import safe_next

View = Callable[..., HttpResponse]
# A form put aside: under which key of the session, for how long, and how much of it.
KEPT, KEPT_S, KEPT_MOST = "form_kept", 900, 20_000


def recent_sign_in_required(view: View, *, keep: bool = False) -> View:
    """Send to the confirmation page whoever gave no second factor for `RECENT_SIGN_IN_MINUTES`.

    A POST is not replayed by itself. With `keep`, for forms that carry no secret, what was typed
    is kept in the session and one button sends it after the confirmation; else the reader comes
    back to the page it was sent from and is told so.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if proved_recently(request):
            if request.method == "POST":
                request.session.pop(KEPT, None)
            return view(request, *args, **kwargs)
        if request.method in {"GET", "HEAD"}:
            back = request.get_full_path()
        elif keep and _keep(request):
            back = reverse("confirm_resume")
            messages.warning(
                request,
                "Rien n’a encore été fait : confirmez que c’est vous. Votre texte est gardé.",
            )
        else:
            back = _page_before(request)
            messages.warning(
                request, "Rien n’a été fait : confirmez que c’est vous, puis recommencez."
            )
        return HttpResponseRedirect(f"{reverse('confirm')}?{urlencode({'next': back})}")

    return wrapped


def resume(request: HttpRequest) -> HttpResponse:
    """After the confirmation: what was typed before, and the button that sends it."""
    kept = request.session.get(KEPT)
    if not kept or time.time() - kept["at"] > KEPT_S:
        request.session.pop(KEPT, None)
        return HttpResponseRedirect(reverse("account"))
    return render(request, "web/accounts/resume.html", {"kept": kept})


resume = never_cache(require_safe(recent_sign_in_required(resume)))


def _keep(request: HttpRequest) -> bool:
    """Put a form aside; false when there is too much of it."""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken"
        for value in values
    ]
    if sum(len(name) + len(value) for name, value in fields) > KEPT_MOST or request.FILES:
        return False
    request.session[KEPT] = {
        "path": request.get_full_path(),
        "page": _page_before(request),
        "fields": fields,
        "at": time.time(),
    }
    return True


def proved_recently(request: HttpRequest) -> bool:
    """Whether the signed-in person gave a second factor in the last minutes."""
    if not request.user.is_authenticated:
        return False
    return proved_seconds_ago(request, request.user) < settings.RECENT_SIGN_IN_MINUTES * 60


def _page_before(request: HttpRequest) -> str:
    referer = urlsplit(safe_next(request, request.META.get("HTTP_REFERER", ""), ""))
    return f"{referer.path}?{referer.query}".rstrip("?") or reverse("account")

"""The pages that need no account: home, help, accessibility, the choice of light or dark.

Leaves the national totals to `figures`.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from geo.core import collections
from geo.core.scope import Scope
from web.addresses import safe_next
from web.context import SCHEME_COOKIE, SCHEMES
from web.public.figures import home_figures

YEAR_S = 365 * 24 * 3600


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the product is; a signed-in person goes to the map."""
    if request.user.is_authenticated:
        return redirect("/carte/")
    return render(request, "web/public/home.html", {"figures": home_figures()})


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """How to read the map, open it in QGIS, and where the data come from."""
    contours, licence = collections.get("departements", Scope.public()).credited()
    context = {
        "feeds": f"{settings.BASE_URL}/ogc/",
        "site": settings.BASE_URL,
        "contours": contours,
        "licence": licence,
    }
    return render(request, "web/public/help.html", context)


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement."""
    return render(request, "web/public/accessibility.html")


@login_not_required
@require_POST
def scheme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or « comme le système », and go back."""
    response = HttpResponseRedirect(safe_next(request, request.POST.get("next", "")))
    chosen = request.POST.get("scheme", "")
    if chosen in SCHEMES:
        response.set_cookie(
            SCHEME_COOKIE,
            chosen,
            max_age=YEAR_S,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )
    return response

"""Reading the site record: the way to the list, and the sheet of one site.

Leaves writing to `editing`, many sites at once to the map pages.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from web.errors import domain_page
from web.requests import scope_of
from web.sites.sheet import sheet_context


@require_safe
def site_list(request: HttpRequest) -> HttpResponse:
    """The list is the map's: one query string drives both."""
    query = request.GET.urlencode()
    return redirect(f"/carte/?{query}" if query else "/carte/?v=list")


@require_safe
@domain_page
def site_page(request: HttpRequest, site_id: int) -> HttpResponse:
    """The sheet of a site; `?fragment=1` answers the sheet alone, for the panel of the map."""
    context = sheet_context(scope_of(request), site_id)
    fragment = request.GET.get("fragment") == "1"
    template = "web/sites/fragment.html" if fragment else "web/sites/sheet.html"
    response = render(request, template, context)
    response["Cache-Control"] = "private, no-store"
    return response

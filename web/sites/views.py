"""Reading the site record: the way to the list, and the sheet of one site.

Leaves writing to `editing`, many sites at once to the map pages.
"""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from geo.accounts.readlog import ReadLogUnavailable, log_opened
from web.errors import domain_page
from web.requests import scope_of
from web.sites.restricted.blocks import sheet_blocks
from web.sites.sheet import sheet_context


@require_safe
def site_list(request: HttpRequest) -> HttpResponse:
    """The list is the map's: one query string drives both."""
    query = request.GET.urlencode()
    return redirect(f"/carte/?{query}" if query else "/carte/?v=list")


@require_safe
@domain_page
def site_page(request: HttpRequest, site_id: int) -> HttpResponse:
    """The sheet of a site; `?fragment=1` answers the sheet alone, for the panel of the map.

    The fragment holds no restricted block, so that looking at a map is no reading of one; it is a
    sheet opened all the same.
    """
    scope, status = scope_of(request), HTTPStatus.OK
    context = sheet_context(scope, site_id)
    fragment = request.GET.get("fragment") == "1"
    template = "web/sites/fragment.html" if fragment else "web/sites/sheet.html"
    if fragment:
        log_opened(request, site_id)
    else:
        # What is general is shown all the same; what is restricted is not even read.
        try:
            context["restricted"] = sheet_blocks(request, scope, context["site"])
        except ReadLogUnavailable as error:
            context |= {"restricted": (), "restricted_refused": error.message}
            status = HTTPStatus.SERVICE_UNAVAILABLE
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response

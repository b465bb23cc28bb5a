"""The territorial pages: list first, then the map, on one query string.

Leaves reading to the selectors, words and links to `presenters`, map data to `data`.
"""

from __future__ import annotations

from http import HTTPStatus

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from geo.core.errors import InvalidInput, NotFound
from geo.core.reader import ReaderRequest
from web.addresses import safe_next
from web.carte import places, presenters
from web.carte.places import Place
from web.carte.query import canonical, query_read


@require_safe
def nation_page(request: ReaderRequest) -> HttpResponse:
    """`/carte/`: the country; a reader of one territory is sent there."""
    if not request.GET:
        own = places.own_place(request.scope)
        if own:
            return redirect(own)
    return _page(request, places.nation())


@require_safe
def territory_page(request: ReaderRequest, level: str, code: str) -> HttpResponse:
    """`/carte/{regions|departements|epcis|communes}/{code}/`."""
    try:
        place = places.place_read(level, code)
    except NotFound as error:
        raise Http404(error.message) from error
    return _page(request, place)


@require_safe
def go(request: ReaderRequest) -> HttpResponse:
    """The choice of a territory without script: `?vers=` is one of our own pages."""
    return redirect(safe_next(request, request.GET.get("vers", ""), "/carte/?v=map"))


def _page(request: ReaderRequest, place: Place) -> HttpResponse:
    normal = canonical(request.GET)
    if normal is not None:
        return redirect(f"{request.path}?{normal}" if normal else request.path)
    if not request.scope.sees_sites:
        return render(request, "web/carte/nothing.html", {"place": place})
    try:
        query = query_read(request.scope, place, request.GET)
    except InvalidInput as error:
        context = presenters.refused(request, place, error)
        return render(request, "web/carte/refused.html", context, status=HTTPStatus.BAD_REQUEST)
    response = render(request, "web/carte/page.html", presenters.page(query))
    response["Cache-Control"] = "private, no-cache"
    return response

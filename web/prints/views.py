"""The page of printed maps: which departements the reader may print, and how full each map is.

Leaves drawing to `atlas`.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from geo.core.scope import Scope
from geo.sites.enums import Status
from geo.sites.models import Site
from geo.territories.models import Departement
from web.addresses import territory_page
from web.requests import scope_of


@dataclass(frozen=True, slots=True)
class Printable:
    """A departement, the open sites that its reader may see there, its page and its document."""

    code: str
    name: str
    region: str
    open_sites: int
    page: str
    document: str


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The departements, with their documents on A4 and A3."""
    return render(request, "web/prints/index.html", {"printables": printables(scope_of(request))})


def printables(scope: Scope) -> list[Printable]:
    """Every departement for a reader of the nation, else those where some site may be seen."""
    rows = Site.objects.visible_to(scope).at(timezone.localdate()).exclude(Q(state=Status.CLOSED))
    counted = rows.order_by().values("departement_id").annotate(sites=Count("pk"))
    counts = {str(row["departement_id"]): int(row["sites"]) for row in counted}
    departements = Departement.objects.order_by("code")
    reach = scope.reach()
    if not any(areas.nation for areas in (reach.exact, reach.grid, reach.commune)):
        everywhere = Site.objects.visible_to(scope).order_by().values("departement_id").distinct()
        own = (*reach.exact.departements, *reach.grid.departements)
        departements = departements.filter(code__in=[*own]) | departements.filter(
            code__in=everywhere
        )
    return [
        Printable(
            code=code,
            name=name,
            region=region,
            open_sites=counts.get(code, 0),
            page=territory_page("departements", code),
            document=reverse("print-pdf", args=["departements", code]),
        )
        for code, name, region in departements.values_list("code", "name", "region__name")
    ]

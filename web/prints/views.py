"""The page of printed maps: which territories the reader may print, and how full each map is.

Leaves drawing to `atlas`.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    """A territory, the living sites that its reader may see there, its page and its document."""

    code: str
    name: str
    region: str
    region_code: str
    living_sites: int
    page: str
    document: str


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The departements, with their documents on A4 and A3."""
    found = printables(scope_of(request))
    context = {"printables": found, "regions": regions(found)}
    return render(request, "web/prints/index.html", context)


def regions(found: Sequence[Printable]) -> list[Printable]:
    """The regions of several of these departements; one alone is the departement's own map."""
    by_code: dict[str, list[Printable]] = {}
    for each in found:
        by_code.setdefault(each.region_code, []).append(each)
    return [
        Printable(
            code=code,
            name=inside[0].region,
            region=inside[0].region,
            region_code=code,
            living_sites=sum(each.living_sites for each in inside),
            page=territory_page("regions", code),
            document=reverse("print-pdf", args=["regions", code]),
        )
        for code, inside in sorted(by_code.items(), key=lambda item: item[1][0].region)
        if len(inside) > 1
    ]


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
            region_code=region_code,
            living_sites=counts.get(code, 0),
            page=territory_page("departements", code),
            document=reverse("print-pdf", args=["departements", code]),
        )
        for code, name, region, region_code in departements.values_list(
            "code", "name", "region__name", "region__code"
        )
    ]

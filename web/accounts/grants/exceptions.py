"""« Exceptions »: the options and exceptions of people, by the territory where each one counts.

Leaves which are told to `geo.accounts.granted` and what each gives to `geo.accounts.scopes`.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from geo.accounts.granted import grants_of_people
from geo.accounts.life.people import people_of
from geo.accounts.models import Grant
from geo.accounts.scopes import grants_acting
from web.accounts.grants.words import Told, told
from web.accounts.life.administration import administrators_only
from web.requests import scope_of

PAGE = 50
WITHOUT_ROLE = "Sans effet aujourd’hui : plus de rôle qu’il complète sur ce territoire"
CLOSED = "Sans effet : compte désactivé"


@dataclass(frozen=True, slots=True)
class Line:
    """A grant in words, whether its holder's page is open to the administrator, and its effect."""

    told: Told
    managed: bool
    state: str


@require_safe
@administrators_only
def exceptions(request: HttpRequest) -> HttpResponse:
    """What people may do beside their roles, and what is taken away from them."""
    grants = Paginator(grants_of_people(scope_of(request)), PAGE)
    page = grants.get_page(request.GET.get("page"))
    context = {"lines": _lines(request, list(page)), "page": page}
    return render(request, "web/accounts/grants/exceptions.html", context)


def _lines(request: HttpRequest, grants: list[Grant]) -> list[Line]:
    users = {grant.user.pk: grant.user for grant in grants if grant.user is not None}
    managed = set(
        people_of(scope_of(request)).filter(pk__in=users).order_by().values_list("pk", flat=True)
    )
    acting = grants_acting(users.values())
    found = []
    for each in told(grants):
        user = each.grant.user
        assert user is not None
        state = each.state
        if not user.is_active:
            state = CLOSED
        elif not state and each.grant.pk not in acting:
            state = WITHOUT_ROLE
        found.append(Line(each, user.pk in managed, state))
    return found

"""Writing the site record: create, edit, close, confirm, say where people came from.

Leaves rules to the services; an error comes back beside its field with all that was typed.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from geo.core.scope import Scope, Verb
from geo.sites.models import Site
from geo.sites.policies import require
from geo.sites.selectors import site_get
from geo.sites.services import site_confirm
from web.errors import domain_page
from web.requests import person, scope_of


@require_POST
@domain_page
def confirm(request: HttpRequest, site_id: int) -> HttpResponse:
    """Stamp « rien n'a changé » today."""
    scope = scope_of(request)
    writable(scope, Verb.UPDATE, site_id)
    site_confirm(by=person(request), scope=scope, site_id=site_id)
    messages.success(request, "La fiche est confirmée à la date du jour.")
    return redirect("site", site_id)


def writable(scope: Scope, verb: Verb, site_id: int) -> Site:
    """The site, if the reader sees it (else 404) and may do this to it (else 403)."""
    site = site_get(scope, site_id)
    require(scope, verb, site)
    return site

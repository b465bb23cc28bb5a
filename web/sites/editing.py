"""Writing the site record: create, edit, confirm.

Leaves rules to the services, closing and arrivals to `closing`; an error comes back beside its
field with all that was typed.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from geo.accounts.readlog import ReadPurpose, log_opened
from geo.core.crs import FRANCE_BOXES
from geo.core.errors import Conflict, DomainError, Forbidden
from geo.core.geometry import MAX_VERTICES
from geo.core.scope import Scope, Verb
from geo.sites.models import Site
from geo.sites.policies import require
from geo.sites.selectors import NearSite, SiteSheet, site_get, site_sheet, sites_near
from geo.sites.services import site_confirm
from web.errors import domain_page
from web.own_ground import own_box
from web.requests import person, scope_of
from web.sites import saving
from web.sites.conflicts import Difference, differences, marks_of, settled
from web.sites.forms import SiteForm, duplicate_metres
from web.sites.searching import Search, chosen, search

UNPROCESSABLE, CONFLICT = 422, 409
ENTER = (
    "Rien n’est encore enregistré : écrivez un lieu à chercher, ou enregistrez la fiche par le "
    "bouton « Enregistrer » au bas de la page."
)


@require_http_methods(["GET", "HEAD", "POST"])
@domain_page
def new(request: HttpRequest) -> HttpResponse:
    """The form of a new site; sites nearby are told before it is made."""
    scope = scope_of(request)
    if not scope.where(Verb.CREATE):
        raise Forbidden("Votre rôle ne permet pas de créer un site.")
    if request.method != "POST":
        return _page(request, SiteForm(initial=saving.empty_initial()))
    if helped := _helped(request, None):
        return helped
    form = SiteForm(request.POST)
    near: list[NearSite] = []
    if form.is_valid():
        if "is_new" not in request.POST:
            point = form.cleaned_data["position"]
            near = sites_near(scope, point, metres=duplicate_metres())
        if not near:
            site = saving.create(form=form, by=person(request), scope=scope)
            if site is not None:
                messages.success(request, "Le site est créé ; ses parcelles sont recherchées.")
                return redirect("site", site.pk)
    return _page(request, form, near=near, status=UNPROCESSABLE)


@require_http_methods(["GET", "HEAD", "POST"])
@domain_page
def edit(request: HttpRequest, site_id: int) -> HttpResponse:
    """The form of an existing site; a change made meanwhile by someone else is shown, not lost."""
    scope = scope_of(request)
    writable(scope, Verb.UPDATE, site_id)
    sheet = site_sheet(scope, site_id)
    initial = saving.initial_of(sheet)
    if request.method != "POST":
        log_opened(request, site_id, purpose=ReadPurpose.EDIT)
        return _page(request, _form(sheet, initial=initial), sheet=sheet)
    if helped := _helped(request, sheet):
        return helped
    form = _form(sheet, settled(request.POST, initial), initial=initial)
    if not form.is_valid():
        return _page(request, form, sheet=sheet, status=UNPROCESSABLE)
    try:
        saving.update(
            form=form,
            by=person(request),
            scope=scope,
            site_id=site_id,
            version=_version(request),
        )
    except Conflict as error:
        found = differences(form, initial, request.POST.get("shown", ""))
        form.add_error(None, error.message)
        return _page(request, form, sheet=sheet, conflict=found, status=CONFLICT)
    except DomainError as error:
        saving.refuse(form, error)
        return _page(request, form, sheet=sheet, status=UNPROCESSABLE)
    messages.success(request, "Le site est enregistré.")
    return redirect("site", site_id)


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


def _helped(request: HttpRequest, sheet: SiteSheet | None) -> HttpResponse | None:
    """The answer to what only helps to fill: search a place, take the one chosen, press Enter.

    Without script, Enter says nothing of the field it was pressed in: it never saves.
    """
    action = request.POST.get("action", "")
    if action == "enter" and request.POST.get("q", "").strip():
        action = "search"
    if action not in {"search", "use", "enter"}:
        return None
    kept = saving.typed(_form(sheet), request.POST)
    looked = search(request) if action == "search" else Search()
    if action == "enter":
        looked = Search(note=ENTER)
    if action == "use":
        kept |= chosen(request)
    return _page(request, _form(sheet, initial=kept), sheet=sheet, looked=looked)


def _form(sheet: SiteSheet | None, *args: Any, **kwargs: Any) -> SiteForm:
    """The form of a site as it is today, or of a new one."""
    if sheet is None:
        return SiteForm(*args, **kwargs)
    return SiteForm(*args, site=sheet.site, outlined=sheet.outline is not None, **kwargs)


def _page(
    request: HttpRequest,
    form: SiteForm,
    *,
    sheet: SiteSheet | None = None,
    near: list[NearSite] | None = None,
    looked: Search | None = None,
    conflict: list[Difference] | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "sections": form.sections,
        "sheet": sheet,
        "site": sheet.site if sheet else None,
        # After a conflict the next submission is made knowingly, on what is there now.
        "version": (_version(request) if request.method == "POST" and conflict is None else None)
        or (sheet.site.version if sheet else 1),
        "shown": _shown(request, sheet, anew=conflict is not None),
        "near": near or [],
        "near_metres": duplicate_metres(),
        "looked": looked or Search(),
        "aim": {"box": own_box(scope_of(request)), "france": FRANCE_BOXES, "most": MAX_VERTICES},
        "conflict": conflict or [],
    }
    response = render(request, "web/sites/form.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response


def _version(request: HttpRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _shown(request: HttpRequest, sheet: SiteSheet | None, *, anew: bool) -> str:
    """The marks of what the person was shown first; after a conflict, of what is there now."""
    if sheet is None:
        return ""
    if request.method == "POST" and not anew:
        return request.POST.get("shown", "")[:4_000]
    return marks_of(saving.initial_of(sheet))

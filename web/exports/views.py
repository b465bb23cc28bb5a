"""The page of exports: choose a collection, see its rows and its terms, take it out or have it
prepared; one's own exports with their progress.

Without script it works by reloading. Leaves rights, limits and files to `feeds.exporting`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from feeds.exporting.answers import file_response
from feeds.exporting.asking import OWN_NAMES, Asked, with_classes
from feeds.exporting.counting import count
from feeds.exporting.formats import ZIP_MEDIA, file_name, format_named
from feeds.exporting.services import (
    Asker,
    export_ask,
    export_cancel,
    export_give,
    export_open,
    fits_at_once,
)
from feeds.exporting.views import scope_out
from geo.accounts.readlog import ReadLogUnavailable, on_behalf_of, request_id
from geo.core import collections, rls
from geo.core.errors import Conflict, DomainError, Forbidden, InvalidInput, NotFound
from geo.core.scope import Scope
from geo.territories.models import Departement
from web.accounts.recent import recent_sign_in_required
from web.errors import domain_page
from web.exports import presenters
from web.exports.forms import ChooseForm, ExportForm
from web.requests import person

View = Callable[..., HttpResponse]
TEMPLATE = "web/exports/index.html"
# What the map's address holds that is no filter of rows.
NOT_FILTERS = {"collection", "v", "sort", "page"}


def people_only(view: View) -> View:
    """These pages are for a person in a browser: a token has the addresses of files."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if getattr(request, "feed_token", None) is not None:
            raise Forbidden("Un jeton lit /exports/{collection}.{format}, pas cette page.")
        return view(request, *args, **kwargs)

    return domain_page(wrapped)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@people_only
def index(request: HttpRequest) -> HttpResponse:
    """The page; a POST takes the rows of its query out."""
    query = _query(request)
    chosen = request.GET.get("collection", "")
    scope = scope_out(request)
    if not chosen:
        return _page(request, scope, None, {})
    try:
        wanted = presenters.wanted_of(chosen, query, scope)
    except InvalidInput as error:
        return _refused(request, scope, error, chosen)
    found = presenters.offer(wanted, query, by=person(request))
    if request.method != "POST":
        return _page(request, scope, found, query)
    form = ExportForm(found.classes, request.POST)
    if not form.is_valid():
        return _page(request, scope, found, query, form=form, status=422)
    try:
        named = with_classes(wanted.collection, scope, query, form.classes_named())
        return _taken(request, presenters.wanted_of(chosen, named, scope), form)
    except (ReadLogUnavailable, NotFound, Forbidden):
        raise
    except DomainError as error:
        form.add_error("format" if error.field == "format" else None, error.message)
        return _page(request, scope, found, query, form=form, status=int(error.status))


@never_cache
@require_safe
@people_only
def progress(request: HttpRequest) -> HttpResponse:
    """The list of one's own exports alone, for the page that follows them."""
    return render(request, "web/exports/list.html", _own(request))


@require_POST
@people_only
def cancel(request: HttpRequest, export_id: int) -> HttpResponse:
    """Stop an export, or remove its file."""
    try:
        export_cancel(by=person(request), export_id=export_id)
    except Conflict as error:
        messages.info(request, error.message)
    else:
        messages.success(request, "L’export est annulé ; il n’en reste aucun fichier.")
    return redirect("exports")


@never_cache
@require_safe
@people_only
def download(request: HttpRequest, export_id: int, link: str) -> HttpResponse:
    """The file of one's own export, while its link lives."""
    export, stream = export_open(by=person(request), export_id=export_id, link=link)
    form = format_named(export.format)
    day = timezone.localdate(export.asked_at)
    media = ZIP_MEDIA if form.boxed else form.media
    return file_response(stream, file_name(export.collection, day, form, zipped=form.boxed), media)


def _taken(request: HttpRequest, wanted: Asked, form: ExportForm) -> HttpResponse:
    """The file itself when there are few rows and nothing protected, else after a fresh proof."""
    small = fits_at_once(wanted)
    if small and not wanted.request.classes:
        return _given(request, wanted, form)
    after_proof = recent_sign_in_required(
        lambda again: _given(again, wanted, form) if small else _asked(again, wanted, form),
        keep=True,
    )
    return after_proof(request)


def _given(request: HttpRequest, wanted: Asked, form: ExportForm) -> HttpResponse:
    chosen = format_named(form.cleaned_data["format"])
    asker = Asker(person(request), "exports", on_behalf_of(request), request_id(request))
    given = export_give(wanted=wanted, form=chosen, asker=asker, boxed=chosen.boxed)
    return file_response(given.stream, given.made.name, given.made.media)


def _asked(request: HttpRequest, wanted: Asked, form: ExportForm) -> HttpResponse:
    with rls.reading(wanted.request.scope):
        about = count(wanted.request, cap=settings.EXPORT_MAX_ROWS)
    export_ask(
        by=person(request),
        wanted=wanted,
        form=format_named(form.cleaned_data["format"]),
        about=about,
        request_id=request_id(request),
    )
    messages.success(request, "L’export se prépare : cette page dit où il en est.")
    return redirect(f"{request.path}#mes-exports")


def _page(
    request: HttpRequest,
    scope: Scope,
    found: presenters.Offer | None,
    query: dict[str, str],
    *,
    form: ExportForm | None = None,
    status: int = 200,
) -> HttpResponse:
    visible = list(collections.visible(scope))
    chosen = found.wanted.collection if found else None
    context = {
        "choose": ChooseForm(visible, chosen, query),
        "reserved": not scope.exports_sites,
        "offer": found,
        "form": form or (ExportForm(found.classes) if found else None),
        "kept": [
            (name, value)
            for name, value in query.items()
            if name not in {"datetime", "departement", "properties"}
        ],
        "direct_rows": settings.EXPORT_DIRECT_ROWS,
        "departements": Departement.objects.order_by("code").values_list("code", "name"),
        **_own(request),
    }
    return render(request, TEMPLATE, context, status=status)


def _refused(request: HttpRequest, scope: Scope, error: InvalidInput, chosen: str) -> HttpResponse:
    # The way out keeps the filters that this collection knows, without the one at fault.
    known = {*OWN_NAMES, *collections.get(chosen, scope).parameters} - {error.field}
    kept = {name: value for name, value in _query(request).items() if name in known}
    context = {
        "choose": ChooseForm(list(collections.visible(scope)), None, {}),
        "reserved": not scope.exports_sites,
        "offer": None,
        "refused": error.message,
        "refused_field": error.field or "",
        "again": presenters.page_address(chosen, kept),
        **_own(request),
    }
    return render(request, TEMPLATE, context, status=HTTPStatus.BAD_REQUEST)


def _own(request: HttpRequest) -> dict[str, object]:
    # An aperçu of a role shows nothing of the person who looks.
    shown = getattr(request, "seen_as", None) is not None
    found = [] if shown else presenters.lines(person(request))
    return {
        "lines": found,
        "unfinished": any(each.export.is_unfinished for each in found),
        "file_days": settings.EXPORT_FILE_DAYS,
    }


def _query(request: HttpRequest) -> dict[str, str]:
    """The filters of the page's address; values of one name are joined by commas."""
    values = {
        name: ",".join(part.strip() for part in texts if part.strip())
        for name, texts in request.GET.lists()
        if name not in NOT_FILTERS
    }
    start, end = values.pop("du", ""), values.pop("au", "")
    if start or end:
        values["datetime"] = f"{start or '..'}/{end or '..'}"
    return {name: value for name, value in values.items() if value}

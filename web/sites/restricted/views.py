"""The page where one restricted block of a site is written; reading it there is logged first.

Leaves the forms to `editors` and the blocks of the sheet to `blocks`.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from geo.accounts.readlog import ReadPurpose, log_request
from geo.core.errors import Conflict, DomainError, Forbidden, NotFound
from geo.core.scope import DataClass
from geo.sites.models import Site
from geo.sites.restricted.policies import require
from geo.sites.restricted.selectors import block_rows, block_version
from geo.sites.selectors import site_get
from web.errors import View, domain_page
from web.requests import person, scope_of
from web.sites.conflicts import Difference
from web.sites.editing import CONFLICT, UNPROCESSABLE
from web.sites.restricted.blocks import readers_address
from web.sites.restricted.editors import JudicialEditor, RowsEditor, Writer, editor_of
from web.sites.restricted.words import TITLES

TEMPLATES = {DataClass.JUDICIAL: "web/sites/restricted/judicial.html"}
ROWS_TEMPLATE = "web/sites/restricted/rows.html"


def page_of(data_class: DataClass) -> View:
    """The view of one class of data."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @domain_page
    def edit(request: HttpRequest, site_id: int) -> HttpResponse:
        scope = scope_of(request)
        site = site_get(scope, site_id)
        require(scope, data_class, site)
        log_request(
            request, data_classes=[data_class], object_ids=[site_id], purpose=ReadPurpose.EDIT
        )
        rows = block_rows(scope, data_class, site_id)
        if request.method != "POST":
            return _page(request, site, data_class, editor_of(data_class, rows), rows)
        adding = request.POST.get("action") == "add"
        editor = editor_of(data_class, rows, request.POST, more=adding)
        if adding:
            return _page(request, site, data_class, editor, rows)
        return _save(request, site, data_class, editor, rows)

    return edit


def _save(
    request: HttpRequest,
    site: Site,
    data_class: DataClass,
    editor: JudicialEditor | RowsEditor,
    rows: tuple[Any, ...],
) -> HttpResponse:
    if not editor.is_valid():
        return _page(request, site, data_class, editor, rows, status=UNPROCESSABLE)
    scope, version = scope_of(request), request.POST.get("version") or "absente"
    if not editor.changed:
        messages.info(request, "Rien n’a changé : rien n’est écrit.")
        return redirect("site", site.pk)
    try:
        editor.save(Writer(person(request), scope, site.pk, version))
    except Conflict as error:
        editor.refuse(error)
        found = editor.differences(request.POST.get("shown", ""))
        return _page(request, site, data_class, editor, rows, conflict=found, status=CONFLICT)
    except (NotFound, Forbidden):
        raise
    except DomainError as error:
        editor.refuse(error)
        return _page(request, site, data_class, editor, rows, status=UNPROCESSABLE)
    messages.success(request, f"{TITLES[data_class]} : c’est enregistré.")
    return redirect("site", site.pk)


def _page(
    request: HttpRequest,
    site: Site,
    data_class: DataClass,
    editor: JudicialEditor | RowsEditor,
    rows: tuple[Any, ...],
    *,
    conflict: list[Difference] | None = None,
    status: int = 200,
) -> HttpResponse:
    # After a conflict the next submission is made knowingly, on what is there now.
    kept = request.POST if request.method == "POST" and conflict is None else {}
    context = {
        "site": site,
        "title": TITLES[data_class],
        "editor": editor,
        "forms": editor.forms,
        "version": kept.get("version") or block_version(rows),
        "shown": kept.get("shown") or editor.marks,
        "in_conflict": conflict is not None,
        "conflict": conflict or [],
        "readers": readers_address(site.pk, data_class),
        "day": _situation(rows) if data_class == DataClass.JUDICIAL else None,
    }
    template = TEMPLATES.get(data_class, ROWS_TEMPLATE)
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response


judicial = page_of(DataClass.JUDICIAL)
owners = page_of(DataClass.OWNER)
health = page_of(DataClass.HEALTH)
costs = page_of(DataClass.FINANCE)


def _situation(rows: tuple[Any, ...]) -> Any:
    """The day of the situation that the form starts from; none when only its year is left."""
    return rows[0].observed_on if rows and rows[0].reduced_on is None else None

"""Closing a site, and saying where its people came from.

Leaves the kind of a closing and the share of durable solutions to the domain.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from geo.core.errors import Conflict, DomainError
from geo.core.scope import Scope, Verb
from geo.sites.closing import durable_people, suggested_answer
from geo.sites.closing_checks import closing_faults
from geo.sites.enums import DURABLE, Solutions, SolutionType
from geo.sites.models import Population, Site
from geo.sites.services import reinstallation_declare, site_close
from web.errors import domain_page
from web.requests import person, scope_of
from web.sites.closing_forms import ClosingForm, OriginForm, SolutionForm
from web.sites.editing import CONFLICT, UNPROCESSABLE, writable


@require_http_methods(["GET", "HEAD", "POST"])
@domain_page
def close(request: HttpRequest, site_id: int) -> HttpResponse:
    """The closing form; the suggested answer is computed from the orientations given."""
    scope = scope_of(request)
    site = writable(scope, Verb.CLOSE, site_id)
    last = Population.objects.visible_to(scope).filter(site=site).order_by("-observed_on").first()
    people = last.people if last else None
    data = request.POST if request.method == "POST" else None
    form = ClosingForm(data)
    rows = [SolutionForm(kind, data) for kind in SolutionType]
    status = 200
    if data is not None:
        valid = all([form.is_valid(), *(row.is_valid() for row in rows)])
        if "suggest" not in data:
            valid = _told(site, form, rows) and valid
        if valid and "suggest" not in data:
            status = _save(request, scope, site, form, rows)
            if not status:
                messages.success(request, "Le site est fermé.")
                return redirect("site", site_id)
        elif "suggest" not in data:
            status = UNPROCESSABLE
    durable, suggestion = _suggestion(rows, people) if data is not None else (0, None)
    context = {
        "site": site,
        "form": form,
        "rows": [(row, row.kind in DURABLE) for row in rows],
        "forms": [form, *rows],
        "people": people,
        "people_on": last.observed_on if last else None,
        "durable": durable,
        "suggestion": Solutions(suggestion).label if suggestion else "",
        "calculated": data is not None,
    }
    return render(request, "web/sites/close.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@domain_page
def origin(request: HttpRequest, site_id: int) -> HttpResponse:
    """Declare the site that people left for this one."""
    scope = scope_of(request)
    site = writable(scope, Verb.UPDATE, site_id)
    form = OriginForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reference = form.cleaned_data["reference"].strip().upper()
        left = Site.objects.visible_to(scope).filter(reference=reference).first()
        if left is None:
            form.add_error("reference", "Aucun site de cette référence que vous puissiez voir.")
        else:
            try:
                reinstallation_declare(
                    by=person(request),
                    scope=scope,
                    site_id=site_id,
                    origin_id=left.pk,
                    people=form.cleaned_data["people"],
                    happened_on=form.cleaned_data["happened_on"],
                )
            except DomainError as error:
                form.add_error(
                    "reference" if error.field == "origin" else error.field, error.message
                )
            else:
                messages.success(request, "Le site d’origine est noté.")
                return redirect("site", site_id)
    status = UNPROCESSABLE if request.method == "POST" else 200
    return render(request, "web/sites/origin.html", {"site": site, "form": form}, status=status)


def _told(site: Site, form: ClosingForm, rows: list[SolutionForm]) -> bool:
    """Tell every fault of the domain beside its field, in the round of the form's own."""
    values = form.cleaned_data
    filled = [row for row in rows if row.is_valid() and row.row is not None]
    faults = closing_faults(
        site,
        cause=values.get("cause"),
        closed_on=values.get("closed_on"),
        context=values.get("context"),
        closed_with_solutions=values.get("closed_with_solutions"),
        solutions=[row.row for row in filled if row.row is not None],
        comment=values.get("comment"),
    )
    for fault in faults:
        if fault.field == "solutions":
            filled[0].add_error("people", fault.message)
        else:
            form.add_error(fault.field, fault.message)
    return not faults


def _save(
    request: HttpRequest,
    scope: Scope,
    site: Site,
    form: ClosingForm,
    rows: list[SolutionForm],
) -> int:
    """Close the site; 0, or the status of the refusal that the form now tells."""
    values: dict[str, Any] = form.cleaned_data
    try:
        site_close(
            by=person(request),
            scope=scope,
            site_id=site.pk,
            solutions=[row.row for row in rows if row.row is not None],
            **values,
        )
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return CONFLICT if isinstance(error, Conflict) else UNPROCESSABLE
    return 0


def _suggestion(rows: list[SolutionForm], people: int | None) -> tuple[int, str | None]:
    given = [(row.kind.value, row.cleaned_data.get("people")) for row in rows if row.is_valid()]
    durable = durable_people(given)
    return durable, suggested_answer(durable, people)

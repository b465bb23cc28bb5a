"""Closing a site, correcting its closing, and saying where its people came from.

Leaves the kind of a closing and the share of durable solutions to the domain.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from geo.core.errors import Conflict, DomainError
from geo.core.scope import Scope, Verb
from geo.sites.closing import durable_people, suggested_answer
from geo.sites.closing_checks import closing_faults, closure_version
from geo.sites.enums import DURABLE, Solutions, SolutionType
from geo.sites.models import Closure, Population, Site
from geo.sites.services import closure_correct, reinstallation_declare, site_close
from web.errors import domain_page
from web.requests import person, scope_of
from web.sites.closing_forms import ClosingForm, OriginForm, SolutionForm
from web.sites.conflicts import (
    Difference,
    differences,
    flat,
    marks_in,
    marks_of,
    row_differences,
    settled,
)
from web.sites.editing import CONFLICT, UNPROCESSABLE, writable

CLOSING = ("cause", "closed_on", "context", "closed_with_solutions", "comment")
SOLUTION = ("people", "households", "message")


class ClosingEditor:
    """The forms of a closing, from what is recorded now and from what was sent."""

    def __init__(self, closure: Closure | None, post: QueryDict | None) -> None:
        self.closure = closure
        self.now = {name: getattr(closure, name, "") for name in CLOSING}
        self.solutions = {kind: dict.fromkeys(SOLUTION, "") for kind in SolutionType}
        for row in closure.solutions.all() if closure is not None else ():
            self.solutions[SolutionType(row.type)] = {name: getattr(row, name) for name in SOLUTION}
        stored = self.now | flat((f"{kind}-", row) for kind, row in self.solutions.items())
        self.marks = marks_of(stored)
        data = settled(post, stored) if post is not None else None
        self.form = ClosingForm(data, initial=self.now)
        self.rows = [SolutionForm(kind, data, row) for kind, row in self.solutions.items()]

    @property
    def version(self) -> str:
        """The state of the closing that the forms are about; empty for a site that is open."""
        return closure_version(self.closure) if self.closure is not None else ""

    @property
    def given(self) -> list[dict[str, Any]]:
        """The orientations as the services take them."""
        return [row.row for row in self.rows if row.row is not None]

    def is_valid(self) -> bool:
        """Nothing to correct in any form."""
        return all([self.form.is_valid(), *(row.is_valid() for row in self.rows)])

    def differences(self, shown: str) -> list[Difference]:
        """What the closing now and the forms disagree on."""
        found = differences(self.form, self.now, shown)
        for row in self.rows:
            marks = marks_in(shown, f"{row.kind.value}-")
            found += row_differences(row, str(row.kind.label), self.solutions[row.kind], marks)
        return found


@require_http_methods(["GET", "HEAD", "POST"])
@domain_page
def close(request: HttpRequest, site_id: int) -> HttpResponse:
    """Close a site, or correct its closing; the suggested answer follows from the orientations."""
    scope = scope_of(request)
    site = writable(scope, Verb.CLOSE, site_id)
    closure = site.closures.filter(reopened_on__isnull=True).first()
    post = request.POST if request.method == "POST" else None
    editor, status = ClosingEditor(closure, post), 200
    if post is not None and "suggest" not in post:
        valid = editor.is_valid()
        valid = _told(site, editor) and valid
        status = _save(request, scope, site, editor) if valid else UNPROCESSABLE
        if not status:
            words = "La fermeture est corrigée." if closure is not None else "Le site est fermé."
            messages.success(request, words)
            return redirect("site", site_id)
    response = render(
        request,
        "web/sites/close.html",
        _context(request, scope, site, editor, status),
        status=status,
    )
    response["Cache-Control"] = "private, no-store"
    return response


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


def _context(
    request: HttpRequest, scope: Scope, site: Site, editor: ClosingEditor, status: int
) -> dict[str, Any]:
    last = Population.objects.visible_to(scope).filter(site=site).order_by("-observed_on").first()
    people, sent = last.people if last else None, request.method == "POST"
    durable, suggestion = _suggestion(editor.rows, people) if sent else (0, None)
    # After a conflict the next submission is made knowingly, on what is there now.
    kept = request.POST if sent and status != CONFLICT else {}
    return {
        "site": site,
        "form": editor.form,
        "rows": [(row, row.kind in DURABLE) for row in editor.rows],
        "forms": [editor.form, *editor.rows],
        "people": people,
        "people_on": last.observed_on if last else None,
        "durable": durable,
        "suggestion": Solutions(suggestion).label if suggestion else "",
        "calculated": sent,
        "closed": editor.closure is not None,
        "version": kept.get("version", editor.version),
        "shown": kept.get("shown") or editor.marks,
        "in_conflict": status == CONFLICT,
        "conflict": editor.differences(request.POST.get("shown", "")) if status == CONFLICT else [],
    }


def _told(site: Site, editor: ClosingEditor) -> bool:
    """Tell every fault of the domain beside its field, in the round of the form's own."""
    form, values = editor.form, editor.form.cleaned_data
    filled = [row for row in editor.rows if row.is_valid() and row.row is not None]
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


def _save(request: HttpRequest, scope: Scope, site: Site, editor: ClosingEditor) -> int:
    """Close the site or correct it; 0, or the status of the refusal that the form now tells."""
    values: dict[str, Any] = editor.form.cleaned_data
    known: dict[str, Any] = {"by": person(request), "scope": scope, "site_id": site.pk}
    version = request.POST.get("version", "")
    try:
        if version:
            closure_correct(**known, version=version, solutions=editor.given, **values)
        else:
            site_close(**known, solutions=editor.given, **values)
    except DomainError as error:
        form = editor.form
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return CONFLICT if isinstance(error, Conflict) else UNPROCESSABLE
    return 0


def _suggestion(rows: list[SolutionForm], people: int | None) -> tuple[int, str | None]:
    given = [(row.kind.value, row.cleaned_data.get("people")) for row in rows if row.is_valid()]
    durable = durable_people(given)
    return durable, suggested_answer(durable, people)

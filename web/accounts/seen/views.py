"""Choosing the role to look as, and being oneself again.

Leaves what may be shown to `geo.accounts.seen_as` and each request to the middleware.
"""

from __future__ import annotations

import datetime as dt

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from geo.accounts.enums import Role
from geo.accounts.readlog import request_id
from geo.accounts.seen_as import SeenAs, seen_as_begin
from geo.core.errors import DomainError, InvalidInput
from geo.core.scope import Areas
from web.accounts.life.administration import UNPROCESSABLE, administrators_only, own_areas, tell
from web.accounts.life.forms import choice
from web.accounts.life.territories import (
    places_read,
    precise_field,
    territory_choices,
    territory_field,
)
from web.accounts.life.words import place_names
from web.accounts.seen.middleware import KEPT, begin, end
from web.requests import person, scope_of

# A partner system reads no page: it has its tokens.
ROLES = [("", "Choisissez…"), *((r.value, r.label) for r in Role if r != Role.API_TOKEN)]


class SeenAsForm(forms.Form):
    """A role, and where."""

    role = choice("Rôle", ROLES)
    territory = territory_field()
    precise = precise_field()

    def __init__(self, areas: Areas, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        field = self.fields["territory"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = territory_choices(areas)
        self.fields["precise"].label = "Une commune ou une intercommunalité seulement"
        self.fields["precise"].help_text = "Vide pour le territoire entier."

    def seen(self) -> SeenAs:
        """What was chosen. Raises `InvalidInput` for an unknown place, or for several."""
        values = self.cleaned_data
        places = places_read(values["territory"], values["precise"])
        if len(places) != 1:
            raise InvalidInput("Une seule commune ou intercommunalité.", field="precise")
        return SeenAs(values["role"], *places[0])


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def seen_as(request: HttpRequest) -> HttpResponse:
    """The form; once it is valid, everything is read as that role."""
    form = SeenAsForm(own_areas(request), request.POST or None)
    status = 200
    if request.method == "POST":
        status = UNPROCESSABLE
        if form.is_valid() and _begun(request, form):
            return redirect("carte")
    kept = request.session.get(KEPT)
    context = {
        "form": form,
        "forms": [form],
        "minutes": settings.SEEN_AS_MINUTES,
        "over": request.GET.get("fini") == "1",
        "now": kept["words"] if kept else "",
        "until": dt.datetime.fromtimestamp(kept["ends_at"], dt.UTC) if kept else None,
    }
    return render(request, "web/accounts/seen/choose.html", context, status=status)


@require_POST
def seen_as_end(request: HttpRequest) -> HttpResponse:
    """Be oneself again."""
    if end(request):
        messages.success(request, "Vous revoyez l’atlas avec vos propres droits.")
    return redirect("account")


def _begun(request: HttpRequest, form: SeenAsForm) -> bool:
    try:
        seen = form.seen()
        seen_as_begin(
            by=person(request),
            scope=scope_of(request),
            seen=seen,
            request_id=request_id(request),
        )
    except DomainError as error:
        tell(form, error)
        return False
    where = place_names([(seen.level, seen.code)])[seen.level, seen.code]
    begin(request, seen, f"{Role(seen.role).label}, {where}")
    return True

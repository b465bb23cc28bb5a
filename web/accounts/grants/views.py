"""The rights of one person, those of organisations, and the approvals that wait.

Leaves every rule to `geo.accounts.granting`, which refuses what is beyond the administrator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from geo.accounts.granted import (
    grants_awaiting,
    grants_of,
    grants_of_organisations,
    grants_through,
)
from geo.accounts.granting import (
    Terms,
    exception_grant,
    grant_revoke,
    grant_to_revoke,
    option_approve,
    option_grant,
    options_for,
    organisation_grant,
    rights_refuse,
)
from geo.accounts.life.people import people_of, person_of
from geo.accounts.models import Grant, Organisation, User
from geo.accounts.scopes import scope_for
from geo.core.errors import Conflict, DomainError, InvalidInput
from web.accounts.grants.forms import (
    ExceptionForm,
    OptionForm,
    OrganisationForm,
    RefusalForm,
    WithdrawForm,
)
from web.accounts.grants.words import told
from web.accounts.life.administration import (
    UNPROCESSABLE,
    administrators_only,
    own_areas,
    tell,
)
from web.accounts.life.territories import places_read
from web.accounts.rights import memberships, rights_of
from web.requests import person, scope_of

Give = Callable[[dict[str, Any]], object]


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def of_person(request: HttpRequest, user_id: int) -> HttpResponse:
    """What a person may do today, why and until when; forms that add to it or take away."""
    user = person_of(scope_of(request), user_id)
    options = options_for(user, own_areas(request))
    asked = request.POST.get("form", "")
    data = {name: request.POST if asked == name else None for name in ("option", "plus", "moins")}
    areas = own_areas(request)
    shown: dict[str, forms.Form] = {
        "option": OptionForm(areas, options, data["option"], prefix="option"),
        "plus": ExceptionForm(areas, data["plus"], prefix="plus"),
        "moins": RefusalForm(data["moins"], prefix="moins"),
    }
    status = 200
    if request.method == "POST":
        status = UNPROCESSABLE
        form = shown.get(asked)
        if form is not None and form.is_valid() and _given(form, _giver(request, user, asked)):
            messages.success(request, "C’est enregistré : cela vaut dès sa prochaine page.")
            return redirect("managed_rights", user_id)
    context = {
        "someone": user,
        "roles": memberships(user),
        "rights": rights_of(user, scope_for(user)),
        "grants": told(grants_of(user)),
        "through": told(grants_through(user)),
        "option": shown["option"] if options else None,
        "plus": shown["plus"],
        "moins": shown["moins"],
        "asked": asked,
        "forms": [shown[asked]] if asked in shown else [],
        "oneself": user.pk == person(request).pk,
    }
    return render(request, "web/accounts/grants/person.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def every(request: HttpRequest) -> HttpResponse:
    """The approvals that wait, the accesses of organisations, and the form that gives one."""
    scope, areas = scope_of(request), own_areas(request)
    organisations = list(Organisation.objects.order_by("name")[:1_000])
    form = OrganisationForm(areas, organisations, request.POST or None)
    status = 200
    if request.method == "POST":
        status = UNPROCESSABLE
        if form.is_valid() and _given(form, _to_organisation(request)):
            messages.success(request, "L’accès est donné : il vaut dès la prochaine page.")
            return redirect("grants")
    awaiting = grants_awaiting(scope)
    context = {
        "awaiting": told(awaiting),
        "national": areas.nation,
        "organisations": told(grants_of_organisations(scope)),
        "form": form,
        "forms": [form],
        "me": person(request).pk,
    }
    return render(request, "web/accounts/grants/grants.html", context, status=status)


@require_POST
@administrators_only
def approve(request: HttpRequest, grant_id: int) -> HttpResponse:
    """The second approval of an access to judicial data."""
    try:
        option_approve(by=person(request), scope=scope_of(request), grant_id=grant_id)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "L’accès est approuvé : il vaut dès la prochaine page.")
    return redirect("grants")


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def withdraw(request: HttpRequest, grant_id: int) -> HttpResponse:
    """Take a grant back with a reason, or refuse one that awaits approval."""
    grant = grant_to_revoke(by=person(request), scope=scope_of(request), grant_id=grant_id)
    form = WithdrawForm(request.POST or None)
    back, status = _page_of(request, grant), 200
    if request.method == "POST":
        status = UNPROCESSABLE
        if form.is_valid():
            grant_revoke(
                by=person(request), scope=scope_of(request), grant_id=grant_id, **form.cleaned_data
            )
            messages.success(request, "Le droit est retiré : c’est vrai dès la prochaine page.")
            return redirect(back)
    context = {"told": told([grant])[0], "form": form, "forms": [form], "back": back}
    return render(request, "web/accounts/grants/withdraw.html", context, status=status)


def _page_of(request: HttpRequest, grant: Grant) -> str:
    """Where a grant is listed: on its holder's page, if the administrator still has it."""
    if grant.user_id is None:
        return reverse("grants")
    if people_of(scope_of(request)).filter(pk=grant.user_id).exists():
        return reverse("managed_rights", args=[grant.user_id])
    return reverse("exceptions")


def _giver(request: HttpRequest, user: User, asked: str) -> Give:
    """What is done with the values of each form about a person."""
    who: dict[str, Any] = {"by": person(request), "scope": scope_of(request)}
    if asked == "moins":
        return lambda values: rights_refuse(**who, holder=user, **values)
    service: Any = option_grant if asked == "option" else exception_grant
    return lambda values: service(**who, user=user, **values)


def _to_organisation(request: HttpRequest) -> Give:
    who: dict[str, Any] = {"by": person(request), "scope": scope_of(request)}
    return lambda values: organisation_grant(
        **who,
        **(values | {"organisation": Organisation.objects.get(pk=values["organisation"])}),
    )


def _given(form: forms.Form, give: Give) -> bool:
    """Give what the form says on each of its territories, or on none; the refusal is told there."""
    values = dict(form.cleaned_data)
    try:
        with transaction.atomic():
            if "territory" not in values:
                give(values)
                return True
            end, reason = values.pop("ends_on"), values.pop("reason")
            for level, code in places_read(values.pop("territory"), values.pop("precise")):
                give(values | {"terms": Terms(level, code, reason, end)})
    except DomainError as error:
        if isinstance(error, InvalidInput) and error.field in {"level", "code"}:
            error.field = "territory"
        tell(form, error)
        return False
    return True

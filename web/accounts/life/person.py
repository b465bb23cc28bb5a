"""One person as their administrator sees them: roles, deactivation and return.

Leaves the rules to `geo.accounts.life.people`.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from geo.accounts.factors import has_second_factor
from geo.accounts.life.people import (
    account_anonymise,
    account_deactivate,
    account_reactivate,
    hold_of,
    person_of,
    reserved_to_nation,
    role_add,
    role_remove,
    second_factor_reset,
)
from geo.accounts.models import User
from geo.core.errors import Conflict, DomainError
from web.accounts.life.administration import (
    UNPROCESSABLE,
    administrators_only,
    own_areas,
    tell,
)
from web.accounts.life.forms import GivenForm
from web.accounts.life.territories import places_read
from web.accounts.life.words import held_names, place_names
from web.requests import person, scope_of


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def managed(request: HttpRequest, user_id: int) -> HttpResponse:
    """The person, and the form that gives one more role."""
    scope = scope_of(request)
    user = person_of(scope, user_id)
    form = GivenForm(own_areas(request), request.POST or None)
    status = 200
    if request.method == "POST":
        status = UNPROCESSABLE
        if form.is_valid() and _give(request, user, form):
            messages.success(request, "Le rôle est donné ; la personne en est prévenue.")
            return redirect("managed_person", user_id)
    hold = hold_of(scope, user)
    names = place_names((each.level, each.code) for each in user.memberships.all())
    context = {
        "someone": user,
        "roles": held_names(user, names),
        "mine": set(hold.memberships),
        "whole": hold.whole,
        "reserved": reserved_to_nation(scope, user),
        "sole": user.memberships.count() == 1,
        "has_factor": user.is_active and has_second_factor(user),
        "oneself": user.pk == person(request).pk,
        "form": form,
    }
    return render(request, "web/accounts/life/person.html", context, status=status)


@require_POST
@administrators_only
def remove_role(request: HttpRequest, user_id: int, membership_id: int) -> HttpResponse:
    """Take a role back."""
    try:
        role_remove(
            by=person(request),
            scope=scope_of(request),
            user_id=user_id,
            membership_id=membership_id,
        )
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "Le rôle est retiré.")
    return redirect("managed_person", user_id)


@require_POST
@administrators_only
def deactivate(request: HttpRequest, user_id: int) -> HttpResponse:
    """Close the account until it is opened again."""
    return _change(request, user_id, account_deactivate, "Le compte est désactivé.")


@require_POST
@administrators_only
def reactivate(request: HttpRequest, user_id: int) -> HttpResponse:
    """Open the account again."""
    return _change(request, user_id, account_reactivate, "Le compte est réactivé.")


@require_POST
@administrators_only
def reset_factor(request: HttpRequest, user_id: int) -> HttpResponse:
    """Let somebody who lost their telephone and their codes choose a second factor again."""
    done = "Ses seconds facteurs sont effacés : la personne en choisira un à sa connexion."
    return _change(request, user_id, second_factor_reset, done)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def anonymise(request: HttpRequest, user_id: int) -> HttpResponse:
    """Take the name away, at the person's request: asked twice, because it cannot be undone."""
    user = person_of(scope_of(request), user_id)
    if request.method != "POST":
        return render(request, "web/accounts/life/anonymise.html", {"someone": user})
    try:
        account_anonymise(by=person(request), scope=scope_of(request), user_id=user_id)
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("managed_person", user_id)
    messages.success(request, "Le nom et l’adresse sont effacés.")
    return redirect("administration")


def _give(request: HttpRequest, user: User, form: GivenForm) -> bool:
    values = form.cleaned_data
    try:
        role_add(
            by=person(request),
            scope=scope_of(request),
            user_id=user.pk,
            role=values["role"],
            places=places_read(values["territory"], values["precise"]),
            ends_on=values["ends_on"],
        )
    except DomainError as error:
        tell(form, error)
        return False
    return True


def _change(
    request: HttpRequest, user_id: int, service: Callable[..., User], done: str
) -> HttpResponse:
    try:
        service(by=person(request), scope=scope_of(request), user_id=user_id)
    except Conflict as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)
    return redirect("managed_person", user_id)

"""The administration of accounts by who has the right to: requests, invitations, people.

Shows of each person their role, territory, state and last sign-in, no more. Leaves every rule to
`geo.accounts.life`, which refuses what is outside the administrator's own rights and areas.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from geo.accounts.enums import Role
from geo.accounts.granting import options_held
from geo.accounts.life.invitations import (
    invitation_create,
    invitation_renew,
    invitation_withdraw,
)
from geo.accounts.life.options import Options
from geo.accounts.life.people import invitations_of, people_of, search
from geo.accounts.life.register import organisations_with_access
from geo.accounts.life.requests import (
    access_request_accept,
    access_request_refuse,
    request_to_treat,
    requests_to_treat,
)
from geo.accounts.life.tasks import where
from geo.accounts.models import Invitation, Organisation, User
from geo.accounts.services import organisation_get_or_create
from geo.core.errors import DomainError, Forbidden, NotFound
from geo.core.scope import Areas, Verb
from web.accounts.life.forms import AcceptForm, InviteForm, RefuseForm
from web.accounts.life.territories import places_read
from web.accounts.life.words import held_names, place_names
from web.accounts.recent import recent_sign_in_required
from web.errors import domain_page
from web.requests import person, scope_of

PAGE = 50
UNPROCESSABLE = 422
View = Callable[..., HttpResponse]


def administrators_only(view: View) -> View:
    """Refuse whoever administers no account, and keep the page out of caches.

    What changes rights asks for a second factor given in the last minutes.
    """
    writes = recent_sign_in_required(view, keep=True)

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not scope_of(request).where(Verb.ADMINISTER):
            raise Forbidden("Cette page est celle des personnes qui administrent des comptes.")
        answers = writes if request.method == "POST" else view
        return answers(request, *args, **kwargs)

    return never_cache(domain_page(wrapped))


def own_areas(request: HttpRequest) -> Areas:
    """Where the reader administers accounts."""
    return scope_of(request).where(Verb.ADMINISTER)


def tell(form: forms.Form, error: DomainError) -> None:
    """Put a refusal beside the field that it names."""
    form.add_error(error.field if error.field in form.fields else None, error.message)


@require_safe
@administrators_only
def administration(request: HttpRequest) -> HttpResponse:
    """What waits for me, and the people of my territories."""
    scope = scope_of(request)
    waiting, invited = requests_to_treat(scope), invitations_of(scope)
    text = request.GET.get("q", "")[:100]
    people = Paginator(search(people_of(scope), text), PAGE)
    page = people.get_page(request.GET.get("page"))
    names = place_names(
        [(each.level, each.code) for each in waiting]
        + [place for each in invited for place in each.places]
        + [(held.level, held.code) for user in page for held in user.memberships.all()]
    )
    context = {
        "requests": [(each, names[each.level, each.code]) for each in waiting],
        "invitations": [(each, [names[place] for place in each.places]) for each in invited],
        "people": [(user, held_names(user, names)) for user in page],
        "page": page,
        "q": text,
        "organisations": organisations_with_access(own_areas(request)),
    }
    return render(request, "web/accounts/life/administration.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def access_request(request: HttpRequest, request_id: int) -> HttpResponse:
    """One request: accept it with a role and territories, or refuse it with a reason."""
    asked = request_to_treat(scope_of(request), request_id)
    refusing = request.POST.get("answer") == "refuse"
    given = request.POST if request.method == "POST" else None
    whole = asked.level in {"nation", "region", "departement"}
    initial = {
        "organisation": asked.organisation,
        "organisation_type": asked.organisation_type,
        "role": asked.role,
        "territory": f"{asked.level}:{asked.code}" if whole else _only(own_areas(request)),
        "precise": "" if whole else asked.code,
    }
    accept = AcceptForm(
        own_areas(request),
        None if refusing else given,
        initial=initial,
        prefix="oui",
        options=options_held(scope_of(request)),
    )
    refuse = RefuseForm(given if refusing else None, prefix="non")
    status = 200
    if given is not None:
        status = UNPROCESSABLE
        done = _refuse(request, request_id, refuse) if refusing else _accept(request, asked, accept)
        if done:
            messages.success(request, done)
            return redirect("administration")
    context = {
        "asked": asked,
        "where": where(asked.level, asked.code),
        "known": User.objects.filter(email=asked.email).exists(),
        "accept": accept,
        "refuse": refuse,
        "forms": [refuse if refusing else accept],
        "organisations": organisation_names(),
    }
    return render(request, "web/accounts/life/access_request.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def invite(request: HttpRequest) -> HttpResponse:
    """Invite somebody to open an account, with what it will hold."""
    areas = own_areas(request)
    initial = {"role": Role.INTERVENER, "territory": _only(areas)}
    options = options_held(scope_of(request))
    form = InviteForm(areas, request.POST or None, initial=initial, options=options)
    status = 200
    if request.method == "POST":
        status = UNPROCESSABLE
        if form.is_valid():
            try:
                # Together: a refusal leaves no new organisation behind.
                with transaction.atomic():
                    invited = invitation_create(
                        by=person(request), scope=scope_of(request), **given_values(form)
                    )
            except DomainError as error:
                tell(form, error)
            else:
                messages.success(request, _told(invited))
                return redirect("administration")
    context = {"form": form, "organisations": organisation_names()}
    return render(request, "web/accounts/life/invite.html", context, status=status)


@require_POST
@administrators_only
def renew(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Send a new link."""
    try:
        found = invitation_renew(
            by=person(request), scope=scope_of(request), invitation_id=invitation_id
        )
    except (NotFound, Forbidden):
        raise
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"Un nouveau lien part vers {found.email}.")
    return redirect("administration")


@require_POST
@administrators_only
def withdraw(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Take an invitation back."""
    found = invitation_withdraw(scope=scope_of(request), invitation_id=invitation_id)
    messages.success(request, f"L’invitation de {found.email} est retirée.")
    return redirect("administration")


def given_values(form: AcceptForm) -> dict[str, Any]:
    """The values of a form as the services take them: an organisation, places."""
    values = dict(form.cleaned_data)
    names, reason, ends_on = (
        values.pop(f"options{name}", None) for name in ("", "_reason", "_end_on")
    )
    if names:
        values["options"] = Options(tuple(names), reason or "", ends_on)
    values["places"] = places_read(values.pop("territory"), values.pop("precise"))
    values["organisation"] = organisation_get_or_create(
        name=values["organisation"], kind=values.pop("organisation_type")
    )
    return values


def organisation_names() -> list[str]:
    """The organisations that a form proposes."""
    return list(Organisation.objects.order_by("name").values_list("name", flat=True)[:1_000])


def _accept(request: HttpRequest, asked: Any, form: AcceptForm) -> str:
    if not form.is_valid():
        return ""
    try:
        with transaction.atomic():
            invited = access_request_accept(
                by=person(request),
                scope=scope_of(request),
                request_id=asked.pk,
                **given_values(form),
            )
    except DomainError as error:
        tell(form, error)
        return ""
    return _told(invited)


def _refuse(request: HttpRequest, request_id: int, form: RefuseForm) -> str:
    if not form.is_valid():
        return ""
    try:
        access_request_refuse(
            by=person(request), scope=scope_of(request), request_id=request_id, **form.cleaned_data
        )
    except DomainError as error:
        tell(form, error)
        return ""
    return "La demande est refusée ; la personne en reçoit le motif."


def _told(invited: Invitation) -> str:
    if not User.objects.filter(email=invited.email).exists():
        return "Le lien d’activation part par courriel."
    return "Cette personne a un compte : le rôle lui est proposé, elle doit l’accepter."


def _only(areas: Areas) -> str:
    """The territory of an administrator who has one departement or region: no need to choose."""
    places = [(level, code) for level, codes in areas.levels() for code in codes]
    if len(places) == 1 and places[0][0] in {"departement", "region"}:
        return ":".join(places[0])
    return ""

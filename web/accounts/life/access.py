"""The public pages: asking for access, the register of organisations, activation by a link.

Leaves the rules to `geo.accounts.life`.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from geo.accounts.addresses import client_address
from geo.accounts.life.invitations import invitation_accept, invitation_of
from geo.accounts.life.register import organisations_with_access
from geo.accounts.life.requests import access_request_create
from geo.accounts.life.tasks import where
from geo.accounts.throttle import sign_in_failed, sign_in_pause
from geo.core.errors import DomainError, NotFound, TooCostly
from web.accounts.life.forms import AccessForm, ActivationForm
from web.accounts.life.public_tokens import public_tokens
from web.accounts.life.territories import places_read

# Requests of one network share a pause that grows with their number, as failures to sign in do.
WHO = "\x00access"


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The form; the answer is the same whatever is known of the address."""
    form = AccessForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            status = _ask(request, form)
            if not status:
                return redirect("access_sent")
    return render(request, "web/accounts/life/ask.html", {"form": form}, status=status)


@login_not_required
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """What happens next."""
    return render(request, "web/accounts/life/sent.html")


@login_not_required
@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """The organisations that have access: anybody may know."""
    listed = organisations_with_access()
    context = {
        "organisations": listed,
        "people": sum(each.people for each in listed),
        "tokens": public_tokens(),
    }
    return render(request, "web/accounts/life/register.html", context)


@login_not_required
@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def activation(request: HttpRequest, token: str) -> HttpResponse:
    """Open an account by its link: a name, a password; signing in comes next."""
    try:
        invitation = invitation_of(token)
    except NotFound as error:
        told = {"message": error.message}
        return render(request, "web/accounts/life/dead_link.html", told, status=410)
    form = ActivationForm(request.POST or None, initial={"full_name": invitation.full_name})
    if request.method == "POST" and form.is_valid():
        try:
            invitation_accept(
                invitation_id=invitation.pk,
                full_name=form.cleaned_data["full_name"],
                password=form.cleaned_data["password"],
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            # Whoever was signed in on this machine is somebody else.
            logout(request)
            messages.success(request, "Votre compte est ouvert : connectez-vous avec lui.")
            return redirect("sign_in")
    context = {
        "form": form,
        "invitation": invitation,
        "places": [where(*place) for place in invitation.places],
    }
    status = 422 if form.errors else 200
    return render(request, "web/accounts/life/activation.html", context, status=status)


def _ask(request: HttpRequest, form: AccessForm) -> int:
    """Keep the request; 0, or the status of the refusal that the form now tells."""
    if form.is_trapped:
        return 0
    address = client_address(request)
    if sign_in_pause(email=WHO, address=address):
        form.add_error(
            None, "Plusieurs demandes viennent d’arriver de chez vous : attendez un peu."
        )
        return 429
    values = dict(form.cleaned_data)
    places = (values.pop("territory"), values.pop("precise"))
    del values["website"], values["started"]
    try:
        (place,) = places_read(*places)[:1]
        access_request_create(place=place, **values)
    except TooCostly as error:
        form.add_error(None, error.message)
        return 429
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return 422
    sign_in_failed(email=WHO, address=address)
    return 0

"""A role offered to somebody who has an account: they accept it or not.

Leaves the rules to `geo.accounts.life.invitations`.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from geo.accounts.life.invitations import role_accept, role_decline, role_offer
from geo.accounts.life.tasks import where
from web.errors import domain_page
from web.requests import person


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@domain_page
def offer(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """What is offered, by whom, and both answers."""
    user = person(request)
    found = role_offer(user, invitation_id)
    answer = request.POST.get("answer", "")
    if answer == "accept":
        role_accept(user=user, invitation_id=invitation_id)
        messages.success(request, "Le rôle est à vous : il vaut dès cette page.")
        return redirect("account")
    if answer == "decline":
        role_decline(user=user, invitation_id=invitation_id)
        messages.success(request, "Vous avez refusé ce rôle : votre compte n’a pas changé.")
        return redirect("account")
    context = {"offer": found, "places": [where(*place) for place in found.places]}
    return render(request, "web/accounts/life/offer.html", context)

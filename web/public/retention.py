"""How long data is kept: the page is the table of rules that the daily job applies."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from geo.core.retention import rules


@login_not_required
@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    """Every rule in force."""
    return render(request, "web/public/retention.html", {"rules": rules()})

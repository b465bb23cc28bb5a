"""`/sites/{id}/historique/`: what changed on a site, by whom and why, and how it was on a day.

What tells a restricted class is logged before it is shown. Leaves the past to `geo.sites.history`.
"""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from geo.accounts.readlog import log_opened
from geo.core.scope import RESTRICTED
from geo.sites.history import classes_read, first_event_at, site_as_of, site_past
from geo.sites.models import Site
from geo.sites.selectors import site_get
from web.errors import domain_page
from web.requests import scope_of
from web.sites.history_words import end_of, sheets, told

WRONG_DAY = "Donnez une date comme 2026-03-31, pas plus tard qu’aujourd’hui."


@require_safe
@never_cache
@domain_page
def site_history(request: HttpRequest, site_id: int) -> HttpResponse:
    """The steps, a page at a time (`avant`); with `au`, the record as it was written that day."""
    scope = scope_of(request)
    site = site_get(scope, site_id)
    text = request.GET.get("au", "")
    day = _day(text)
    if text and day is not None:
        return _as_of(request, site, day)
    before = request.GET.get("avant", "")
    start = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    past = site_past(scope, site, start)
    log_opened(request, site.pk, restricted=past.classes)
    context = {
        "site": site,
        "steps": told(scope, site, past.steps),
        "older": past.older,
        "first": start is None,
        "au": text,
        "error": WRONG_DAY if text else "",
        "today": timezone.localdate(),
    }
    return render(request, "web/sites/history.html", context, status=400 if text else 200)


def _as_of(request: HttpRequest, site: Site, day: dt.date) -> HttpResponse:
    scope = scope_of(request)
    begins = first_event_at(scope, site)
    rows = site_as_of(scope, site, end_of(day))
    tables = {name for name, several in rows.items() if several}
    read = {each for each in RESTRICTED if each.value in classes_read(scope, site)}
    log_opened(request, site.pk, restricted=read if tables else ())
    context = {
        "site": site,
        "day": day,
        "begins": begins,
        "too_early": begins is not None and end_of(day) < begins,
        "sheets": sheets(scope, site, rows),
        "today": timezone.localdate(),
    }
    return render(request, "web/sites/history_as_of.html", context)


def _day(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if day <= timezone.localdate() else None

"""The search of a place inside a form, without script: a text, then a list to choose from.

Leaves the search itself to `geo.territories.geocoding`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.http import HttpRequest

from geo.core.errors import DomainError
from geo.territories.geocoding import geocode
from web.own_ground import own_first, own_middle
from web.requests import scope_of

SALT = "site-search"
MAX_RESULTS = 6
OUTSIDE = " – hors de votre territoire"


@dataclass(frozen=True, slots=True)
class Choice:
    """One place found; `value` carries it, signed, to the next request."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Search:
    """What was looked for, what was found, or why nothing was."""

    text: str = ""
    choices: tuple[Choice, ...] = ()
    note: str = ""
    error: str = ""


def search(request: HttpRequest) -> Search:
    """Look for the text typed in `q`."""
    scope, text = scope_of(request), request.POST.get("q", "").strip()
    try:
        found = geocode(text, near=own_middle(scope))
    except DomainError as error:
        return Search(text, error=error.message)
    choices = tuple(
        Choice(
            signing.dumps([each.lat, each.lon, each.label, each.precision, each.kind], salt=SALT),
            f"{each.label}{OUTSIDE if outside else ''}",
        )
        for each, outside in own_first(scope, found.results)[:MAX_RESULTS]
    )
    note = found.note or (
        "" if choices else "Aucun lieu de ce nom. Écrivez autre chose, ou des coordonnées."
    )
    return Search(text, choices, note)


def chosen(request: HttpRequest) -> dict[str, Any]:
    """The fields that a chosen place fills; nothing when none was chosen."""
    try:
        lat, lon, label, precision, kind = signing.loads(
            request.POST.get("found", ""), salt=SALT, max_age=3600
        )
    except signing.BadSignature:
        return {}
    fields: dict[str, Any] = {"position": f"{lat:.7f}, {lon:.7f}"}
    if kind == "address":
        fields |= {"address_label": label, "address_precision": precision}
    if precision == "municipality":
        fields["location_accuracy"] = "commune"
    return fields

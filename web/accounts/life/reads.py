"""The log of reads as administrators read it: what the people of their territories read.

Who read one site is on its page « Qui peut lire ? ». Leaves which lines are told to
`geo.accounts.life.reads`.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from geo.accounts.life.people import person_of
from geo.accounts.life.reads import read_alerts, reads_by
from geo.accounts.models import ReadLog, ReadPurpose, User
from geo.core.errors import InvalidInput
from geo.core.scope import DataClass
from geo.sites.models import Site
from web.accounts.grants.words import CLASSES
from web.accounts.life.administration import administrators_only
from web.requests import scope_of

PAGE = 50
ALERTS = 20
LINKS = 5
TEMPLATE = "web/accounts/life/reads.html"
BAD_REQUEST = 400
# The longest number that the database's keys hold.
HIGHEST = 2**63 - 1
PLACES = {
    "site": "fiche",
    "site_history": "historique",
    "site_owners": "propriétaires",
    "site_judicial": "procédures",
    "site_health": "veille sanitaire",
    "site_costs": "coûts",
    "ogc-items": "flux",
    "ogc-item": "flux",
    "exports": "export",
    "export-file": "export",
    "export_collection": "export (commande)",
    "print-pdf": "carte PDF",
    "print-png": "carte PNG",
    "print-svg": "carte SVG",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line in words. `sites` are those that the administrator sees too."""

    read: ReadLog
    what: str
    place: str
    sites: tuple[tuple[int, str], ...]


@require_safe
@administrators_only
def reads(request: HttpRequest) -> HttpResponse:
    """The lines of everybody, or of one person; `avant` is the last line seen."""
    scope = scope_of(request)
    try:
        wanted, before = _number(request, "personne"), _number(request, "avant")
    except InvalidInput as error:
        return render(request, TEMPLATE, {"refused": error.message}, status=BAD_REQUEST)
    someone: User | None = person_of(scope, wanted) if wanted is not None else None
    lines = reads_by(scope, someone)
    if before is not None:
        lines = lines.filter(pk__lt=before)
    found = list(lines[: PAGE + 1])
    shown = found[:PAGE]
    context = {
        "someone": someone,
        "alerts": read_alerts(scope, someone)[:ALERTS] if before is None else (),
        "lines": _told(request, shown),
        "older": shown[-1].pk if len(found) > PAGE else None,
        "first": before is None,
    }
    return render(request, TEMPLATE, context)


def _told(request: HttpRequest, reads: list[ReadLog]) -> list[Line]:
    """The lines in words, in one query whatever their number."""
    # The numbers of an export are told by how many: they may be those of another collection.
    opened = [each for each in reads if each.purpose in (ReadPurpose.CONSULT, ReadPurpose.EDIT)]
    wanted = {number for each in opened for number in each.object_ids[:LINKS]}
    seen = Site.objects.visible_to(scope_of(request)).filter(pk__in=wanted)
    names = dict(seen.values_list("pk", "reference")) if wanted else {}
    linked = {each.pk for each in opened}
    return [
        Line(
            each,
            CLASSES[DataClass(each.data_class)],
            PLACES.get(each.route, each.route),
            tuple((n, names[n]) for n in each.object_ids[:LINKS] if n in names)
            if each.pk in linked
            else (),
        )
        for each in reads
    ]


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:20]) <= HIGHEST):
        raise InvalidInput(f"« {name} » attend un nombre, comme 12.", field=name)
    return int(text)

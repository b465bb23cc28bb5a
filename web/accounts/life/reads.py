"""The log of reads as administrators read it: what the people of their territories read.

Who read one site is on its page « Qui peut lire ? ». Leaves which lines are told to
`geo.accounts.life.reads`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from geo.accounts.life.people import person_of
from geo.accounts.life.reads import read_alerts, reads_by
from geo.accounts.models import ReadLog, User
from geo.core.errors import InvalidInput
from geo.core.scope import DataClass
from geo.sites.models import Site
from web.accounts.grants.words import CLASSES
from web.accounts.life.administration import administrators_only
from web.requests import scope_of

PAGE = 50
# More lines than one request writes.
TOGETHER = 12
ALERTS = 20
LINKS = 5
TEMPLATE = "web/accounts/life/reads.html"
BAD_REQUEST = 400
# The longest number that the database's keys hold.
HIGHEST = 2**63 - 1
PLACES = {
    "site": "fiche",
    "site_edit": "saisie",
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
    "print_maps": "cartes (commande)",
    "seen_as": "voir en tant que",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What one request read, in words: its classes, and its sites.

    `sites` are the first of those that the administrator sees too, `others` how many more.
    """

    read: ReadLog
    what: str
    place: str
    sites: tuple[tuple[int, str], ...]
    others: int


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
    found = list(lines[: PAGE + TOGETHER])
    shown = found[:PAGE]
    # A request that has begun is told to its end.
    shown += takewhile(lambda each: _request(each) == _request(shown[-1]), found[PAGE:])
    context = {
        "someone": someone,
        "alerts": read_alerts(scope, someone)[:ALERTS] if before is None else (),
        "lines": _told(request, shown),
        "older": shown[-1].pk if len(found) > len(shown) else None,
        "first": before is None,
    }
    return render(request, TEMPLATE, context)


def _told(request: HttpRequest, reads: list[ReadLog]) -> list[Line]:
    """The lines in words, those of one request together, in one query whatever their number."""
    asked: dict[object, list[ReadLog]] = {}
    for each in reads:
        asked.setdefault(_request(each), []).append(each)
    ids = {key: _ids(several) for key, several in asked.items()}
    wanted = {number for several in ids.values() for number in several[:LINKS]}
    seen = Site.objects.visible_to(scope_of(request)).filter(pk__in=wanted)
    names = dict(seen.values_list("pk", "reference")) if wanted else {}
    return [_line(several, ids[key], names) for key, several in asked.items()]


def _line(several: list[ReadLog], ids: list[int], names: dict[int, str]) -> Line:
    first = several[0]
    classes = [each for each in DataClass if each.value in {line.data_class for line in several}]
    sites = tuple((number, names[number]) for number in ids[:LINKS] if number in names)
    most = max(line.count for line in several)
    return Line(
        first,
        ", ".join(CLASSES[each] for each in classes),
        PLACES.get(first.route, first.route),
        sites,
        most - len(sites),
    )


def _request(line: ReadLog) -> object:
    """What tells the lines of one request from the others."""
    if not line.request_id:
        return line.pk
    return line.request_id, line.user_id, line.on_behalf_of, line.route, line.purpose


def _ids(several: list[ReadLog]) -> list[int]:
    return sorted({number for line in several for number in line.object_ids})


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:20]) <= HIGHEST):
        raise InvalidInput(f"« {name} » attend un nombre, comme 12.", field=name)
    return int(text)

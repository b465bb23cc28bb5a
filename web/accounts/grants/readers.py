"""« Qui peut lire ces informations ? » for each class of each site; the permissions by default.

What is shown is computed by `geo.accounts.readers` from the scopes that enforce it.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from geo.accounts.enums import Role
from geo.accounts.models import ReadLog
from geo.accounts.policies import MATRIX, Given, Reading, Rule, Subject
from geo.accounts.readers import Reader, readers_of, reads_of
from geo.core.errors import NotFound
from geo.core.scope import DataClass, Precision, Verb
from geo.sites.restricted.policies import precision_read
from geo.sites.selectors import site_get
from web.accounts.grants.words import CLASSES, LETTERS, PRECISIONS, listed, told
from web.accounts.life.words import place_names
from web.errors import domain_page
from web.requests import scope_of

SHOWN_FOR = dt.timedelta(days=365)
READINGS = {
    Reading.NATION: "Toute la France",
    Reading.OWN: "Ses territoires",
    Reading.WIDENED: "Ses territoires",
    Reading.NAMED_SITES: "Les sites où la personne est nommée",
}
GIVEN = {
    Given.ROLE: "",
    Given.OPTION: "sur option",
    Given.ORGANISATION: "si l’organisme y a accès",
    Given.OWN_ACTIONS: "pour les actions de son organisme",
}
SUBJECTS = {
    Subject.GENERAL: CLASSES[DataClass.GENERAL],
    Subject.JUDICIAL: CLASSES[DataClass.JUDICIAL],
    Subject.OWNER: CLASSES[DataClass.OWNER],
    Subject.HEALTH: CLASSES[DataClass.HEALTH],
    Subject.FINANCE: CLASSES[DataClass.FINANCE],
    Subject.JOURNAL: "Journal",
    Subject.ACCOUNTS: "Comptes",
}
OTHER_LETTERS = {"W": "écrire", "M": "modérer", "A": "administrer"}


@dataclass(frozen=True, slots=True)
class Line:
    """A reader in words."""

    reader: Reader
    precision: str
    because: tuple[str, ...]


@require_safe
@never_cache
@domain_page
def site_readers(request: HttpRequest, site_id: int, data_class: str) -> HttpResponse:
    """Who reads this class of this site, for who reads it; who did, for their administrators."""
    scope = scope_of(request)
    site = site_get(scope, site_id)
    asked = next((each for each in DataClass if each.value == data_class), None)
    if asked is None or precision_read(scope, asked, site) is None:
        raise NotFound("Il n’y a rien à cette adresse.")
    readers = readers_of(site.pk, site, asked, lambda each: precision_read(each, asked, site))
    administers = scope.can(Verb.ADMINISTER, site)
    since = timezone.now() - SHOWN_FOR
    reads: list[ReadLog] = reads_of(site.pk, asked, since) if administers else []
    counts = Counter(reader.precision for reader in readers)
    context = {
        "site": site,
        "title": CLASSES[asked],
        "restricted": asked != DataClass.GENERAL,
        "lines": _lines(readers),
        "counts": [(counts[each], words) for each, words in PRECISIONS.items() if counts[each]],
        "others": [
            (each.value, CLASSES[each])
            for each in DataClass
            if each != asked and precision_read(scope, each, site) is not None
        ],
        "administers": administers,
        "reads": reads,
    }
    return render(request, "web/accounts/grants/readers.html", context)


@require_safe
def permissions(request: HttpRequest) -> HttpResponse:
    """What each role may do unless something else is granted: the matrix, in words."""
    rows = [(Role(role).label, _reading(rule), _cells(role)) for role, rule in MATRIX.items()]
    context = {"rows": rows, "subjects": list(SUBJECTS.values())}
    return render(request, "web/accounts/grants/permissions.html", context)


def _lines(readers: list[Reader]) -> list[Line]:
    places = [(m.level, m.code) for reader in readers for m in reader.roles]
    names = place_names(places)
    granted = {each.grant.pk: each for each in told([g for r in readers for g in r.grants])}
    found = []
    for reader in readers:
        because = [f"{m.get_role_display()}, {names[m.level, m.code]}" for m in reader.roles]
        for grant in reader.grants:
            words = granted[grant.pk]
            because.append(f"{words.what}, {words.where}, jusqu’au {grant.ends_on:%d/%m/%Y}")
        if reader.named:
            because.append("Nommée sur ce site")
        found.append(Line(reader, PRECISIONS[Precision(reader.precision)], tuple(because)))
    return found


def _reading(rule: Rule) -> str:
    """Where a role reads general data, and how precisely."""
    if rule.reading == Reading.WIDENED and rule.own == rule.around:
        return f"Les départements de ses territoires, {PRECISIONS[rule.own]}"
    told = f"{READINGS[rule.reading]}, {PRECISIONS[rule.own]}"
    if rule.reading == Reading.WIDENED:
        told += f" ; le reste de leurs départements, {PRECISIONS[rule.around]}"
    return told


def _cells(role: str) -> list[list[str]]:
    cells = []
    for subject in SUBJECTS:
        parts = []
        for given, condition in GIVEN.items():
            letters = MATRIX[role].letters(subject, given)
            if letters:
                verbs = listed([(LETTERS | OTHER_LETTERS)[letter] for letter in letters])
                if (subject, given) == (Subject.GENERAL, Given.ORGANISATION):
                    verbs = f"{verbs} {PRECISIONS[Precision.EXACT]}"
                parts.append(f"{verbs} ({condition})" if condition else verbs)
        cells.append(parts)
    return cells

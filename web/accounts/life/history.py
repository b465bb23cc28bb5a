"""The past of an account and of its rights, in sentences, for who administers it.

What its organisation was given is told with it. Names, addresses and secrets are not in the
history: it tells that they changed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from geo.accounts.enums import GrantKind, Role
from geo.accounts.life.people import person_of
from geo.accounts.models import AccountEvent, Grant, User
from geo.core.history_models import Operation
from web.accounts.grants.words import what
from web.accounts.life.administration import administrators_only
from web.accounts.life.words import place_names
from web.requests import scope_of

PAGE = 50
OUTSIDE = "hors de l’application"
SOURCES = {"command": "commande", "job": "tâche de fond"}
GRANTS = Grant._meta.db_table
# What a grant is told by.
SHOWN = ("kind", "option", "data_class", "letters", "refused")
Names = dict[tuple[str, str], str]
# A column of the account that became true, or merely changed, and what that says.
TOLD = {
    "full_name": "Nom changé",
    "email": "Adresse électronique changée",
    "organisation_id": "Organisme changé",
    "anonymised_at": "Nom et adresse effacés",
    "warned_at": "Prévenu de l’inactivité",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One event in words."""

    at: dt.datetime
    who: str
    sentence: str


@require_safe
@administrators_only
def managed_history(request: HttpRequest, user_id: int) -> HttpResponse:
    """What changed of one person's account, roles, grants and tokens, the newest first."""
    someone = person_of(scope_of(request), user_id)
    events = AccountEvent.objects.filter(_about(someone)).order_by("-id")
    page = Paginator(events, PAGE).get_page(request.GET.get("page"))
    context = {"someone": someone, "page": page, "told": told(list(page))}
    return render(request, "web/accounts/life/history.html", context)


def _about(someone: User) -> Q:
    """The events of a person, and of what was given to their organisation of today."""
    if someone.organisation_id is None:
        return Q(user_id=someone.pk)
    given = AccountEvent.objects.filter(
        source_table=GRANTS,
        operation=Operation.INSERT,
        after__organisation_id=someone.organisation_id,
    )
    through = Q(user_id=None, source_table=GRANTS, object_id__in=given.values("object_id"))
    return Q(user_id=someone.pk) | through


def told(events: Sequence[AccountEvent]) -> list[Told]:
    """Events in words, in a number of queries that does not grow."""
    contexts = [each.context for each in events if each.context is not None]
    numbers = {int(each["user"]) for each in contexts if each.get("user")}
    people = dict(User.objects.filter(pk__in=numbers).values_list("pk", "full_name"))
    grants = _grants(events)
    rows = [*map(_row, events), *grants.values()]
    names = place_names((row["level"], row["code"]) for row in rows if row.get("level"))
    found = []
    for each in events:
        sentence = _sentence(each, names, grants)
        if sentence:
            found.append(Told(each.at, _who(each, people), sentence))
    return found


def _grants(events: Sequence[AccountEvent]) -> dict[int, dict[str, Any]]:
    """The whole of each grant that the events are about, by number: what was granted stays."""
    numbers = {each.object_id for each in events if each.source_table == GRANTS}
    made = AccountEvent.objects.filter(
        source_table=GRANTS, object_id__in=numbers, operation=Operation.INSERT
    )
    found: dict[int, dict[str, Any]] = {each.object_id: dict(each.after) for each in made}
    # Granted before the history began.
    for row in Grant.objects.filter(pk__in=numbers - set(found)).values():
        found[row["id"]] = dict(row)
    return found


def _row(event: AccountEvent) -> dict[str, Any]:
    """What the row was or became."""
    return {**event.before, **event.after}


def _who(event: AccountEvent, people: dict[int, str]) -> str:
    context = event.context
    if context is None:
        return OUTSIDE
    if number := context.get("user"):
        return f"par {people.get(number) or 'un compte supprimé'}"
    source = SOURCES.get(context.get("source", ""))
    return f"par la {source} {context.get('why', '')}".strip() if source else "sans compte"


def _sentence(event: AccountEvent, names: Names, grants: dict[int, dict[str, Any]]) -> str:
    if event.source_table == GRANTS:
        return _grant(event, names, grants.get(event.object_id, {}))
    tables = {"account": _account, "membership": _membership, "feed_token": _token}
    return tables[event.source_table](event, names) if event.source_table in tables else ""


def _account(event: AccountEvent, names: Names) -> str:
    if event.operation == Operation.INSERT:
        return "Compte créé"
    if event.operation == Operation.DELETE:
        return "Compte supprimé"
    said = [words for column, words in TOLD.items() if event.after.get(column)]
    if "is_active" in event.after:
        said.append("Compte réactivé" if event.after["is_active"] else "Compte désactivé")
    return " ; ".join(said)


def _membership(event: AccountEvent, names: Names) -> str:
    row = _row(event)
    if event.operation == Operation.UPDATE:
        said = []
        if "role" in event.after:
            said.append(f"{_role(event.before['role'])} → {_role(event.after['role'])}")
        if "ends_on" in event.after:
            said.append(_until(event.after["ends_on"]) or "sans date de fin")
        return f"Rôle modifié : {', '.join(said)}" if said else "Rôle modifié"
    what = "Rôle donné" if event.operation == Operation.INSERT else "Rôle retiré"
    where = names[row["level"], row["code"]]
    parts = [_role(row["role"]), where, _until(row.get("ends_on"))]
    return f"{what} : {', '.join(part for part in parts if part)}"


def _grant(event: AccountEvent, names: Names, whole: dict[str, Any]) -> str:
    """What was given, taken away or allowed again; where, until when, and the reason typed."""
    row = {**whole, **_row(event)}
    if not row.get("kind"):
        return "Droit modifié"
    refused, after = bool(row["refused"]), event.after
    title, reason = _granted(row), row["reason"]
    ended = event.operation == Operation.UPDATE and bool(after.get("revoked_at"))
    if event.operation == Operation.DELETE:
        title = "Refus effacé" if refused else "Droit effacé"
    elif ended:
        title, reason = "Refus levé" if refused else "Droit retiré", row["revoked_reason"]
    elif event.operation == Operation.UPDATE:
        title = "Droit approuvé" if after.get("approved_at") else "Droit modifié"
    shown = what(Grant(**{name: row[name] for name in SHOWN}))
    # A refusal is of everywhere.
    where = "partout" if refused else names[row["level"], row["code"]]
    parts = [f"{shown[0].lower()}{shown[1:]}", where]
    if not ended:
        parts.append(_until(str(row["ends_on"])))
    said = f"{title} : {', '.join(part for part in parts if part)}"
    return f"{said} ; motif : « {reason} »" if reason else said


def _granted(row: dict[str, Any]) -> str:
    if row["refused"]:
        return "Droit refusé"
    named = {GrantKind.EXCEPTION: "Exception accordée"}
    named[GrantKind.ORGANISATION] = "Droit accordé à l’organisme"
    return named.get(row["kind"], "Droit accordé")


def _token(event: AccountEvent, names: Names) -> str:
    if event.operation == Operation.INSERT:
        return f"Jeton créé : « {event.after.get('name', '')} »"
    if event.after.get("revoked_at"):
        return "Jeton révoqué"
    return "Jeton effacé" if event.operation == Operation.DELETE else "Jeton modifié"


def _role(code: str) -> str:
    return str(Role(code).label) if code in Role.values else code


def _until(day: str | None) -> str:
    return f"jusqu’au {dt.date.fromisoformat(day):%d/%m/%Y}" if day else ""

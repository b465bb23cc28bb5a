"""A person's roles and rights in French words, as their account shows them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from geo.accounts.areas import Hierarchy
from geo.accounts.enums import Level, Role
from geo.accounts.lasting import scopes_ahead
from geo.accounts.models import User
from geo.accounts.seen_as import SeenAs
from geo.core.scope import Areas, DataClass, Scope, Verb
from geo.territories.selectors import territory_name
from web.accounts.grants.words import CLASSES

VERBS = {
    Verb.CREATE: "Créer des sites",
    Verb.UPDATE: "Modifier les sites",
    Verb.CLOSE: "Fermer les sites",
    Verb.DELETE: "Supprimer des sites",
    Verb.EXPORT: "Exporter et lire les flux",
}
EXACT = "Voir les sites et leur lieu exact"
LEVELS = (
    ("regions", "région"),
    ("departements", "département"),
    ("epcis", "intercommunalité"),
    ("communes", "commune"),
)


@dataclass(frozen=True, slots=True)
class Held:
    """A role, where it is held, and its last day if it has one."""

    role: str
    where: str
    ends_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Right:
    """One thing that may be read or done, and where; `until` is its last day, if it has one.

    `partly`: after that day it holds in fewer places.
    """

    what: str
    where: str
    until: dt.date | None = None
    partly: bool = False


def memberships(user: User) -> list[Held]:
    """The roles that a person holds today, with the names of their territories."""
    return [
        Held(str(each.get_role_display()), _name(each.level, each.code), each.ends_on)
        for each in user.memberships.current().order_by("role", "level", "code")
    ]


def seen_held(seen: SeenAs) -> Held:
    """The one role of an account that is looked at as."""
    return Held(str(Role(seen.role).label), _name(seen.level, seen.code))


def rights_of(user: User, scope: Scope) -> list[Right]:
    """The same of a person, with the day on which each right ends or is held in fewer places.

    Computed from the scopes of after each end: what another role gives too does not end.
    """
    ahead = [(day, dict(_held(later))) for day, later in scopes_ahead(user)]
    found = []
    for what, areas in _held(scope):
        right = Right(what, _areas(areas))
        for day, later in ahead:
            left = later.get(what, Areas())
            if not Hierarchy.of([areas, left]).inside(areas, left):
                right = replace(right, until=day, partly=bool(left))
                break
        found.append(right)
    return _with_sites(found, scope)


def rights(scope: Scope) -> list[Right]:
    """What the scope lets its holder read and do; empty when nothing."""
    return _with_sites([Right(what, _areas(areas)) for what, areas in _held(scope)], scope)


def _held(scope: Scope) -> list[tuple[str, Areas]]:
    reach = scope.reach()
    found = [
        (EXACT, reach.exact),
        ("Voir les sites à 500 m près, sans nom ni adresse", reach.grid),
        ("Voir les sites à leur commune, sans nom ni adresse", reach.commune),
    ]
    found += [(words, scope.where(verb)) for verb, words in VERBS.items()]
    for data_class, title in CLASSES.items():
        if data_class == DataClass.GENERAL:
            continue
        subject = title.lower()
        found.append((f"Lire : {subject}", scope.reach(data_class).exact))
        found.append((f"Modifier : {subject}", scope.where(Verb.UPDATE, data_class)))
    found.append(("Administrer les comptes", scope.where(Verb.ADMINISTER)))
    return [(what, areas) for what, areas in found if areas]


def _with_sites(found: list[Right], scope: Scope) -> list[Right]:
    """The sites named one by one, after those that are read exactly."""
    sites = scope.reach().sites
    if not sites:
        return found
    named = Right("Voir exactement", f"{len(sites)} site(s) nommés un par un")
    at = 1 if found and found[0].what == EXACT else 0
    return [*found[:at], named, *found[at:]]


def _areas(areas: Areas) -> str:
    if areas.nation:
        return "toute la France"
    names = [
        f"{word} {_name(level, code)}" for level, word in LEVELS for code in getattr(areas, level)
    ]
    shown = names[:12]
    rest = f" et {len(names) - 12} autres" if len(names) > 12 else ""
    return ", ".join(shown) + rest


def _name(level: str, code: str) -> str:
    if level == Level.NATION:
        return "France entière"
    return f"{territory_name(level, code)} ({code})"

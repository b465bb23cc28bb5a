"""A person's roles and rights in French words, as their account shows them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from geo.accounts.enums import Level
from geo.accounts.models import User
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
    """One thing that may be read or done, and where."""

    what: str
    where: str


def memberships(user: User) -> list[Held]:
    """The roles that a person holds today, with the names of their territories."""
    return [
        Held(str(each.get_role_display()), _name(each.level, each.code), each.ends_on)
        for each in user.memberships.current().order_by("role", "level", "code")
    ]


def rights(scope: Scope) -> list[Right]:
    """What the scope lets its holder read and do; empty when nothing."""
    reach = scope.reach()
    found = [
        Right("Voir les sites et leur lieu exact", _areas(reach.exact)),
        Right("Voir les sites à 500 m près, sans nom ni adresse", _areas(reach.grid)),
        Right("Voir les sites à leur commune, sans nom ni adresse", _areas(reach.commune)),
    ]
    if reach.sites:
        found.append(Right("Voir exactement", f"{len(reach.sites)} site(s) nommés un par un"))
    found += [Right(words, _areas(scope.where(verb))) for verb, words in VERBS.items()]
    for data_class, title in CLASSES.items():
        if data_class == DataClass.GENERAL:
            continue
        subject = title.lower()
        found.append(Right(f"Lire : {subject}", _areas(scope.reach(data_class).exact)))
        found.append(Right(f"Modifier : {subject}", _areas(scope.where(Verb.UPDATE, data_class))))
    found.append(Right("Administrer les comptes", _areas(scope.where(Verb.ADMINISTER))))
    return [right for right in found if right.where]


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

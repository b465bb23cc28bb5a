"""Grants, classes of data and precisions in French words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geo.accounts.enums import GrantKind, OptionKind
from geo.accounts.models import Grant
from geo.core.scope import DataClass, Precision
from web.accounts.life.words import place_names

CLASSES = {
    DataClass.GENERAL: "Informations générales",
    DataClass.JUDICIAL: "Procédures judiciaires",
    DataClass.OWNER: "Propriétaires",
    DataClass.HEALTH: "Veille sanitaire",
    DataClass.FINANCE: "Coûts",
}
LETTERS = {
    "V": "lire",
    "C": "créer",
    "U": "modifier",
    "X": "fermer",
    "D": "supprimer",
    "E": "exporter",
}
PRECISIONS = {
    Precision.EXACT: "au lieu exact",
    Precision.GRID: "à 500 m près, sans nom ni adresse",
    Precision.COMMUNE: "à la commune, sans nom ni adresse",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A grant in words; `state` is empty when it is simply in force."""

    grant: Grant
    what: str
    where: str
    state: str


def told(grants: Sequence[Grant]) -> list[Told]:
    """Grants in words, in a number of queries that does not grow."""
    names = place_names((each.level, each.code) for each in grants)
    return [Told(each, what(each), names[each.level, each.code], state(each)) for each in grants]


def what(grant: Grant) -> str:
    """What a grant gives or takes away."""
    if grant.kind == GrantKind.OPTION:
        return str(OptionKind(grant.option).label)
    verbs = listed([LETTERS[letter] for letter in grant.letters])
    subject = CLASSES[DataClass(grant.data_class)].lower()
    return f"{'Ne peut plus ' if grant.refused else 'Peut '}{verbs} : {subject}"


def state(grant: Grant) -> str:
    """What it still takes for a grant to count."""
    return "Attend l’accord de l’administration nationale" if grant.pending else ""


def listed(words: Sequence[str]) -> str:
    """`a, b et c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} et {words[-1]}"

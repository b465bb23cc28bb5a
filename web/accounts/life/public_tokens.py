"""The public list of tokens in words. Leaves what is told to `geo.accounts.life.token_register`."""

from __future__ import annotations

from dataclasses import dataclass

from geo.accounts.life.token_register import PublicToken, tokens_in_force
from geo.core import collections
from geo.core.scope import DataClass, Scope
from web.accounts.grants.words import CLASSES, listed
from web.accounts.life.words import place_names


@dataclass(frozen=True, slots=True)
class Told:
    """A token in words; what limits nothing is empty."""

    token: PublicToken
    permits: str
    collections: str
    areas: str


def public_tokens() -> list[Told]:
    """The tokens in force, in a number of queries that does not grow."""
    tokens = tokens_in_force()
    titles = {each.id: each.title for each in collections.visible(Scope.nation())}
    names = place_names([place for token in tokens for place in token.areas])
    return [
        Told(
            token,
            _permits(token),
            ", ".join(titles.get(each, each) for each in token.collections),
            ", ".join(names[place] for place in token.areas),
        )
        for token in tokens
    ]


def _permits(token: PublicToken) -> str:
    verbs = "Lire et écrire" if "write" in token.methods else "Lire"
    classes = [DataClass.GENERAL, *map(DataClass, token.classes)]
    return f"{verbs} : {listed([CLASSES[each].lower() for each in classes])}"

"""The five states of a site on the map: shape, colours and words, taken from the collections.

Leaves counting to the selectors and drawing to the templates and the browser.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from geo.core import collections
from geo.core.collections import Symbol
from geo.core.scope import Scope
from geo.core.shapes import SHAPES


@dataclass(frozen=True, slots=True)
class Drawn:
    """A symbol ready to draw: one path on a box of 24, and its colours."""

    path: str
    fill: str
    stroke: str


@dataclass(frozen=True, slots=True)
class State:
    """One state: the values of `status` and `closure_kind` that give it, words and symbol."""

    key: str
    label: str
    one: str
    many: str
    status: str
    closure_kind: str
    symbol: Drawn


# Key, collection, value of its symbol, status, kind of closing, words for counts.
_STATES = (
    ("open", "sites", "open", "open", "", "Sites ouverts", "ouvert", "ouverts"),
    (
        "ongoing",
        "sites",
        "resorption",
        "resorption",
        "",
        "En cours de résorption",
        "en résorption",
        "en résorption",
    ),
    (
        "resorbed",
        "resorptions",
        None,
        "closed",
        "resorption",
        "Résorptions",
        "résorbé",
        "résorbés",
    ),
    ("evacuated", "evacuations", None, "closed", "evacuation", "Évacuations", "évacué", "évacués"),
    (
        "other",
        "other-closures",
        None,
        "closed",
        "other",
        "Autres fermetures",
        "autre fermeture",
        "autres fermetures",
    ),
)
KEYS = tuple(row[0] for row in _STATES)
# The sites that still exist: people live there.
LIVING = tuple(row[0] for row in _STATES if row[3] != "closed")


def drawn(symbol: Symbol) -> Drawn:
    """What draws a collection's symbol."""
    return Drawn(SHAPES[symbol.shape], symbol.fill, symbol.stroke)


def states(scope: Scope) -> tuple[State, ...]:
    """The five states, open sites first; empty for a reader who sees no site."""
    if not scope.sees_sites:
        return ()
    return tuple(
        State(key, label, one, many, status, kind, drawn(_symbol(scope, collection, value)))
        for key, collection, value, status, kind, label, one, many in _STATES
    )


def state_key(status: str, closure_kind: str | None) -> str:
    """The state of a row."""
    for key, _, _, its_status, its_kind, *_ in _STATES:
        if status == its_status and (closure_kind or "") == its_kind:
            return key
    return "other"


def for_browser(state: State) -> dict[str, Any]:
    """A state as the map's script reads it."""
    flat = asdict(state)
    return flat | flat.pop("symbol")


def _symbol(scope: Scope, collection_id: str, value: str | None) -> Symbol:
    symbols = collections.get(collection_id, scope).symbols
    return next(symbol for symbol in symbols if symbol.value == value)

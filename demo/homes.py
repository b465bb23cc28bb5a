"""The town of each invented site: drawn by population; people who move often stay in theirs."""

from __future__ import annotations

from collections.abc import Sequence

from demo.ground import Town, town_of
from demo.lives import Life, moves

STAY = 0.65


def homes(lives: Sequence[Life]) -> dict[int, Town]:
    """The town of every life, by its number."""
    found = {life.number: town_of(life.departement, life.rng("town")) for life in lives}
    # In order of time: the town of an origin is settled before the one of those who leave it.
    for move in sorted(moves(lives), key=lambda move: (move.site.opened_on, move.site.number)):
        if move.site.rng("stay").random() < STAY:
            found[move.site.number] = found[move.origin.number]
    return found

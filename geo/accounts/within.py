"""One reader's rights inside another's: what nobody may exceed in giving rights or showing a role.

Leaves how a scope is resolved to `scopes`.
"""

from __future__ import annotations

from geo.accounts.areas import Hierarchy
from geo.accounts.policies import LETTERS, VIEW
from geo.core.scope import Areas, DataClass, Reach, Scope


def held_within(scope: Scope, data_class: DataClass, letter: str, areas: Areas) -> bool:
    """True when the scope's holder has this letter of the matrix on the whole of `areas`."""
    held = right_areas(scope, data_class, letter)
    return Hierarchy.of([areas, held]).inside(areas, held)


def right_areas(scope: Scope, data_class: DataClass, letter: str) -> Areas:
    """Where the scope's holder has this letter of the matrix."""
    if letter == VIEW:
        return scope.reach(data_class).exact
    return scope.where(LETTERS[letter], data_class)


def scope_within(inner: Scope, outer: Scope) -> bool:
    """True when `inner` reads nothing, more exactly or wider, and does nothing that `outer` not."""
    ground = Hierarchy.of([*_areas(inner), *_areas(outer)])
    return (
        all(_reach_within(ground, reach, outer.reach(each)) for each, reach in inner.reaches)
        and all(
            _reach_within(ground, reach, outer.outgoing.reach(each))
            for each, reach in inner.exports
        )
        and all(ground.inside(areas, outer.where(verb)) for verb, areas in inner.verbs)
        and all(
            ground.inside(areas, outer.where(verb, each)) for each, verb, areas in inner.restricted
        )
    )


def _reach_within(ground: Hierarchy, inner: Reach, outer: Reach) -> bool:
    named = outer.exact.nation or set(inner.sites) <= set(outer.sites)
    return (
        named
        and ground.inside(inner.exact, outer.exact)
        and ground.inside(inner.grid, outer.exact | outer.grid)
        and ground.inside(inner.commune, outer.exact | outer.grid | outer.commune)
    )


def _areas(scope: Scope) -> list[Areas]:
    found = [areas for _, areas in scope.verbs] + [areas for *_, areas in scope.restricted]
    for _, reach in (*scope.reaches, *scope.exports):
        found += [reach.exact, reach.grid, reach.commune]
    return found

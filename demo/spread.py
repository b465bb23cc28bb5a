"""Sharing whole numbers between members under nested totals: exact, never below a floor.

Leaves to the callers what is shared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

K = TypeVar("K", str, int)


def share(total: int, weights: Mapping[K, float], low: Mapping[K, int]) -> dict[K, int]:
    """`total` in proportion to the weights, each at least its `low` (0 when absent).

    Largest remainders, ties by key. Raises ValueError when the floors exceed the total, or when
    something is left for members without weight.
    """
    floors = {key: low.get(key, 0) for key in sorted(weights)}
    if sum(floors.values()) > total:
        raise ValueError(f"floors {sum(floors.values())} over the total {total}: {floors}")
    at_floor: set[K] = set()
    while True:
        free = {key: weights[key] for key in floors if key not in at_floor and weights[key] > 0}
        rest = total - sum(value for key, value in floors.items() if key not in free)
        if not free:
            if rest:
                raise ValueError(f"{rest} left and no member with a weight")
            return floors
        unit = rest / sum(free.values())
        under = {key for key, weight in free.items() if weight * unit < floors[key]}
        if not under:
            break
        at_floor |= under
    out = floors | {key: int(weight * unit) for key, weight in free.items()}
    order = sorted(free, key=lambda key: (int(free[key] * unit) - free[key] * unit, key))
    for key in order[: total - sum(out.values())]:
        out[key] += 1
    return out


def spread(
    totals: Iterable[tuple[frozenset[K], int]], weights: Mapping[K, float], low: Mapping[K, int]
) -> dict[K, int]:
    """Share under several totals, the narrowest first: a wider one takes what they left over.

    Members of a total must have a weight (maybe 0) to be served.
    """
    out: dict[K, int] = {}
    for wanted, total in sorted(totals, key=lambda one: (len(one[0]), sorted(one[0]))):
        fixed = sum(value for key, value in out.items() if key in wanted)
        free = {key: weights[key] for key in sorted(wanted) if key in weights and key not in out}
        out |= share(total - fixed, free, low)
    return out

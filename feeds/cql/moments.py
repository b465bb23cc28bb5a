"""Dates, instants and intervals of a filter, and the fifteen temporal relations of CQL2 (§7.13).

A day compared with an instant is compared by days, those of Europe/Paris as everywhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from feeds.cql.fragments import DATE, SQL_TYPES, STRING, TIME, Fragment, condition
from feeds.cql.reading import refuse

ZONE = "Europe/Paris"
# l and r are intervals, s and e their bounds; an instant begins and ends at once.
RELATIONS = {
    "t_after": "l.s > r.e",
    "t_before": "l.e < r.s",
    "t_contains": "l.s < r.s AND l.e > r.e",
    "t_disjoint": "l.e < r.s OR l.s > r.e",
    "t_during": "l.s > r.s AND l.e < r.e",
    "t_equals": "l.s = r.s AND l.e = r.e",
    "t_finishedby": "l.s < r.s AND l.e = r.e",
    "t_finishes": "l.s > r.s AND l.e = r.e",
    "t_intersects": "l.s <= r.e AND l.e >= r.s",
    "t_meets": "l.e = r.s",
    "t_metby": "l.s = r.e",
    "t_overlappedby": "l.s > r.s AND l.s < r.e AND l.e > r.e",
    "t_overlaps": "l.s < r.s AND l.e > r.s AND l.e < r.e",
    "t_startedby": "l.s = r.s AND l.e > r.e",
    "t_starts": "l.s = r.s AND l.e < r.e",
}
Scalar = Callable[[Any], Fragment]
Bounds = tuple[Fragment, Fragment]


def date_literal(text: Any) -> Fragment:
    """The day of `DATE('…')`."""
    try:
        if not isinstance(text, str) or len(text) != 10:
            raise ValueError(text)
        return Fragment("%s::date", (dt.date.fromisoformat(text),), DATE)
    except ValueError as error:
        raise refuse(f"« {str(text)[:40]} » n'est pas une date : attendu AAAA-MM-JJ.") from error


def time_literal(text: Any) -> Fragment:
    """The instant of `TIMESTAMP('…')`."""
    try:
        if not isinstance(text, str) or len(text) < 16 or text[10] not in "Tt":
            raise ValueError(text)
        moment = dt.datetime.fromisoformat(text.upper())
        if moment.tzinfo is None:
            raise ValueError(text)
        # A moment that no zone can tell is out of the calendar.
        return Fragment("%s::timestamptz", (moment.astimezone(dt.UTC),), TIME)
    except (ValueError, OverflowError) as error:
        raise refuse(
            f"« {str(text)[:40]} » n'est pas un instant : attendu 2026-01-31T12:00:00Z."
        ) from error


def moment_of(part: Fragment) -> Fragment:
    """A fragment as a date or an instant: a text is read as one. Raises `InvalidInput`."""
    if part.kind in {DATE, TIME}:
        return part
    if part.kind == STRING and part.text is not None:
        return date_literal(part.text) if len(part.text) == 10 else time_literal(part.text)
    raise refuse(f"Une date ou un instant est attendu à la place de {part.told}.")


def same_grain(left: Fragment, right: Fragment) -> tuple[Fragment, Fragment]:
    """Two moments as they compare: by days as soon as one is a day."""
    if left.kind == right.kind:
        return left, right
    return _day(left), _day(right)


def relation(name: str, args: list[Any], scalar: Scalar) -> Fragment:
    """One temporal relation between two instants or intervals. Raises `InvalidInput`."""
    if len(args) != 2:
        raise refuse(f"{name.upper()} compare deux instants ou intervalles.")
    left, right = (_bounds(arg, scalar) for arg in args)
    written, parts = [], []
    # Each comparison is written with the two bounds it names, at their common grain.
    for word in RELATIONS[name].replace("l.", " l.").split():
        if word[:2] in {"l.", "r."}:
            parts.append((left if word[0] == "l" else right)[0 if word[2] == "s" else 1])
        written.append(word)
    compared: list[Fragment] = []
    for i in range(0, len(parts), 2):
        compared.extend(same_grain(parts[i], parts[i + 1]))
    texts = iter(part.sql for part in compared)
    sql = " ".join(next(texts) if word[:2] in {"l.", "r."} else word for word in written)
    return condition(f"({sql})", *compared)


def _bounds(arg: Any, scalar: Scalar) -> Bounds:
    if not (isinstance(arg, dict) and "interval" in arg):
        moment = moment_of(scalar(arg))
        return moment, moment
    ends = arg["interval"]
    if not isinstance(ends, list) or len(ends) != 2:
        raise refuse("Un intervalle a deux bornes : INTERVAL('2025-01-01', '..').")
    grain = TIME if any(_is_time(end) for end in ends) else DATE
    start, end = ends
    return (
        _open("-infinity", grain) if start == ".." else moment_of(scalar(start)),
        _open("infinity", grain) if end == ".." else moment_of(scalar(end)),
    )


def _is_time(end: Any) -> bool:
    return isinstance(end, str) and len(end) > 10


def _open(text: str, kind: str) -> Fragment:
    return Fragment(f"'{text}'::{SQL_TYPES[kind]}", (), kind)


def _day(part: Fragment) -> Fragment:
    if part.kind == DATE:
        return part
    return Fragment(f"(({part.sql}) AT TIME ZONE '{ZONE}')::date", part.params, DATE)

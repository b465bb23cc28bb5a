"""Who can read a class of data at a place, and who did: asked of the code that enforces it.

The scopes are those of the readers' next request. Leaves words to the pages.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from geo.accounts.models import Grant, Membership, ReadLog, User
from geo.accounts.scopes import readings_of, scope_of_role
from geo.core.scope import DataClass, Placed, Precision, Scope

LAST_READS = 50


@dataclass(frozen=True, slots=True)
class Reader:
    """An account that reads, how precisely, and why: roles, grants, or named on the site."""

    user: User
    precision: Precision
    roles: tuple[Membership, ...]
    grants: tuple[Grant, ...]
    named: bool


def readers_of(
    site_id: int, place: Placed, data_class: DataClass, how: Callable[[Scope], Precision | None]
) -> list[Reader]:
    """Every active account that reads this class of a site, by organisation and name.

    `how` is the rule that enforces it: how exactly a scope reads it, None when it does not. In a
    number of queries that does not grow with the accounts.
    """
    # Whoever reads, whatever from: only the scopes say who does.
    people = User.objects.filter(is_active=True).select_related("organisation")
    users = {user.pk: user for user in people.order_by("organisation__name", "full_name", "pk")}
    found: list[tuple[User, Precision, tuple[Grant, ...], bool]] = []
    for pk, reading in readings_of(users.values(), data_class).items():
        precision = how(reading.scope)
        if precision is not None:
            grants = tuple(grant for grant, areas in reading.grants if areas.covers(place))
            named = site_id in reading.scope.reach(data_class).sites
            found.append((users[pk], precision, grants, named))
    roles = _held_by([user.pk for user, *_ in found])

    @cache
    def gives(role: str, level: str, code: str) -> bool:
        return how(scope_of_role(role, level, code)) is not None

    return [
        Reader(
            user,
            precision,
            tuple(m for m in roles.get(user.pk, ()) if gives(m.role, m.level, m.code)),
            grants,
            named,
        )
        for user, precision, grants, named in found
    ]


def reads_of(site_id: int, data_class: DataClass, since: dt.datetime) -> list[ReadLog]:
    """The last reads of this class that told something of a site, the newest first."""
    told = ReadLog.objects.filter(
        object_ids__contains=[site_id], data_class=data_class, at__gte=since
    )
    return list(told.select_related("user", "organisation").order_by("-at", "-pk")[:LAST_READS])


def _held_by(users: list[int]) -> dict[int, list[Membership]]:
    found: dict[int, list[Membership]] = {}
    for each in Membership.objects.current().filter(user__in=users).order_by("pk"):
        found.setdefault(each.user_id, []).append(each)
    return found

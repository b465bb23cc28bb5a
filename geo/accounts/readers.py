"""Who can read a class of data at a place, and who did: asked of the code that enforces it.

The scopes are those of the readers' next request. Leaves words to the pages.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.db.models import Q

from geo.accounts.enums import GrantKind
from geo.accounts.models import Grant, Membership, ReadLog, User
from geo.accounts.policies import OPTIONS
from geo.accounts.scopes import areas_of, scope_of_role, scopes_for
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
    holding = Q(memberships__in=Membership.objects.current())
    people = User.objects.filter(holding, is_active=True).select_related("organisation").distinct()
    users = {user.pk: user for user in people.order_by("organisation__name", "full_name", "pk")}
    found: list[tuple[User, Precision, bool]] = []
    for pk, scope in scopes_for(users.values()).items():
        precision = how(scope)
        if precision is not None:
            found.append((users[pk], precision, site_id in scope.reach(data_class).sites))
    roles, grants = _held_by([user.pk for user, *_ in found]), _grants_of(data_class, place)

    @cache
    def gives(role: str, level: str, code: str) -> bool:
        return how(scope_of_role(role, level, code)) is not None

    return [
        Reader(
            user,
            precision,
            tuple(m for m in roles.get(user.pk, ()) if gives(m.role, m.level, m.code)),
            tuple(g for g in grants if user.pk == g.user_id or _works_for(user, g)),
            named,
        )
        for user, precision, named in found
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


def _grants_of(data_class: DataClass, place: Placed) -> list[Grant]:
    """The grants in force that speak of reading this class at a place."""
    return [
        grant
        for grant in Grant.objects.in_force().filter(refused=False)
        if _reads(grant, data_class) and areas_of(grant.level, grant.code).covers(place)
    ]


def _reads(grant: Grant, data_class: DataClass) -> bool:
    if grant.kind == GrantKind.OPTION:
        return any(
            kind == grant.option and subject.value == data_class.value
            for (subject, _), kind in OPTIONS.items()
        )
    return grant.data_class == data_class.value


def _works_for(user: User, grant: Grant) -> bool:
    return grant.organisation_id is not None and grant.organisation_id == user.organisation_id

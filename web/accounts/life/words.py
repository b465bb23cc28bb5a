"""Territories and roles of many people in words, in a number of queries that does not grow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from geo.accounts.life.giving import Place
from geo.accounts.models import Membership, User
from geo.territories.models import LEVELS


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role in words."""

    membership: Membership
    role: str
    where: str
    is_over: bool


def place_names(places: Iterable[Place]) -> dict[Place, str]:
    """The name of each territory."""
    codes: dict[str, set[str]] = defaultdict(set)
    found: dict[Place, str] = {}
    for level, code in places:
        codes[level].add(code)
        found[level, code] = code or "France entière"
    for level, several in codes.items():
        if model := LEVELS.get(level):
            rows = model._default_manager.filter(code__in=several).values_list("code", "name")
            found |= {(level, code): f"{name} ({code})" for code, name in rows}
    return found


def held_names(user: User, names: dict[Place, str]) -> list[HeldRole]:
    """The roles of a person, whose memberships were read already."""
    today = timezone.localdate()
    return [
        HeldRole(
            each,
            str(each.get_role_display()),
            names[each.level, each.code],
            each.ends_on is not None and each.ends_on < today,
        )
        for each in user.memberships.all()
    ]

"""Grants as administrators read them: of a person, of organisations, awaiting a second approval.

Leaves giving and withdrawing to `granting`.
"""

from __future__ import annotations

from geo.accounts.enums import GrantKind
from geo.accounts.granting import administers, concerned_by
from geo.accounts.models import Grant, User
from geo.accounts.scopes import areas_of
from geo.core.scope import DataClass, Scope, Verb

SHOWN = 500


def grants_of(user: User) -> list[Grant]:
    """What is granted to a person by name or refused to them, in force or awaiting approval."""
    found = Grant.objects.current().filter(user=user)
    return list(found.select_related("granted_by", "approved_by"))


def grants_through(user: User) -> list[Grant]:
    """What a person has through their organisation."""
    if user.organisation_id is None:
        return []
    found = Grant.objects.current().filter(organisation=user.organisation_id)
    return list(found.select_related("granted_by", "organisation"))


def grants_of_people(scope: Scope) -> list[Grant]:
    """What is granted to people by name, or refused to them, on the territories that the scope's
    holder administers: by the place of the grant, whatever roles its holder still has."""
    if not scope.where(Verb.ADMINISTER):
        return []
    found = Grant.objects.current().filter(user__isnull=False)
    rows = found.select_related("user__organisation", "granted_by", "approved_by")
    ordered = rows.order_by("user__full_name", "user_id", "pk")
    places = concerned_by([row for row in ordered if row.refused])
    return [
        row
        for row in ordered
        if administers(scope, places[row.pk] if row.refused else areas_of(row.level, row.code))
    ][:SHOWN]


def grants_awaiting(scope: Scope) -> list[Grant]:
    """The accesses to judicial data that await a national administrator; empty for the others."""
    national = scope.where(Verb.ADMINISTER).nation
    if not (national and scope.reach(DataClass.JUDICIAL).exact.nation):
        return []
    found = Grant.objects.awaiting().select_related("user__organisation", "granted_by")
    return list(found.order_by("granted_at")[:SHOWN])


def grants_of_organisations(scope: Scope) -> list[Grant]:
    """What organisations have been given, where the scope's holder administers the accounts."""
    found = Grant.objects.current().filter(kind=GrantKind.ORGANISATION)
    rows = found.select_related("organisation", "granted_by").order_by("organisation__name", "pk")
    return [row for row in rows[:SHOWN] if administers(scope, areas_of(row.level, row.code))]

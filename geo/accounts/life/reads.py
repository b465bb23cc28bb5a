"""The log of reads for who administers the readers: what they read, and unusual volumes.

Who read one site is `geo.accounts.readers.reads_of`. Leaves writing the log to `readlog`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet

from geo.accounts.life.giving import (
    administrators_of,
    memberships_in,
    national_administrators,
)
from geo.accounts.life.tasks import address
from geo.accounts.models import Membership, ReadAlert, ReadLog, User
from geo.core.jobs import job
from geo.core.mail import send_mail
from geo.core.scope import Areas, Scope, Verb

SitesIn = Callable[[Areas], QuerySet[Any]]
_SITES_IN: list[SitesIn] = []


def contribute_sites_in(function: SitesIn) -> SitesIn:
    """Register what tells the sites of some areas, of which the log keeps the numbers."""
    _SITES_IN.append(function)
    return function


def reads_by(scope: Scope, user: User | None = None) -> QuerySet[ReadLog]:
    """The lines of the people who hold a role where the scope's holder administers, the newest
    first: those about a site of there, and those about none of who works nowhere else."""
    held = scope.where(Verb.ADMINISTER)
    lines = ReadLog.objects.filter(_of_readers(scope)).select_related("user", "organisation")
    if not held.nation:
        elsewhere = Membership.objects.current().exclude(memberships_in(held)).values("user")
        about_none = Q(object_ids=[]) & ~Q(user__in=elsewhere)
        lines = lines.filter(about_none | _about_sites_of(held))
    if user is not None:
        lines = lines.filter(user=user)
    return lines.order_by("-id")


def read_alerts(scope: Scope, user: User | None = None) -> QuerySet[ReadAlert]:
    """The unusual volumes of the same people, the newest first."""
    alerts = ReadAlert.objects.filter(_of_readers(scope)).select_related("user")
    if user is not None:
        alerts = alerts.filter(user=user)
    return alerts.order_by("-id")


def told_of(user: User) -> list[User]:
    """Who is told of somebody's unusual reading: the administrators of their territories.

    Never themselves alone: an administrator's own reading is told to the others, else the nation.
    """
    held = Membership.objects.current().filter(user=user)
    found = {
        each.pk: each
        for membership in held
        for each in administrators_of(membership.level, membership.code)
    }
    found.pop(user.pk, None)
    if not found:
        found = {each.pk: each for each in national_administrators() if each.pk != user.pk}
    return sorted(found.values(), key=lambda each: each.email)


@job("accounts.unusual_mail")
def unusual_mail(alert_id: int) -> None:
    """Tell the administrators, without a name or a site: the page says who and what."""
    alert = ReadAlert.objects.filter(pk=alert_id).first()
    user = User.objects.filter(pk=alert.user_id).first() if alert is not None else None
    if alert is not None and user is not None:
        send_mail(
            to=[each.email for each in told_of(user)],
            template="unusual",
            count=alert.count,
            what=alert.get_kind_display(),
            link=f"{address('reads')}?personne={user.pk}",
        )


def _of_readers(scope: Scope) -> Q:
    held = scope.where(Verb.ADMINISTER)
    if held.nation:
        return Q()
    here = Membership.objects.current().filter(memberships_in(held))
    return Q(user__in=here.values("user")) if held else Q(pk__in=[])


def _about_sites_of(areas: Areas) -> Q:
    told = Q(pk__in=[])
    for sites_in in _SITES_IN:
        # `site.id = ANY (object_ids)`: by the key, whatever the number of sites.
        among = Func(
            F("pk"),
            OuterRef("object_ids"),
            template="%(expressions)s)",
            arg_joiner=" = ANY (",
            output_field=BooleanField(),
        )
        told |= Q(Exists(sites_in(areas).filter(among)))
    return told

"""The log of reads for who administers the readers: what they read, and unusual volumes.

Who read one site is `geo.accounts.readers.reads_of`. Leaves writing the log to `readlog`.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet

from geo.accounts.life.giving import administrators_of, national_administrators
from geo.accounts.life.people import people_of
from geo.accounts.life.tasks import address
from geo.accounts.models import Membership, ReadAlert, ReadLog, User
from geo.core.jobs import job
from geo.core.mail import send_mail
from geo.core.scope import Scope, Verb


def reads_by(scope: Scope, user: User | None = None) -> QuerySet[ReadLog]:
    """The lines of the people whom the scope's holder administers, the newest first."""
    lines = ReadLog.objects.filter(_of_readers(scope)).select_related("user", "organisation")
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
    return Q(user__in=people_of(scope).order_by().values("pk")) if held else Q(pk__in=[])

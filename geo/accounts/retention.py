"""The rules of retention of the accounts: sleep, end, and the traces of what people do.

The delays are parameters; what each rule does to a person is in `life.people`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connections
from django.db.models import F, Min, Q, QuerySet
from django.db.models.functions import Greatest

from geo.accounts.enums import Role
from geo.accounts.life import tasks
from geo.accounts.life.people import anonymise, deactivate, is_last_national_admin
from geo.accounts.models import (
    AccessRequest,
    Invitation,
    Membership,
    ReadAlert,
    ReadLog,
    RequestState,
    SignInFailure,
    User,
)
from geo.accounts.throttle import FORGOTTEN_AFTER
from geo.core.erasing import ALIAS, erasing
from geo.core.jobs import enqueue
from geo.core.models import MailSent
from geo.core.retention import Rule, declare

# Longer than the attempts of any job.
MAILS_KEPT = dt.timedelta(days=30)
Rows = Callable[[dt.datetime], QuerySet[Any]]


def parameter(name: str) -> Callable[[], dt.timedelta]:
    """A delay that is a product parameter, in days."""
    return lambda: dt.timedelta(days=getattr(settings, name))


def deletion(rows: Rows) -> dict[str, Any]:
    """The two halves of a rule that deletes."""
    return {
        "count": lambda limit: rows(limit).count(),
        "apply": lambda limit: _deleted(rows(limit)),
    }


def idle(limit: dt.datetime) -> QuerySet[User]:
    """The active people who gave no sign of life since then and were not told yet.

    A partner system signs in by its tokens, which have an end of their own.
    """
    systems = Membership.objects.filter(role=Role.API_TOKEN)
    return (
        _with_last_sign(User.objects.filter(is_active=True))
        .filter(Q(warned_at__isnull=True) | Q(warned_at__lt=F("last_sign")), last_sign__lt=limit)
        .exclude(pk__in=systems.values("user"))
    )


def warned(limit: dt.datetime) -> QuerySet[User]:
    """The active people who were told before then and did not come back."""
    return _with_last_sign(User.objects.filter(is_active=True, warned_at__lte=limit)).filter(
        warned_at__gt=F("last_sign")
    )


def ended(limit: dt.datetime) -> QuerySet[User]:
    """The accounts deactivated before then that still have a name."""
    return User.objects.filter(
        is_active=False, deactivated_at__lte=limit, anonymised_at__isnull=True
    )


def _with_last_sign(users: QuerySet[User]) -> QuerySet[Any]:
    """The last of arrival, return and sign-in (`GREATEST` leaves unknown ones aside)."""
    return users.annotate(last_sign=Greatest("joined_at", "reactivated_at", "last_login"))


def _warn(limit: dt.datetime) -> int:
    found = list(idle(limit).select_for_update(skip_locked=True, of=("self",)))
    for user in found:
        user.warned_at = limit + parameter("ACCOUNT_IDLE_DAYS")()
        user.save(update_fields=["warned_at"])
        enqueue(tasks.idle_mail, user_id=user.pk)
    return len(found)


def _deactivate(limit: dt.datetime) -> int:
    now, done = limit + parameter("ACCOUNT_NOTICE_DAYS")(), 0
    for user in warned(limit).select_for_update(skip_locked=True, of=("self",)):
        # The nation is never left without anybody to open an account.
        if not is_last_national_admin(user):
            deactivate(user, now)
            done += 1
    return done


def _anonymise(limit: dt.datetime) -> int:
    found = list(ended(limit).select_for_update(skip_locked=True, of=("self",)))
    for user in found:
        anonymise(user, limit + parameter("ACCOUNT_ANONYMISED_DAYS")())
    return len(found)


def _deleted(rows: QuerySet[Any]) -> int:
    return rows.delete()[0]


def _purge_read_log(limit: dt.datetime) -> int:
    # The application may not delete these lines; the erasing role may, old ones only.
    if not ReadLog.objects.filter(at__lt=limit).exists():
        return 0
    with erasing(), connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT read_log_purge(%s)", [limit])
        return int(cursor.fetchone()[0])


declare(
    Rule(
        "account_idle",
        "Comptes",
        parameter("ACCOUNT_IDLE_DAYS"),
        "sans connexion",
        "la personne est prévenue par courriel",
        lambda limit: idle(limit).count(),
        _warn,
    )
)
declare(
    Rule(
        "account_deactivated",
        "Comptes",
        parameter("ACCOUNT_NOTICE_DAYS"),
        "après cette alerte, toujours sans connexion",
        "le compte est désactivé",
        lambda limit: warned(limit).count(),
        _deactivate,
    )
)
declare(
    Rule(
        "account_anonymised",
        "Comptes",
        parameter("ACCOUNT_ANONYMISED_DAYS"),
        "après la désactivation",
        "le nom et l’adresse sont effacés, les textes restent",
        lambda limit: ended(limit).count(),
        _anonymise,
    )
)
declare(
    Rule(
        "access_request",
        "Demandes d’accès",
        parameter("REQUEST_KEPT_DAYS"),
        "après la réponse",
        "suppression",
        **deletion(
            lambda limit: AccessRequest.objects.exclude(state=RequestState.PENDING).filter(
                decided_at__lte=limit
            )
        ),
    )
)
declare(
    Rule(
        "invitation",
        "Invitations non utilisées",
        parameter("INVITATION_KEPT_DAYS"),
        "après l’expiration ou le retrait",
        "suppression",
        **deletion(
            lambda limit: Invitation.objects.filter(used_at__isnull=True).filter(
                Q(expires_at__lte=limit) | Q(withdrawn_at__lte=limit)
            )
        ),
    )
)
declare(
    Rule(
        "sign_in_failure",
        "Échecs de connexion (empreintes)",
        lambda: FORGOTTEN_AFTER,
        "après le dernier échec",
        "suppression",
        **deletion(lambda limit: SignInFailure.objects.filter(last_at__lt=limit)),
    )
)
declare(
    Rule(
        "session",
        "Sessions",
        dt.timedelta,
        "de la session",
        "suppression",
        **deletion(lambda limit: Session.objects.filter(expire_date__lt=limit)),
    )
)
declare(
    Rule(
        "mail_sent",
        "Envois de courriels (empreintes)",
        lambda: MAILS_KEPT,
        "après l’envoi",
        "suppression",
        **deletion(lambda limit: MailSent.objects.filter(sent_at__lt=limit)),
    )
)
declare(
    Rule(
        "read_log",
        "Journal des lectures protégées",
        parameter("READ_LOG_DAYS"),
        "après la lecture",
        "suppression",
        lambda limit: ReadLog.objects.filter(at__lt=limit).count(),
        _purge_read_log,
        lambda: ReadLog.objects.aggregate(at=Min("at"))["at"],
    )
)
declare(
    Rule(
        "read_alert",
        "Alertes de lectures inhabituelles",
        parameter("READ_LOG_DAYS"),
        "après l’alerte",
        "suppression",
        **deletion(lambda limit: ReadAlert.objects.filter(at__lt=limit)),
    )
)

"""Open sessions of an account: their list, their end, and how long they last.

Sessions are rows of the database; leaves the clock of each request to `web.accounts.middleware`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from geo.accounts.models import User


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One browser that is signed in."""

    id: int
    key: str
    began_at: dt.datetime
    seen_at: dt.datetime
    address: str
    browser: str


def sessions_open(user: User) -> list[OpenSession]:
    """The sessions that still open something, the latest used first."""
    rows = UserSession.objects.filter(user=user).order_by("-last_seen_at")
    alive = set(
        Session.objects.filter(
            session_key__in=[row.session_key for row in rows], expire_date__gt=timezone.now()
        ).values_list("session_key", flat=True)
    )
    return [
        OpenSession(
            row.pk, row.session_key, row.created_at, row.last_seen_at, row.ip, row.user_agent
        )
        for row in rows
        if row.session_key in alive
    ]


def session_seen(*, key: str) -> None:
    """Note that a session is in use."""
    UserSession.objects.filter(session_key=key).update(last_seen_at=timezone.now())


def sessions_end(*, user: User, only: int | None = None, but: str = "") -> int:
    """End sessions of an account: one by its id, or all but the one of this key; returns how many.

    Raises nothing: a session that is not theirs, or ended already, is simply not there.
    """
    rows = UserSession.objects.filter(user=user).exclude(session_key=but)
    if only is not None:
        rows = rows.filter(pk=only)
    with transaction.atomic():
        keys = list(rows.values_list("session_key", flat=True))
        ended, _ = Session.objects.filter(session_key__in=keys).delete()
        rows.delete()
    return ended

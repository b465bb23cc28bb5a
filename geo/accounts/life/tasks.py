"""The mails of an account's life and the hourly round that sends reminders.

A job carries ids; the link is made when the mail leaves and is stored nowhere. A job that finds
nothing to tell any more sends nothing. Leaves the words to the templates `mails/`.
"""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from geo.accounts.enums import Level
from geo.accounts.life.giving import administrators_of, national_administrators
from geo.accounts.models import AccessRequest, Grant, Invitation, RequestState, User
from geo.core.jobs import enqueue, job, periodic
from geo.core.mail import send_mail
from geo.territories.selectors import territory_name

# The people of one organisation who are told that its grants changed.
RIGHTS_TOLD = 500
# Which mail of a request: the first one, its reminder, the last one (national too).
FIRST, REMINDER, ESCALATION = range(3)


@job("accounts.request_mail")
def request_mail(request_id: int, moment: int) -> None:
    """Tell the administrators of a territory that a request waits, without what it says."""
    asked = AccessRequest.objects.filter(pk=request_id, state=RequestState.PENDING).first()
    if asked is None:
        return
    people = administrators_of(asked.level, asked.code)
    if moment == ESCALATION:
        people += national_administrators()
    send_mail(
        to=sorted({user.email for user in people}),
        template="request",
        where=where(asked.level, asked.code),
        days=(timezone.now() - asked.created_at).days,
        escalated=moment == ESCALATION,
        link=address("access_request", request_id),
    )


@job("accounts.refusal_mail")
def refusal_mail(request_id: int) -> None:
    """Tell somebody that their request is refused, and why."""
    asked = AccessRequest.objects.filter(pk=request_id, state=RequestState.REFUSED).first()
    if asked is not None:
        send_mail(to=asked.email, template="refusal", reason=asked.answer)


@job("accounts.invitation_mail")
def invitation_mail(invitation_id: int, reminder: bool = False) -> None:
    """Send the activation link; to who has an account, the page where the role is accepted."""
    from geo.accounts.life.invitations import invitation_address

    found = Invitation.objects.open().filter(pk=invitation_id).first()
    if found is not None and User.objects.filter(email=found.email, is_active=True).exists():
        send_mail(
            to=found.email,
            template="offer",
            link=address("role_offer", found.pk),
            expires=timezone.localtime(found.expires_at),
            reminder=reminder,
        )
    elif found is not None:
        send_mail(
            to=found.email,
            template="invitation",
            link=invitation_address(found),
            expires=timezone.localtime(found.expires_at),
            reminder=reminder,
        )


@job("accounts.expiry_mail")
def expiry_mail(invitation_id: int) -> None:
    """Tell both sides that an invitation expired before it served."""
    waiting = Invitation.objects.waiting().filter(pk=invitation_id, expires_at__lte=timezone.now())
    found = waiting.select_related("invited_by").first()
    if found is None:
        return
    send_mail(to=found.email, template="expired", inviter=False, name="", link="")
    if found.invited_by is not None and found.invited_by.is_active:
        send_mail(
            to=found.invited_by.email,
            template="expired",
            inviter=True,
            name=found.full_name,
            link=address("administration"),
        )


@job("accounts.role_mail")
def role_mail(user_id: int) -> None:
    """Tell somebody that their account received a role."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is not None:
        send_mail(to=user.email, template="role", link=address("account"))


@job("accounts.approval_mail")
def approval_mail(grant_id: int) -> None:
    """Tell the national administrators that an access to judicial data awaits their approval."""
    found = Grant.objects.awaiting().filter(pk=grant_id).first()
    if found is not None:
        others = {found.granted_by_id, found.user_id}
        people = [each.email for each in national_administrators() if each.pk not in others]
        send_mail(to=people, template="approval", link=address("grants"))


@job("accounts.rights_mail")
def rights_mail(grant_id: int) -> None:
    """Tell who holds a grant, or an organisation's people, that their rights changed; not how."""
    found = Grant.objects.filter(pk=grant_id).first()
    if found is None:
        return
    theirs = Q(pk=found.user_id) if found.user_id else Q(organisation=found.organisation_id)
    people = User.objects.filter(theirs, is_active=True).order_by("email")
    for user in people[:RIGHTS_TOLD]:
        send_mail(to=user.email, template="rights", link=address("account"))


@job("accounts.idle_mail")
def idle_mail(user_id: int) -> None:
    """Warn somebody that their account is about to be deactivated for lack of use."""
    user = User.objects.filter(pk=user_id, is_active=True, warned_at__isnull=False).first()
    if user is not None and user.warned_at is not None:
        ends = user.warned_at + dt.timedelta(days=settings.ACCOUNT_NOTICE_DAYS)
        send_mail(
            to=user.email,
            template="idle",
            ends=timezone.localtime(ends),
            link=address("sign_in"),
        )


@job("accounts.closed_mail")
def closed_mail(user_id: int) -> None:
    """Tell somebody that their account is deactivated."""
    user = User.objects.filter(pk=user_id, is_active=False, anonymised_at__isnull=True).first()
    if user is not None:
        send_mail(to=user.email, template="closed")


@periodic("accounts.follow_up", "7 * * * *")
def follow_up(timestamp: int) -> None:
    """Every hour: the reminders that have come due."""
    remind()


@transaction.atomic
def remind(now: dt.datetime | None = None) -> int:
    """Enqueue each reminder that is due, once; returns how many."""
    now = now or timezone.now()
    return _remind_requests(now) + _remind_invitations(now) + _tell_expiries(now)


def _remind_requests(now: dt.datetime) -> int:
    due = (
        (REMINDER, settings.REQUEST_REMINDER_DAYS),
        (ESCALATION, settings.REQUEST_ESCALATION_DAYS),
    )
    sent = 0
    # The last one first: a request that nobody looked at for a week is not reminded twice at once.
    for moment, days in reversed(due):
        before = now - dt.timedelta(days=days)
        late = AccessRequest.objects.select_for_update(skip_locked=True).filter(
            state=RequestState.PENDING, created_at__lte=before, reminders__lt=moment
        )
        for asked in late:
            asked.reminders = moment
            asked.save(update_fields=["reminders"])
            enqueue(request_mail, request_id=asked.pk, moment=moment)
            sent += 1
    return sent


def _remind_invitations(now: dt.datetime) -> int:
    soon = now + dt.timedelta(days=settings.INVITATION_REMINDER_DAYS)
    due = Invitation.objects.open(now).select_for_update(skip_locked=True, of=("self",))
    found = list(due.filter(expires_at__lte=soon, reminded_at__isnull=True))
    for each in found:
        each.reminded_at = now
        each.save(update_fields=["reminded_at"])
        enqueue(invitation_mail, invitation_id=each.pk, reminder=True)
    return len(found)


def _tell_expiries(now: dt.datetime) -> int:
    waiting = Invitation.objects.waiting().select_for_update(skip_locked=True, of=("self",))
    found = list(waiting.filter(expires_at__lte=now, expiry_told_at__isnull=True))
    for each in found:
        each.expiry_told_at = now
        each.save(update_fields=["expiry_told_at"])
        enqueue(expiry_mail, invitation_id=each.pk)
    return len(found)


def where(level: str, code: str) -> str:
    """A territory in words."""
    if level == Level.NATION:
        return "France entière"
    return f"{territory_name(level, code)} ({code})"


def address(name: str, *args: int) -> str:
    """A page of the site, as a mail links to it."""
    return f"{settings.BASE_URL}{reverse(name, args=args)}"

"""Invitations: an account to open, its link, its activation.

The link is a signature of what is given: whatever changes in the row, and each renewal, kills it.
Leaves who may give what to `giving`, and when mails leave to `tasks`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from geo.accounts.life import tasks
from geo.accounts.life.giving import Place, require_administers, require_may_give
from geo.accounts.models import Invitation, Organisation, User
from geo.accounts.services import membership_grant, user_create
from geo.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from geo.core.jobs import enqueue
from geo.core.scope import Scope

SALT = "geo.accounts.invitation"
DEAD = "Ce lien n'ouvre plus rien : il a servi, ou il a expiré. Demandez-en un autre."


def invitation_token(invitation: Invitation) -> str:
    """What the link carries: the number of the invitation and the signature of all it gives."""
    facts = [
        invitation.pk,
        invitation.email,
        invitation.organisation_id,
        str(invitation.role),
        sorted(invitation.areas),
        invitation.ends_on,
        invitation.expires_at.timestamp(),
    ]
    signature = salted_hmac(SALT, repr(facts), algorithm="sha256").hexdigest()
    return f"{invitation.pk}-{signature}"


def invitation_address(invitation: Invitation) -> str:
    """The link of the mail."""
    return f"{settings.BASE_URL}{reverse('activation', args=[invitation_token(invitation)])}"


def invitation_of(token: str) -> Invitation:
    """The open invitation of a link. Raises `NotFound`, the same for whatever is wrong."""
    number, _, _ = token.partition("-")
    found = None
    if number.isdecimal() and len(number) < 17:
        waiting = Invitation.objects.open().select_related("organisation", "invited_by")
        found = waiting.filter(pk=int(number)).first()
    if found is None or not constant_time_compare(invitation_token(found), token):
        raise NotFound(DEAD)
    return found


@transaction.atomic
def invitation_create(
    *,
    by: User,
    scope: Scope,
    email: str,
    full_name: str,
    organisation: Organisation,
    role: str,
    places: Sequence[Place],
    ends_on: dt.date | None = None,
) -> Invitation | None:
    """Invite somebody to open an account; one who has an active account receives the role at once.

    None in that second case. Raises `InvalidInput` naming the field, `Forbidden` beyond the rights
    or areas of `by`, `Conflict` for an address that is invited already, or whose account sleeps.
    """
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise InvalidInput("Cette adresse électronique est mal formée.", field="email") from error
    if not full_name.strip():
        raise InvalidInput("Donnez le nom de la personne.", field="full_name")
    require_may_give(by, scope, role, places, ends_on)
    known = User.objects.filter(email=address).first()
    if known is not None:
        _give(by, known, role, places, ends_on)
        return None
    _withdraw_expired(address)
    if Invitation.objects.waiting().filter(email=address).exists():
        raise Conflict("Cette adresse a déjà une invitation en attente.", field="email")
    made = Invitation.objects.create(
        email=address,
        full_name=full_name.strip()[:120],
        organisation=organisation,
        role=role,
        areas=[f"{level}:{code}" for level, code in places],
        ends_on=ends_on,
        invited_by=by,
        expires_at=_expiry(),
    )
    enqueue(tasks.invitation_mail, invitation_id=made.pk)
    return made


@transaction.atomic
def invitation_renew(*, by: User, scope: Scope, invitation_id: int) -> Invitation:
    """Send a new link, for as many days again; the former one dies."""
    found = _waiting(scope, invitation_id)
    require_may_give(by, scope, found.role, found.places, found.ends_on)
    found.invited_by, found.invited_at, found.expires_at = by, timezone.now(), _expiry()
    found.reminded_at = found.expiry_told_at = None
    found.save()
    enqueue(tasks.invitation_mail, invitation_id=found.pk)
    return found


@transaction.atomic
def invitation_withdraw(*, scope: Scope, invitation_id: int) -> Invitation:
    """Take an invitation back: its link opens nothing from now on."""
    found = _waiting(scope, invitation_id)
    found.withdrawn_at = timezone.now()
    found.save(update_fields=["withdrawn_at"])
    return found


@transaction.atomic
def invitation_accept(
    *, invitation_id: int, full_name: str = "", password: str | None = None
) -> User:
    """Open the account, once: its person, its organisation, its roles.

    `password` None for somebody whose identity another service vouches for. Raises `NotFound` for
    an invitation that is not open, `InvalidInput` for a name or password that is refused.
    """
    found = Invitation.objects.open().select_for_update().filter(pk=invitation_id).first()
    if found is None:
        raise NotFound(DEAD)
    user = user_create(
        email=found.email,
        full_name=full_name or found.full_name,
        password=password,
        organisation=found.organisation,
    )
    today = timezone.localdate()
    if found.ends_on is None or found.ends_on >= today:
        for level, code in found.places:
            membership_grant(
                user=user, role=found.role, level=level, code=code, ends_on=found.ends_on
            )
    found.user, found.used_at = user, timezone.now()
    found.save(update_fields=["user", "used_at"])
    return user


class Offered:
    """The one pending invitation of an e-mail, for who is vouched for by another service."""

    def __init__(self, invitation: Invitation) -> None:
        self.invitation = invitation
        self._user: User | None = None

    @property
    def user(self) -> User:
        """The account, once the invitation is accepted."""
        if self._user is None:
            raise Conflict("Cette invitation n'est pas encore acceptée.")
        return self._user

    def accept(self) -> None:
        """Open the account without a password."""
        self._user = invitation_accept(invitation_id=self.invitation.pk)


def pending_invitations(email: str) -> list[Offered]:
    """The open invitations of an address: one at most."""
    return [Offered(each) for each in Invitation.objects.open().filter(email=email.lower())]


def _waiting(scope: Scope, invitation_id: int) -> Invitation:
    """The invitation, locked, if the scope's holder administers all its territories."""
    waiting = Invitation.objects.waiting().select_for_update(of=("self",))
    found = waiting.filter(pk=invitation_id).first()
    if found is None:
        raise NotFound("Cette invitation n'attend plus.")
    try:
        require_administers(scope, found.places)
    except Forbidden as error:
        # Outside one's own areas it does not exist.
        raise NotFound("Cette invitation n'attend plus.") from error
    return found


def _withdraw_expired(email: str) -> None:
    waiting = Invitation.objects.waiting().filter(email=email)
    waiting.filter(expires_at__lte=timezone.now()).update(withdrawn_at=timezone.now())


def _expiry() -> dt.datetime:
    return timezone.now() + dt.timedelta(days=settings.INVITATION_DAYS)


def _give(
    by: User, user: User, role: str, places: Sequence[Place], ends_on: dt.date | None
) -> None:
    if user.pk == by.pk:
        raise Forbidden("On ne se donne pas un rôle à soi-même.")
    if not user.is_active:
        raise Conflict("Cette personne a un compte désactivé : réactivez-le.", field="email")
    for level, code in places:
        membership_grant(user=user, role=role, level=level, code=code, ends_on=ends_on)
    enqueue(tasks.role_mail, user_id=user.pk)
